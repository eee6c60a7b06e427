"""Drivers in a terminal and as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from hanshuku.explain.html import END, TABLE, bar_of, heads, row, small
from hanshuku.explain.wording import signed, stance, unit_name, words_in

if TYPE_CHECKING:
    from rich.console import Console

    from hanshuku.explain.drivers import Driver, Drivers

BAR = 16  # characters of the longest bar


def render_drivers(drivers: Drivers, console: Console, language: str, n: int) -> None:
    """See `Drivers.render`."""
    from rich.table import Table

    words = words_in(language)
    strongest = _strongest(drivers, n)
    for label, own in strongest.items():
        if not own:
            continue
        console.print(label or words["drivers"], style="bold", markup=False)
        table = Table(box=None, pad_edge=False)
        for name in ("mean", "", "word", "interval", "rows", "p"):
            table.add_column(words.get(name, ""), justify="right" if name in {"mean", "rows"} else "left", no_wrap=name != "word")
        for driver in own:
            bar = "█" * max(1, round(BAR * abs(driver.mean) / _greatest(own)))
            style = "blue" if driver.mean >= 0 else "red"
            table.add_row(signed(driver.mean), bar, *_cells(driver, drivers.unit, words), style=style)
        console.print(table, markup=False)
    for line in (*_none(strongest, words), _seen(drivers, words)):
        console.print(line, style="dim", markup=False, soft_wrap=True)
    for note in drivers.notes:
        console.print(note.text(language), style="yellow", markup=False, soft_wrap=True)


def drivers_html(drivers: Drivers, language: str, n: int) -> str:
    """See `Drivers.to_html`."""
    words = words_in(language)
    parts = [f'<section lang="{language}" style="font:14px/1.5 system-ui,sans-serif;max-width:60em" aria-label="{escape(words["drivers"])}">']
    strongest = _strongest(drivers, n)
    for label, own in strongest.items():
        rows = []
        for driver in own:
            bar = bar_of(driver.mean, _greatest(own))
            rows.append(row((signed(driver.mean), bar, *map(escape, _cells(driver, drivers.unit, words)))))
        names = (words["mean"], "", *(words[name] for name in ("word", "interval", "rows", "p")))
        title = f'<caption style="text-align:left"><b>{escape(label or words["drivers"])}</b></caption>'
        parts += [f"{TABLE}{title}{heads(names)}{''.join(rows)}{END}"] if rows else []
    parts += [small(line) for line in (*_none(strongest, words), _seen(drivers, words), *(note.text(language) for note in drivers.notes))]
    return "\n".join([*parts, "</section>"])


def _strongest(drivers: Drivers, n: int) -> dict[str, list[Driver]]:
    """Of each label the n words most for it and the n most against it, of those that stand out."""
    found = {}
    for label in drivers.labels:
        sure = drivers.sure(label)
        found[label] = [driver for driver in sure if driver.mean > 0][:n] + [driver for driver in sure if driver.mean < 0][-n:]
    return found


def _none(strongest: Mapping[str, Sequence[Driver]], words: Mapping[str, str]) -> list[str]:
    """One line of all labels of which no word stands out."""
    empty = [label for label, own in strongest.items() if not own]
    named = words["list"].join(filter(None, empty))
    return [words["none"] + (words["colon"] + named if named else "")] if empty else []


def _cells(driver: Driver, unit: str, words: Mapping[str, str]) -> tuple[str, ...]:
    sign = words["aside"].format(stance(driver.mean, unit, words))
    return f"{driver.word}{sign}", f"[{signed(driver.low, 2)}, {signed(driver.high, 2)}]", str(driver.n), f"{driver.p:.1g}"


def _greatest(own: Sequence[Driver]) -> float:
    return max(abs(driver.mean) for driver in own) or 1.0


def _seen(drivers: Drivers, words: Mapping[str, str]) -> str:
    said = words["seen"].format(method=words[drivers.method], rows=drivers.rows, tested=drivers.tested)
    return f"{said}{words['stop']}{unit_name(drivers.unit, words)}"

"""Drivers in a terminal and as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from hanshuku.explain.html import AGAINST, END, FOR, TABLE, heads
from hanshuku.explain.wording import signed, unit_name, words_in

if TYPE_CHECKING:
    from rich.console import Console

    from hanshuku.explain.drivers import Driver, Drivers

BAR = 16  # characters of the longest bar


def render_drivers(drivers: Drivers, console: Console, language: str, n: int) -> None:
    """See `Drivers.render`."""
    from rich.table import Table

    words = words_in(language)
    for label, own in _strongest(drivers, n).items():
        console.print(label or words["drivers"], style="bold", markup=False)
        if not own:
            console.print(f"  {words['none']}", style="dim", markup=False)
            continue
        table = Table(box=None, pad_edge=False)
        for name in ("mean", "", "word", "interval", "rows", "p"):
            table.add_column(words.get(name, ""), justify="right" if name in {"mean", "rows"} else "left", no_wrap=name != "word")
        for driver in own:
            bar = "█" * max(1, round(BAR * abs(driver.mean) / _greatest(own)))
            style = "blue" if driver.mean >= 0 else "red"
            table.add_row(signed(driver.mean), bar, *_cells(driver, words), style=style)
        console.print(table, markup=False)
    console.print(_seen(drivers, words), style="dim", markup=False, soft_wrap=True)
    for note in drivers.notes:
        console.print(note, style="yellow", markup=False, soft_wrap=True)


def drivers_html(drivers: Drivers, language: str, n: int) -> str:
    """See `Drivers.to_html`."""
    words = words_in(language)
    parts = [f'<section lang="{language}" style="font:14px/1.5 system-ui,sans-serif;max-width:60em" aria-label="{escape(words["drivers"])}">']
    for label, own in _strongest(drivers, n).items():
        rows = []
        for driver in own:
            colour, width = FOR if driver.mean >= 0 else AGAINST, 8 * abs(driver.mean) / _greatest(own)
            bar = f'<span aria-hidden="true" style="display:inline-block;height:.7em;width:{width:.2f}em;background:rgba({colour},.6)"></span>'
            rows.append(f"<tr><td>{signed(driver.mean)}</td><td>{bar}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(driver, words)) + "</tr>")
        names = (words["mean"], "", *(words[name] for name in ("word", "interval", "rows", "p")))
        title = f'<caption style="text-align:left"><b>{escape(label or words["drivers"])}</b></caption>'
        parts.append(f"{TABLE}{title}{heads(names)}{''.join(rows)}{END}" if rows else f"<p><b>{escape(label)}</b> {words['none']}</p>")
    parts += [f"<p><small>{escape(line)}</small></p>" for line in (_seen(drivers, words), *drivers.notes)]
    return "\n".join([*parts, "</section>"])


def _strongest(drivers: Drivers, n: int) -> dict[str, list[Driver]]:
    """Of each label the n words most for it and the n most against it, of those that stand out."""
    found = {}
    for label in drivers.labels:
        sure = drivers.sure(label)
        found[label] = [driver for driver in sure if driver.mean > 0][:n] + [driver for driver in sure if driver.mean < 0][-n:]
    return found


def _cells(driver: Driver, words: Mapping[str, str]) -> tuple[str, ...]:
    sign = words["for" if driver.mean >= 0 else "against"]
    return f"{driver.word} ({sign})", f"[{signed(driver.low, 2)}, {signed(driver.high, 2)}]", str(driver.n), f"{driver.p:.1g}"


def _greatest(own: Sequence[Driver]) -> float:
    return max(abs(driver.mean) for driver in own) or 1.0


def _seen(drivers: Drivers, words: Mapping[str, str]) -> str:
    said = words["seen"].format(method=words[drivers.method], rows=drivers.rows, tested=drivers.tested)
    return f"{said}{words['stop']}{unit_name(drivers.unit, words)}"

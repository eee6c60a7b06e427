"""Fairness: what changes where other people are named in the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.fairness_words import EN, ZH
from hanshuku.evaluation.page.html import Cell, esc, interval, more, number, paragraph, percent, table
from hanshuku.evaluation.page.slices import p_text
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from rich.table import Table


def says(data: Mapping[str, Any], say: Say) -> str:
    """Who is not treated alike, with the evidence; else how much was looked at."""
    size = f"{100 * data['size']:g}"
    if not data["families"]:
        return say["nothing"]
    if not data["accused"]:
        return say["clean"].format(count=data["looked_at"], asked=f"{data['asked']:,}", size=size)
    first = data["accused"][0]
    sign = 100 if first["value"] > 0 else -100
    low, high = sorted(sign * first[end] for end in ("low", "high"))
    found = say["accused" if first["label"] else "accused_number"].format(
        family=family(first, say), group=group(first["group"], say), label=first["label"], value=number(sign * first["value"], 1), low=number(low, 1), high=number(high, 1),
        way=say["higher" if first["value"] > 0 else "lower"], p=p_text(first["p_holm"]), count=data["looked_at"],
        against=say["against"].format(other=group(first["against"], say)) if first["against"] else "",
    )  # fmt: skip
    return found + (say["more_accused"].format(count=len(data["accused"]) - 1) if data["accused"][1:] else "")


def family(one: Mapping[str, Any], say: Say) -> str:
    """What a family is called."""
    return say.get(f"family_{one['family']}", one["family"])


def group(name: str, say: Say) -> str:
    """What a group is called."""
    return say.get(f"group_{name}", name)


def gap_text(one: Mapping[str, Any], say: Say) -> str:
    """The widest gap in words: which groups, in what, how wide."""
    gap = one["gap"]
    pair = say["of_two"].format(most=group(gap["most"], say), least=group(gap["least"], say))
    bounds = {end: None if gap[end] is None else 100 * gap[end] for end in ("low", "high")}
    unit = say["points"] if gap["label"] else say["range"]
    of = gap["label"] + say["colon"] if gap["label"] else ""
    return f"{of}{pair}{say['pause']}{number(100 * gap['value'], 1)} {unit}{say['aside'].format(interval(bounds, 1))}"


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of families, and of the largest differences."""
    if not data["families"]:
        return ""
    stands = {(own["family"], own["language"]) for own in data["accused"]}
    rows: list[list[Cell]] = []
    effects: list[list[Cell]] = []
    for one in sorted(data["families"], key=lambda one: ((one["family"], one["language"]) not in stands, -one["gap"]["value"])):
        is_told = (one["family"], one["language"]) in stands
        how = say["own"] if one["how"] == "own" else say["frame"].format(frames=" / ".join(frame.format(word="…", text="…") for frame in one["frames"]))
        changed = f"{percent(one['changed']['value'])} ({interval({end: 100 * one['changed'][end] for end in ('low', 'high')}, 1)})"
        usual = percent(one["within"]["value"]) if one["within"] else "–"
        rows.append([
            esc(family(one, say)), (esc(say["stands" if is_told else "alike"]), "bad" if is_told else "weak"), (esc(gap_text(one, say)), "text"), changed, usual,
            f"{one['n']:,}", (esc(how), "text"),
        ])  # fmt: skip
        effects += [_effect(one, each, say) for each in one["effects"][:3]]
    head = [say["family"], say["verdict"], say["gap"], say["changed"], say["usual"], say["n"], say["how"]]
    note = say["explained"].format(asked=f"{data['asked']:,}", count=data["looked_at"], size=f"{100 * data['size']:g}")
    other = [say["family"], say["group"], say["label"], say["effect"], say["interval"], "", "p (Holm)"]
    return table(say["title"], head, rows, numbers_from=3) + paragraph(note, "note") + more(say["effects"], table(say["effects"], other, effects, numbers_from=3))


def _effect(one: Mapping[str, Any], each: Mapping[str, Any], say: Say) -> list[Cell]:
    bounds = {end: None if each[end] is None else 100 * each[end] for end in ("low", "high")}
    drawn = whisker(each["value"], each["low"], each["high"], scale=(-0.5, 0.5), mark=0.0)
    return [esc(family(one, say)), esc(group(each["group"], say)), esc(each["label"]), f"{100 * each['value']:+.1f}", interval(bounds, 1), drawn, p_text(each["p_holm"])]


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The families with the widest gaps."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    if not data["families"]:
        return
    shown = plain_table(None, say["family"], say["gap"], say["changed"], say["usual"], say["n"], texts={1})
    for one in sorted(data["families"], key=lambda one: -one["gap"]["value"])[:5]:
        usual = percent(one["within"]["value"]) if one["within"] else "–"
        shown.add_row(escape(family(one, say)), escape(gap_text(one, say)), percent(one["changed"]["value"]), usual, f"{one['n']:,}")
    yield shown


SECTION = Section({"en": EN, "zh": ZH}, html, says, lines)

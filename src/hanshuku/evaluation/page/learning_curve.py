"""The learning curve: how good the method is with fewer labelled rows, and what more would bring. It is measured before and handed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, figure, interval, number, table
from hanshuku.evaluation.page.svg import Line, plot

if TYPE_CHECKING:
    from rich.table import Table


def says(data: Mapping[str, Any], say: Say) -> str:
    """What more labels would bring."""
    more = [point for point in data["foretold"] if point["rows"] > data["rows"]]
    facts = {"rows": f"{data['rows']:,}", "metric": data["metric"], "method": data["method"]}
    if not more:
        return say["measured"].format(**facts)
    here = next((point for point in data["foretold"] if point["rows"] == data["rows"]), data["measured"][-1])
    last = more[-1]
    return say["foretells"].format(**facts, here=number(here["value"]), more=f"{last['rows'] - data['rows']:,}", there=number(last["value"]), interval=interval(last))


def html(data: Mapping[str, Any], say: Say) -> str:
    """The picture and its numbers."""
    drawn = [Line(_points(data["measured"]), "main", say["curve_measured"], _bars(data["measured"]), dots=True)]
    drawn.append(Line(_points(data["foretold"]), "other", say["curve_foretold"], _bars(data["foretold"]), dots=True))
    told = "; ".join(f"{point['rows']:,}: {number(point['value'])}" for point in (*data["measured"], *data["foretold"]))
    picture = figure(plot(drawn, say["curve_rows"], data["metric"], f"{say['title']}: {told}", log_x=True), say["curve_quality"].format(metric=data["metric"]))
    rows = [[f"{point['rows']:,}", esc(say[kind]), number(point["value"]), interval(point)] for kind in ("curve_measured", "curve_foretold") for point in _of(data, kind)]
    return picture + table(say["curve_title"].format(method=data["method"], rows=f"{data['rows']:,}"), [say["n"], say["how"], say["value"], say["interval"]], rows, numbers_from=2)


def _of(data: Mapping[str, Any], kind: str) -> Sequence[Mapping[str, Any]]:
    return data[kind.removeprefix("curve_")]  # type: ignore[no-any-return]


def _points(points: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    return [(point["rows"], point["value"]) for point in points]


def _bars(points: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    return [(point["low"], point["high"]) for point in points]


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """A line a point."""
    for kind in ("curve_measured", "curve_foretold"):
        for point in _of(data, kind):
            yield f"  {point['rows']:>7,}  {number(point['value'])} [{interval(point)}]  {say[kind]}"


SECTION = Section(
    {
        "en": {
            "title": "Learning curve", "how": "how", "measured": "{metric} of {method}, learned from parts of {rows} labelled rows and measured on the others.",
            "foretells": "With {more} more labelled rows {metric} would go from {here} to {there} [{interval}], told from parts of the {rows} rows ({method}).",
        },
        "zh": {
            "title": "学习曲线", "how": "来源", "measured": "{method} 的 {metric}：从 {rows} 行标注数据的各部分学习，在其余行上测得。",
            "foretells": "再标注 {more} 行，预计 {metric} 由 {here} 变为 {there} [{interval}]（由 {rows} 行的各部分推得，方法 {method}）。",
        },
    },
    html,
    says,
    lines,
)  # fmt: skip

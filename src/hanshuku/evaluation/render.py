"""A report as text: the verdict first, then tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape  # labels are shown as they are: [brackets] in them are no style
from rich.table import Table

from hanshuku.data.language import HAN
from hanshuku.evaluation.words import words
from hanshuku.metrics.base import Metric
from hanshuku.metrics.measure import primary_metric

if TYPE_CHECKING:
    from rich.console import Console

    from hanshuku.evaluation.report import Report

HEAD, LEAST = 10, 10  # characters of a line of a head; of a column of text
SHOWN = 5  # labels and confusions that are shown; all are in the JSON


def render_report(report: Report, console: Console, language: str = "en") -> None:
    """Print a report; see `Report.render`."""
    say = words(language)
    console.print(verdict(report, language), markup=False, soft_wrap=True)
    console.print(_metrics(report, say))
    worst = worst_labels(report)
    if worst:
        console.print(_labels(worst, say))
    pairs = commonest_confusions(report)
    if pairs:
        console.print(_confusions(pairs, say))
    if report.ece is not None and "calibration" not in report.parts:
        grade = "good" if report.ece < 0.03 else "fair" if report.ece < 0.1 else "bad"
        console.print(say["calibration"].format(ece=f"{report.ece:.3f}", verdict=say[f"ece_{grade}"]), markup=False, soft_wrap=True)
    _parts(report, console, language)
    if report.cost:
        console.print(_cost(report.cost, say), markup=False, soft_wrap=True)
        if "requests" in report.cost:
            price = say["price"].format(**report.cost) if "price" in report.cost else ""
            console.print(say["spent"].format(**{**report.cost, "price": price}), markup=False, soft_wrap=True)


def _parts(report: Report, console: Console, language: str) -> None:
    """What the parts of the report say: a sentence and some lines of each."""
    from hanshuku.evaluation.page import shown  # which takes the verdict from here

    for _, section, data, own in shown(report, language):
        said, lines = section.says(data, own), list(section.lines(data, own))
        if said or lines:
            console.print(own["title"], style="bold", markup=False)
        for line in [said, *lines] if said else lines:
            console.print(line, soft_wrap=True, markup=None if isinstance(line, Table) else False)


def verdict(report: Report, language: str = "en") -> str:
    """How good it is, in a sentence or two."""
    say = words(language)
    name = next(iter(report.metrics), primary_metric(report.task))
    metric = report.metrics[name]
    if report.task.kind == "rate":
        return _rated(report, metric, say)
    if report.task.kind != "classify":
        return _measured(report, name, say)
    shown = _percent if name == "accuracy" else _number
    numbers = {key: shown(getattr(metric, key)) for key in ("value", "low", "high", "chance")}
    commonest, share = report.majority or ("", 0.0)
    whole = report.metrics["accuracy"].value
    kind = "sets" if report.task.several else "right"
    text = say[kind].format(**numbers, n=f"{report.n:,}", commonest=commonest, share=_percent(share), whole=_percent(whole))
    if "risk" in report.metrics:
        return f"{text} {_refusing(report, say)}"
    bar = metric.chance if report.task.several else max(metric.chance, share)
    return text if metric.low > bar else f"{text} {say['no_better'].format(bar=shown(metric.low))}"


def _refusing(report: Report, say: Mapping[str, str]) -> str:
    """Of a function that refuses: what it answered, and how much of that is right."""
    risk, coverage = report.metrics["risk"], report.metrics["coverage"]
    if not risk.n:
        return say["refused_all"]
    right = {"value": 1 - risk.value, "low": 1 - risk.high, "high": 1 - risk.low}
    return say["refusing"].format(**{name: _percent(part) for name, part in right.items()}, coverage=_percent(coverage.value), n=f"{risk.n:,}")


def _measured(report: Report, name: str, say: Mapping[str, str]) -> str:
    """Of an answer that is no label and no number: its first metric, and what stands for guessing."""
    metric = report.metrics[name]
    numbers = {key: _number(getattr(metric, key)) for key in ("value", "low", "high", "chance")}
    floor = say.get(f"unread_{name}", say.get(f"unread_{report.task.kind}", say["unread"]))
    text = say["measured"].format(**numbers, name=metric_name(name, say), n=f"{metric.n:,}") + floor.format(**numbers)
    return text if metric.low > metric.chance else f"{text} {say['no_better'].format(bar=numbers['low'])}"


def _rated(report: Report, metric: Metric, say: Mapping[str, str]) -> str:
    error, rows = report.metrics["rmse"], f"{report.n:,}"
    erred = say["erred"].format(rmse=_number(error.value), range=f"{report.task.low:g}..{report.task.high:g}", mean=_number(error.chance))
    if math.isnan(metric.value):
        return f"{say['undefined'].format(n=rows)} {erred}"
    text = say["rated"].format(**{key: _number(getattr(metric, key)) for key in ("value", "low", "high")}, n=rows) + f" {erred}"
    return text if metric.low > 0 else f"{text} {say['no_better'].format(bar=_number(metric.low))}"


def worst_labels(report: Report) -> list[Mapping[str, Any]]:
    """The labels with rows whose F1 is lowest, worst first; at most SHOWN."""
    present = [row for row in report.per_label if row["support"] and row["f1"]]
    return sorted(present, key=lambda row: (row["f1"]["value"], -row["support"]))[:SHOWN]


def commonest_confusions(report: Report, most: int = SHOWN) -> list[tuple[str | None, str, int, float]]:
    """(true label, answer, times, share of the label's rows), commonest first; at most `most`. None: an unknown label."""
    if report.confusion is None:
        return []
    labels: list[str | None] = [*report.task.labels, None]
    found = []
    for true, row in zip(labels, [*report.confusion["counts"], report.confusion["unknown"]], strict=True):
        whole = sum(row)
        found += [(true, given, times, times / whole) for given, times in zip(report.task.labels, row, strict=True) if times and given != true]
    return sorted(found, key=lambda pair: -pair[2])[:most]


def _metrics(report: Report, say: Mapping[str, str]) -> Table:
    table = plain_table(None, say["metric"], say["value"], say["interval"], say["chance"], say["n"])
    for name, metric in report.metrics.items():
        shown = say["accuracy_sets"] if name == "accuracy" and report.task.several else metric_name(name, say)
        table.add_row(shown, _number(metric.value), interval_text(metric), _number(metric.chance), f"{metric.n:,}")
    return table


def _labels(rows: list[Mapping[str, Any]], say: Mapping[str, str]) -> Table:
    table = plain_table(say["worst"], say["label"], say["f1"], say["interval"], say["precision"], say["recall"], say["support"])
    for row in rows:
        f1, others = row["f1"], [_number(row[key]["value"]) if row[key] else "–" for key in ("precision", "recall")]
        interval = f"{f1['low']:.3f}–{f1['high']:.3f}"
        table.add_row(escape(row["label"]), _number(f1["value"]), interval, *others, f"{row['support']:,}")
    return table


def _confusions(pairs: list[tuple[str | None, str, int, float]], say: Mapping[str, str]) -> Table:
    table = plain_table(say["confusions"], say["true"], say["answered"], say["times"], say["part"], texts={1})
    for true, given, times, share in pairs:
        table.add_row(say["unknown"] if true is None else escape(true), escape(given), f"{times:,}", _percent(share))
    return table


def _cost(cost: Mapping[str, Any], say: Mapping[str, str]) -> str:
    seconds = "–" if cost.get("seconds") is None else f"{cost['seconds']:,.2f}"
    counts = {"speed": "rows_per_second", "memory": "peak_memory_mb", "parameters": "parameters"}
    return say["cost"].format(seconds=seconds, **{key: count_text(cost.get(name)) for key, name in counts.items()})


def plain_table(title: str | None, *columns: str, texts: Collection[int] = ()) -> Table:
    """A table whose first column is text and whose others are numbers, which are not broken; `texts`: places of more columns of text."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False, collapse_padding=True)
    for i, name in enumerate(columns):
        if i and i not in texts:
            table.add_column("\n".join(wrap(name, HEAD)), justify="right", no_wrap=True)
        else:
            table.add_column(name, overflow="fold", min_width=LEAST)
    return table


def metric_name(name: str, say: Mapping[str, str]) -> str:
    """A metric's name as it is shown; some are also heads of columns, in other words."""
    return say.get(f"metric_{name}", say[name])


def metric_word(name: str, say: Mapping[str, str]) -> str:
    """A metric's name within a sentence: "accuracy", or in Chinese 准确率 alone, without the name that JSON has."""
    shown = metric_name(name, say)
    return shown.removeprefix(f"{name} ") if HAN.search(shown) else name


def count_text(number: float | None) -> str:
    """A count or a speed as one reads it: "12,345", "23", "0.31", or a dash where there is none."""
    return "–" if number is None else f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.2g}"


def interval_text(metric: Metric) -> str:
    """The interval of a metric: "0.910–0.948", or a dash where there is none."""
    return "–" if math.isnan(metric.low) else f"{metric.low:.3f}–{metric.high:.3f}"


def _number(value: float) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


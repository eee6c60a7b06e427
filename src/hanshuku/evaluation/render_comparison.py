"""A comparison as text: one table, best method first, then the findings."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hanshuku.evaluation.differences import MethodResult
from hanshuku.evaluation.findings import findings, p_text
from hanshuku.evaluation.render import count_text, interval_text, plain_table
from hanshuku.evaluation.runs import DONE, FAILED
from hanshuku.evaluation.words import words

if TYPE_CHECKING:
    from hanshuku.evaluation.comparison import Comparison

SECOND = {"spearman": "rmse"}  # primary metric -> what is shown beside it, where that is not the one behind it
NAME = 12  # cells that a method's name has at least


def render_comparison(comparison: Comparison, console: Console, language: str = "en") -> None:
    """Print a comparison; see `Comparison.render`."""
    say = words(language)
    console.print(_heading(comparison, say), markup=False, soft_wrap=True)
    if comparison.ranked:
        for table in _tables(comparison, say, console.width if console.is_terminal else None):
            print_whole(console, table)
    for method in comparison.methods:
        if method.status != DONE:
            text = say["failed" if method.status == FAILED else "not_run"].format(name=method.name, message=method.message)
            console.print(text, markup=False, soft_wrap=True)
        elif method.message:
            console.print(say["seed_missing"].format(name=method.name, message=method.message), markup=False, soft_wrap=True)
    for line in findings(comparison, language):
        console.print(f"• {line}", markup=False, soft_wrap=True)


def print_whole(console: Console, table: Table) -> None:
    """Print a table; into a file or a pipe, where rich takes 80 columns for granted, as wide as it is."""
    if console.is_terminal:
        console.print(table)
        return
    page = Console(file=io.StringIO(), width=10_000)
    page.width = page.measure(table).maximum
    with page.capture() as text:
        page.print(table)
    console.print(text.get(), markup=False, highlight=False, soft_wrap=True, end="")


def _heading(comparison: Comparison, say: Mapping[str, str]) -> str:
    few = say["few"].format(few=comparison.few) if comparison.few else ""
    text = say["compared"].format(n=f"{comparison.n:,}", seeds=comparison.seeds, few=few)
    if comparison.majority and comparison.primary == "accuracy":
        label, share = comparison.majority
        chance = 1 / len(comparison.task.labels)
        text += say["floor"].format(chance=f"{chance:.3f}", commonest=label, share=f"{share:.3f}")
    return text


def _tables(comparison: Comparison, say: Mapping[str, str], width: int | None) -> list[Table]:
    """One table; two, quality and cost, where one does not fit. width: of the terminal; None: a file, as wide as it takes."""
    names = [*comparison.ranked[0].metrics, comparison.primary]  # there may be but one
    second = SECOND.get(comparison.primary, names[1])
    quality, cost = [comparison.primary, say["interval"], say["against_best"], second], [say["fit"], say["speed"], say["memory"], say["moved"]]
    rows = []
    for method in comparison.ranked:
        metric = method.metrics[comparison.primary]
        good = [f"{metric.value:.3f}", interval_text(metric), _against(comparison, comparison.ranked[0], method, say), f"{method.metrics[second].value:.3f}"]
        dear = [seconds_text(method.fit_seconds), count_text(method.rows_per_second), count_text(method.fit_peak_memory_mb), size_text(method.moved_parameters)]
        rows.append((escape(method.name), good, dear))
    wide = sum(max(map(cell_len, column)) + 3 for column in zip(quality + cost, *(good + dear for _, good, dear in rows), strict=True))
    if width is None or wide + max(NAME, *(cell_len(name) for name, _, _ in rows)) + 2 <= width:
        return [_table([say["method"], *quality, *cost], [[name, *good, *dear] for name, good, dear in rows])]
    return [
        _table([say["method"], *quality], [[name, *good] for name, good, _ in rows]),
        _table([say["method"], *cost], [[name, *dear] for name, _, dear in rows]),
    ]


def _table(columns: list[str], rows: list[list[str]]) -> Table:
    table = plain_table(None, *columns)
    table.columns[0].min_width = NAME
    for column in table.columns[1:]:
        column.no_wrap = True
    for row in rows:
        table.add_row(*row)
    return table


def _against(comparison: Comparison, best: MethodResult, method: MethodResult, say: Mapping[str, str]) -> str:
    """How a method stands to the best one: "worse, p 0.004" or "open, p 0.31"."""
    if method.name == best.name:
        return say["best"]
    difference = comparison.difference(best.name, method.name)
    if difference is None:
        return "–"
    return f"{say['worse' if difference.real else 'undecided']}, p {p_text(difference.p_holm).replace('< ', '<')}"


def seconds_text(seconds: float | None) -> str:
    """A time as one reads it: "0.3 s", "12 s", "4.1 min", "2.0 h"."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size_text(count: int | None) -> str:
    """A number of parameters as one reads it: "1,540", "295 k", "22.7 M"."""
    if count is None:
        return "–"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= size:
            number = count / (1e3 if unit == "k" else size)
            return f"{number:.{1 if number < 100 else 0}f} {unit}"
    return f"{count:,}"

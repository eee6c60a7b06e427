"""A comparison of functions as text: the findings, tables, changed rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from hanshuku.evaluation.diff.found import FunctionDiff, MetricChange, Pair
from hanshuku.evaluation.diff.rows import CHANGES, ChangedRow
from hanshuku.evaluation.diff.say import change_name, findings
from hanshuku.evaluation.diff.words import words
from hanshuku.evaluation.findings import p_text
from hanshuku.evaluation.notes import note_line
from hanshuku.evaluation.render import count_text, plain_table
from hanshuku.evaluation.render_comparison import print_whole
from hanshuku.tasks import Task
from hanshuku.tasks.shown import line_of, short

if TYPE_CHECKING:
    from rich.console import Console

LABELS = 10  # that are shown
WIDTH = 160  # of a text


def render_diff(found: FunctionDiff, console: Console, language: str = "en", rows: int = 10) -> None:
    """Print a comparison; see `FunctionDiff.render`."""
    say = words(language)
    for line in findings(found, language):
        console.print(f"• {line}", markup=False, soft_wrap=True)
    for pair in found.pairs:
        print_whole(console, _metrics(pair, say, f"{pair.before} → {pair.after}"))
        if len(pair.labels) > 1:
            print_whole(console, _labels(pair, say))
        _rows(found.task, pair, console, say, rows)
    print_whole(console, _cost(found, say))
    for note in found.notes:
        console.print(note_line(note, language), style="yellow", markup=False, soft_wrap=True)


def verdict_word(change: MetricChange, say: Mapping[str, str]) -> str:
    """Better, worse, or not told apart."""
    return say["open"] if not change.real else say["better" if change.better else "worse"]


def _metrics(pair: Pair, say: Mapping[str, str], title: str) -> Table:
    table = plain_table(escape(title), say["metric"], say["before"], say["after"], say["difference"], say["interval"], say["p"], say["verdict"])
    for change in pair.metrics:
        numbers = (f"{change.before:.3f}", f"{change.after:.3f}", f"{change.difference:+.3f}", f"{change.low:+.3f} … {change.high:+.3f}")
        table.add_row(change.metric, *numbers, p_text(change.p_holm), verdict_word(change, say))
    return table


def _labels(pair: Pair, say: Mapping[str, str]) -> Table:
    table = plain_table(say["labels"], say["label"], say["n"], say["before"], say["after"], say["difference"], say["interval"], say["p"])
    for change in pair.labels[:LABELS]:
        numbers = (f"{change.before:.3f}", f"{change.after:.3f}", f"{change.difference:+.3f}", f"{change.low:+.3f} … {change.high:+.3f}", p_text(change.p_holm))
        table.add_row(escape(change.label), f"{change.n:,}", *numbers)
    return table


def _cost(found: FunctionDiff, say: Mapping[str, str]) -> Table:
    table = plain_table(say["cost"], say["function"], say["method"], say["model"], say["speed"], say["memory"], say["parameters"], say["disk"])
    for each in found.functions:
        cost, facts = each.cost, each.facts
        cells = [count_text(cost.get(name)) for name in ("rows_per_second", "peak_memory_mb", "parameters")]
        table.add_row(escape(each.name), escape(str(facts.get("method") or "–")), escape(str(facts.get("model") or "–")), *cells, count_text(facts.get("megabytes")))
    return table


def _rows(task: Task, pair: Pair, console: Console, say: Mapping[str, str], most: int) -> None:
    for change in CHANGES:
        rows = [row for row in pair.rows if row.change == change]
        if not rows or not most:
            continue
        console.print(f"\n{change_name(task, change, say)}: {len(rows):,}", style="bold", markup=False)
        for row in rows[:most]:
            moved = f"{answer_line(row.before, say)} → {answer_line(row.after, say)}"
            console.print(f"{row.file}:{row.line}  {moved}  ({say['due']}: {due_line(row.due, say)})  {short(text_line(row), WIDTH)}", markup=False, soft_wrap=True)
        if len(rows) > most:
            console.print(say["more_rows"].format(count=f"{len(rows) - most:,}"), style="dim", markup=False)


def text_line(row: ChangedRow) -> str:
    """The inputs of a row in a line."""
    return text_line_of(row.inputs)


def text_line_of(inputs: Mapping[str, str]) -> str:
    """Texts in a line."""
    return " | ".join(inputs.values())


def answer_line(prediction: Mapping[str, Any], say: Mapping[str, str]) -> str:
    """An answer, and how sure the function was, in a line."""
    sure = prediction["confidence"]
    return (say["refused"] if prediction.get("refused") else _flat(prediction["output"])) + ("" if sure is None else f" ({sure:.2f})")


def due_line(due: Any, say: Mapping[str, str]) -> str:
    """What is right, in a line; of several texts that are, the first two."""
    if due is None:
        return say["unknown"]
    return say["or"].join(map(_flat, due[:2])) if isinstance(due, list) else _flat(due) or say["none"]


def _flat(output: Any) -> str:
    """An output, as it is or as plain data, in a line."""
    if isinstance(output, dict) and "candidates" in output:
        output = " > ".join(map(str, output["candidates"]))
    elif isinstance(output, dict) and {"text", "start"} <= set(output):
        output = output["text"] or "–"
    elif isinstance(output, (list, tuple)):
        output = " | ".join(f"{part['label']}: {part['text']}" if isinstance(part, dict) and "label" in part else str(part) for part in output) if _are_parts(output) else output
    return short(line_of(output), WIDTH)


def _are_parts(output: Any) -> bool:
    return all(isinstance(part, str) or (isinstance(part, dict) and "label" in part) for part in output)

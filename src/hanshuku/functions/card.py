"""card.md: what a reader of a saved function must know, in plain Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanshuku.functions.core import Function


def card(function: Function[Any, Any], kept: Sequence[str] = ()) -> str:
    """The model card of a function, Markdown; `kept`: lines on what it stores so as to learn on."""
    task = function.task
    what = f"a number from {task.low:g} to {task.high:g}" if task.kind == "rate" else f"{len(task.labels)} labels" if task.labels else task.kind
    lines = [f"# {task.name}", "", task.instruction or "(no instruction was given)", ""]
    lines += [f"- Inputs: {', '.join(task.inputs)}", f"- Output: {what}{', several at once' if task.several else ''}"]
    if task.labels:
        lines.append(f"- Labels: {', '.join(task.labels)}")
    lines += ["", "## Measured", "", *_measured(function.report), "", "## How it came to be", ""]
    for origin in function.history:
        settings = json.dumps(dict(origin.settings), ensure_ascii=False)
        lines += [
            f"- {origin.date}: `{origin.method}` with `{origin.model}` {origin.revision[:12]}, seed {origin.seed}",
            f"  - licence of the model: {origin.licence or 'unknown'}",
            f"  - {origin.rows} rows, {origin.seconds:.0f} s",
            f"  - settings: `{settings}`",
            f"  - data SHA-256: `{origin.data or 'none'}`",
            f"  - versions: {', '.join(f'{k} {v}' for k, v in origin.versions.items())}",
            *(f"  - {note}" for note in origin.notes),
        ]
    if kept:
        lines += ["", "## What it keeps", "", *kept]
    lines += ["", "## Limits", "", "It was measured on data like its test rows and on nothing else; texts of another kind may fare worse."]
    return "\n".join([*lines, "The licence of the model above applies to what was made from it.", ""])


def _measured(report: Mapping[str, Any] | None) -> list[str]:
    if not report:
        return ["Not measured yet. Run `hanshuku evaluate`."]
    rows = ["| metric | value | 95% interval | n | chance |", "| --- | --- | --- | --- | --- |"]
    for name, metric in report["metrics"].items():
        cells = [f"{metric[key]:.3f}" if isinstance(metric[key], float) else "–" for key in ("value", "low", "high", "chance")]
        rows.append(f"| {name} | {cells[0]} | {cells[1]} to {cells[2]} | {metric['n']} | {cells[3]} |")
    return rows

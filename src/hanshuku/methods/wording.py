"""In which language a model is asked."""

from __future__ import annotations

from hanshuku.data.encoded import Encoded
from hanshuku.data.language import language_of
from hanshuku.tasks import Task

SEEN = 200  # rows that tell the language


def wording_language(choice: str, task: Task, rows: Encoded | None) -> str:
    """Of the wording, "en" or "zh": as chosen; for "auto" Chinese where the task or most of its rows are."""
    if choice != "auto":
        return choice
    if task.instruction.strip() or task.labels:
        said = language_of([task.instruction, *task.labels, *task.descriptions])
    else:
        said = "en"
    read = language_of([" ".join(row) for row in rows.inputs[:SEEN]]) if rows is not None and len(rows) else said
    return "zh" if "zh" in {said, read} else "en"

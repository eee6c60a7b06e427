"""due: what a target asks for, as the output that a right prediction has."""

from __future__ import annotations

import json
from typing import Any

from hanshuku.tasks.base import Task
from hanshuku.tasks.outputs import Span


def due(task: Task, target: Any, row: tuple[str, ...] = ()) -> Any:
    """The output that is right, as plain data or as `Prediction.output` has it; of texts, answers and rankings a list of all that are.

    Args:
        task: what the target belongs to.
        target: one row's target, as `encode_targets` gives it.
        row: the inputs, for the text of a span and the relevant candidates.

    Returns:
        None where the label is one that the task does not have, or a program is known by its tests alone.
    """
    if task.kind == "classify":
        if task.several:
            return tuple(label for label, held in zip(task.labels, target, strict=True) if held > 0)
        return task.labels[int(target)] if target >= 0 else None
    if task.kind == "rate":
        return float(target)
    if task.kind == "tag":
        return tuple(Span(start, end, label, row[0][start:end] if row else "") for start, end, label in target)
    if task.kind == "answer":
        return [text for text, _ in target]
    if task.kind == "extract":
        return json.loads(target)
    if task.kind == "rank":
        candidates = json.loads(row[-1]) if row else []
        return [candidates[place] if candidates else place for place in target]
    if task.kind == "complete_code":
        return [target[0]] if target[0].strip() else None
    return list(target)

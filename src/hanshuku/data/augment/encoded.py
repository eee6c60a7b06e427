"""augmented: the rows that a method learns from, and new ones made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hanshuku.data.augment.edits import Span
from hanshuku.data.augment.rows import Marked, plan_of
from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

KINDS = ("classify", "rate", "tag", "answer")


def augmented(encoded: Encoded, spec: str, times: int = 1, seed: int = 0, *, sides: str = "one") -> Encoded:
    """The rows, and behind them those made from them, with the same label, number, entities or answers at their new places.

    Args:
        encoded: labelled rows that are learned, without any that judge.
        spec: what to do, see `parse_spec`.
        times: most new rows a row.
        seed: same seed, same row: same new rows, whatever the others are.
        sides: which text of a pair changes: one, both, first or second.

    Raises:
        ConfigError: the kind of task is none of KINDS, or a value is outside its range.
        UnknownName: no augmenter has that name.
        MissingExtra: a package of the extra "augment" is missing.
        ModelError: a model that is needed cannot be had.
    """
    task = encoded.task
    if task.kind not in KINDS:
        raise ConfigError(f"Rows to {', '.join(KINDS)} can be augmented. Received: a task of kind {task.kind!r}.")
    plan = plan_of(spec, times, seed, sides)
    inputs, targets, origin = [], [], []
    for i, row in enumerate(encoded.inputs):
        target = None if encoded.targets is None else encoded.targets[i]
        for copy in plan.copies(marked_row(task, row, target)):
            inputs.append(tuple(marked.text for marked in copy.texts))
            targets.append(moved_target(task, target, copy.texts))
            origin.append(i)
    more = encoded.take(origin)
    new = more.targets if more.targets is None or more.targets.dtype != object else objects(targets)
    return joined(encoded, replace(more, inputs=inputs, targets=new))


def joined(first: Encoded, second: Encoded) -> Encoded:
    """The rows of two as those of one."""
    both: Callable[[Any, Any], Any] = lambda one, other: None if one is None else np.concatenate([one, other])
    return replace(
        first,
        inputs=[*first.inputs, *second.inputs],
        targets=both(first.targets, second.targets),
        lines=both(first.lines, second.lines),
        rejected=both(first.rejected, second.rejected),
    )


def marked_row(task: Task, row: tuple[str, ...], target: Any) -> tuple[Marked, ...]:
    """The texts of a row with the stretches that bear labels: entities, and every place where an answer stands."""
    if target is None or task.kind not in {"tag", "answer"}:
        return tuple(map(Marked, row))
    if task.kind == "tag":
        return (Marked(row[0], tuple((start, end) for start, end, _ in target)),)
    return (Marked(row[0]), Marked(row[1], _answer_spans(row[1], target)))


def moved_target(task: Task, target: Any, texts: tuple[Marked, ...]) -> Any:
    """The target with its spans where they lie in a new row."""
    if target is None or task.kind not in {"tag", "answer"}:
        return target
    if task.kind == "tag":
        return tuple(sorted((*span, label) for span, (_, _, label) in zip(texts[0].spans, target, strict=True)))
    context, spans = texts[1].text, texts[1].spans
    return tuple(dict.fromkeys((context[start:end], start) for start, end in spans))


def _answer_spans(context: str, target: Any) -> tuple[Span, ...]:
    """Where answers stand; one whose place is not said stands wherever it occurs."""
    found = []
    for answer, start in target:
        places = [start] if start >= 0 else _places(context, answer)
        found += [(place, place + len(answer)) for place in places]
    return tuple(dict.fromkeys(found))


def _places(context: str, answer: str) -> list[int]:
    places, at = [], context.find(answer)
    while at >= 0:
        places.append(at)
        at = context.find(answer, at + len(answer))
    return places

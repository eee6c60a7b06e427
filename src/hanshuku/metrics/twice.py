"""The same rows asked twice, as they are and in another form: the drop of the primary metric, and which answers changed.

The form may move what a target points at (entities, answers), so each time has its own targets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanshuku.metrics.answers import answer_f1
from hanshuku.metrics.base import Sample
from hanshuku.metrics.classification import accuracy_sample
from hanshuku.metrics.entities import entity_pairs, entity_rows
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.measure import primary_metric, primary_sample
from hanshuku.metrics.paired import Paired, paired_difference
from hanshuku.metrics.rows import mean_sample
from hanshuku.tasks import Task

MOVED = 0.1  # of its range by which a number has changed
FEWEST = 2  # rows of which a paired interval can be given


@dataclass(frozen=True, eq=False)
class Asked:
    """Targets of N rows and a predictor's outputs for them, as in `measure`."""

    targets: np.ndarray
    outputs: np.ndarray


def drop(task: Task, before: Asked, after: Asked, *, threshold: float = 0.5, seed: int = 0) -> Paired | None:
    """The primary metric before less that after on the same rows, by the paired bootstrap; None where it is not defined.

    Args:
        task: classify, rate, tag or answer.
        before: the rows as they are.
        after: the same rows in another form.
        threshold: several labels: least probability of a label that is given.
        seed: of the bootstrap.
    """
    if len(before.targets) < FEWEST:
        return None
    sample = _sample(task, before, after, threshold)
    values = np.asarray(sample.value, dtype=np.float64)
    if not np.isfinite(values).all():
        return None
    drawn = bootstrap(sample, seed=seed)
    extra = primary_metric(task, before.targets) == "accuracy"
    found = paired_difference((values[:1], values[1:]), (drawn[:, :1], drawn[:, 1:]), sample.n, extra_row=extra)
    return found if math.isfinite(found.p) else None


def _sample(task: Task, before: Asked, after: Asked, threshold: float) -> Sample:
    if task.kind == "tag":
        return entity_pairs([(before.targets, before.outputs), (after.targets, after.outputs)])
    if task.kind == "answer":
        return mean_sample([answer_f1(task, asked.targets, asked.outputs) for asked in (before, after)])
    if task.kind == "classify" and not task.several:
        return accuracy_sample(before.targets, [before.outputs.argmax(axis=1), after.outputs.argmax(axis=1)])
    return primary_sample(task, before.targets, [before.outputs, after.outputs], (threshold, threshold))[0]


def scores(task: Task, asked: Asked, threshold: float = 0.5) -> np.ndarray:
    """(N,) how right each answer is, the more the better: 1 or 0 for labels, F1 for entities and answers, minus the error for numbers."""
    if task.kind == "tag":
        return entity_rows(asked.targets, asked.outputs)
    if task.kind == "answer":
        return answer_f1(task, asked.targets, asked.outputs)
    if task.kind == "rate":
        return -np.abs(np.clip(asked.outputs, task.low, task.high) - asked.targets)
    if task.several:
        return ((asked.outputs >= threshold) == (asked.targets > 0)).all(axis=1).astype(np.float64)
    return (asked.outputs.argmax(axis=1) == asked.targets).astype(np.float64)


def changed(task: Task, before: Asked, after: Asked, threshold: float = 0.5) -> np.ndarray:
    """(N,) bool: whose answer is another one: another label or set, a number that moved by a tenth of its range, spans that are as right no more."""
    if task.kind == "rate":
        return np.abs(np.clip(before.outputs, task.low, task.high) - np.clip(after.outputs, task.low, task.high)) > MOVED * (task.high - task.low)
    if task.kind == "classify":
        given = [asked.outputs >= threshold if task.several else asked.outputs.argmax(axis=1)[:, None] for asked in (before, after)]
        return np.asarray((given[0] != given[1]).any(axis=1))
    return scores(task, before) != scores(task, after)

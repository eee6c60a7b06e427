"""The same rows asked twice, as they are and in another form: the drop of the primary metric, and which answers changed.

The form may move what a target points at (entities, answers), so each time has its own targets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanshuku.metrics.answers import answer_f1
from hanshuku.metrics.base import Sample
from hanshuku.metrics.classification import accuracy_sample, answers_of
from hanshuku.metrics.entities import entity_pairs, entity_rows
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.measure import primary_metric, primary_sample
from hanshuku.metrics.paired import Paired, paired_difference
from hanshuku.metrics.rows import mean_sample
from hanshuku.metrics.several import micro_f1_sample
from hanshuku.tasks import Task

MOVED = 0.1  # of its range by which a number has changed
FEWEST = 2  # rows of which a paired interval can be given


@dataclass(frozen=True, eq=False)
class Asked:
    """Targets of N rows and a predictor's outputs for them, as in `measure`; labels of rows that it refused are no answers, and not right."""

    targets: np.ndarray
    outputs: np.ndarray
    refused: np.ndarray | None = None  # (N,) bool; None: none can be

    def answers(self, task: Task, threshold: float) -> np.ndarray:
        """classify: see `answers_of`."""
        return answers_of(self.outputs, threshold if task.several else None, self.refused)


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
    if task.kind == "classify":
        given = [asked.answers(task, threshold) for asked in (before, after)]
        return micro_f1_sample(before.targets, [each > 0 for each in given]) if task.several else accuracy_sample(before.targets, given)
    return primary_sample(task, before.targets, [before.outputs, after.outputs], (threshold, threshold))[0]


def scores(task: Task, asked: Asked, threshold: float = 0.5) -> np.ndarray:
    """(N,) how right each answer is, the more the better: 1 or 0 for labels, F1 for entities and answers, minus the error for numbers."""
    if task.kind == "tag":
        return entity_rows(asked.targets, asked.outputs)
    if task.kind == "answer":
        return answer_f1(task, asked.targets, asked.outputs)
    if task.kind == "rate":
        return -np.abs(np.clip(asked.outputs, task.low, task.high) - asked.targets)
    given = asked.answers(task, threshold)
    return ((given == (asked.targets > 0)).all(axis=1) if task.several else given == asked.targets).astype(np.float64)


def changed(task: Task, before: Asked, after: Asked, threshold: float = 0.5) -> np.ndarray:
    """(N,) bool: whose answer is another one: another label or set, a refusal in place of an answer, a number that moved by a tenth of its range, spans that are as right no more."""
    if task.kind == "rate":
        return np.abs(np.clip(before.outputs, task.low, task.high) - np.clip(after.outputs, task.low, task.high)) > MOVED * (task.high - task.low)
    if task.kind == "classify":
        differs = before.answers(task, threshold) != after.answers(task, threshold)
        return np.asarray(differs.any(axis=1) if task.several else differs)
    return scores(task, before) != scores(task, after)

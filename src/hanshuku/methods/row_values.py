"""How good answers are, row by row, so that two ways to answer can be compared on the same rows."""

from __future__ import annotations

import numpy as np

from hanshuku.metrics.measure import primary_sample
from hanshuku.tasks import Task

NUMBERS = frozenset({"classify", "rate"})  # kinds whose outputs are numbers


def right_rows(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """How right each answer is, (N,) 0..1.

    classify: 1 or 0; several labels: F1 of the row's label set (1 where both sets are empty); rate: 1 minus the error as
    a part of the range; all other kinds: the first metric of the row alone.
    """
    if task.kind not in NUMBERS:
        return np.array([_alone(task, targets[i : i + 1], outputs[i : i + 1]) for i in range(len(targets))], dtype=np.float64)
    if task.kind == "rate":
        return np.asarray(1 - np.abs(outputs - targets) / (task.high - task.low), dtype=np.float64)
    if not task.several:
        return (outputs.argmax(axis=1) == targets).astype(np.float64)
    chosen = outputs >= threshold
    shared, total = (chosen & (targets > 0)).sum(axis=1), chosen.sum(axis=1) + (targets > 0).sum(axis=1)
    return np.where(total == 0, 1.0, 2 * shared / np.maximum(total, 1))


def steady_rows(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """(N,) numbers whose mean judges a few rows more steadily than the metric alone.

    Labels: half of it how right the answer is, half the probability of what is right, which moves where the answer does not.
    rate: 1 minus half the squared distance of the standardised ranks, whose mean is Spearman's correlation. All other kinds: `right_rows`.
    """
    if task.kind == "rate":
        return 1 - (_ranks(targets) - _ranks(outputs)) ** 2 / 2
    right = right_rows(task, targets, outputs, threshold)
    if task.kind not in NUMBERS:
        return right
    if task.several:
        return (right + np.where(targets > 0, outputs, 1 - outputs).mean(axis=1)) / 2
    return (right + outputs[np.arange(len(targets)), targets]) / 2


def _alone(task: Task, target: np.ndarray, output: np.ndarray) -> float:
    sample, scale = primary_sample(task, target, [output], [0.5])
    value = float(np.atleast_1d(sample.value)[0]) / (scale.high if np.isfinite(scale.high) else 1.0)
    return 1.0 if np.isnan(value) else value  # nothing was due and nothing was given


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (ties share the mean one) with mean 0 and mean square 1; 0 where all are alike."""
    from scipy.stats import rankdata

    ranks = rankdata(np.round(np.asarray(values, dtype=np.float64), 6))
    spread = ranks.std()
    return (ranks - ranks.mean()) / spread if spread else np.zeros(len(ranks))

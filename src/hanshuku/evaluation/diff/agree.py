"""How far two functions agree, whatever is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from hanshuku.metrics.base import Sample
from hanshuku.metrics.exact import same_answers
from hanshuku.metrics.intervals import SIGNED, measured
from hanshuku.metrics.regression import spearman_sample
from hanshuku.metrics.rows import share_metric
from hanshuku.tasks import Task


def agreement(task: Task, first: np.ndarray, second: np.ndarray, thresholds: tuple[float, float], seed: int = 0) -> dict[str, Any]:
    """``{"same": metric, "kappa": metric}``; kappa of one label alone, for numbers "spearman" of the two answers instead.

    Args:
        task: what was answered.
        first: outputs of one.
        second: outputs of the other, for the same rows.
        thresholds: several labels: of the two.
        seed: of the bootstrap.
    """
    found: dict[str, Any] = {"same": share_metric(same_answers(task, first, second, thresholds), 0.0).to_json()}
    if task.kind == "classify" and not task.several:
        sample = kappa_sample(first.argmax(axis=1), second.argmax(axis=1), len(task.labels))
        found["kappa"] = measured(sample, (SIGNED,), (0.0,), seed=seed)[0].to_json()
    if task.kind == "rate" and len(first) > 1:
        found["spearman"] = measured(spearman_sample(first.astype(np.float64), [second.astype(np.float64)]), (SIGNED,), (0.0,), seed=seed)[0].to_json()
    return found


def kappa_sample(first: np.ndarray, second: np.ndarray, labels: int) -> Sample:
    """Cohen's kappa of two sets of (N,) labels, (B, 1): agreement beyond that of chance. Cohen 1960, https://doi.org/10.1177/001316446002000104.

    1 where both give one and the same label throughout: they agree, though it shows nothing.
    """
    cells, counts = np.unique(np.stack([first, second]), axis=1, return_counts=True)
    same = (cells[0] == cells[1]).astype(np.float64)
    sides = [np.eye(labels)[side] for side in cells]

    def statistic(weights: np.ndarray) -> np.ndarray:
        shares = weights / weights.sum(axis=1, keepdims=True)
        agreed, expected = shares @ same, ((shares @ sides[0]) * (shares @ sides[1])).sum(axis=1)
        return np.divide(agreed - expected, 1 - expected, out=np.ones(len(shares)), where=expected < 1 - 1e-12)[:, None]

    return Sample(statistic, counts)

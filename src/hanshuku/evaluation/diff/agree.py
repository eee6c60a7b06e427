"""How far two functions agree, whatever is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from hanshuku.evaluation.diff.given import Given
from hanshuku.metrics.base import Sample
from hanshuku.metrics.classification import REFUSED
from hanshuku.metrics.intervals import SIGNED, measured
from hanshuku.metrics.regression import spearman_sample
from hanshuku.metrics.rows import share_metric
from hanshuku.tasks import Task


def agreement(task: Task, first: Given, second: Given, seed: int = 0) -> dict[str, Any]:
    """``{"same": metric, "kappa": metric}``; kappa of one label alone, for numbers "spearman" of the two answers instead.

    Args:
        task: what was answered.
        first: what one answered.
        second: what the other answered, to the same rows.
        seed: of the bootstrap.
    """
    found: dict[str, Any] = {"same": share_metric(first.same(task, second), 0.0).to_json()}
    if task.kind == "classify" and not task.several:
        one, other = (np.where(each == REFUSED, len(task.labels), each) for each in (first.labels(task), second.labels(task)))
        sample = kappa_sample(one, other, len(task.labels) + 1)
        found["kappa"] = measured(sample, (SIGNED,), (0.0,), seed=seed)[0].to_json()
    if task.kind == "rate" and len(first) > 1:
        found["spearman"] = measured(spearman_sample(first.outputs.astype(np.float64), [second.outputs.astype(np.float64)]), (SIGNED,), (0.0,), seed=seed)[0].to_json()
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

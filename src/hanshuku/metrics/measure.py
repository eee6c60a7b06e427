"""measure: a task's metrics from its targets and a predictor's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import accuracy_sample, classification_metrics
from hanshuku.metrics.intervals import SIGNED, UNIT, Scale
from hanshuku.metrics.regression import regression_metrics, spearman_sample
from hanshuku.metrics.several import micro_f1_sample, several_metrics
from hanshuku.tasks import Task


def measure(task: Task, targets: np.ndarray, outputs: np.ndarray, *, threshold: float = 0.5, **draws: Any) -> dict[str, Metric]:
    """Every metric of the task, the primary one first.

    Args:
        task: one label: accuracy, macro_f1, mcc, log_loss; several: micro_f1, macro_f1, accuracy; rate: spearman,
            pearson, rmse.
        targets: as in `Encoded`.
        outputs: as a predictor gives them.
        threshold: several labels: least probability of a label that is given.
        **draws: `resamples` (1,000, fewer for very many rows) and `seed` (0) of the bootstrap.

    Raises:
        DataError: the shapes do not fit, there is no row, or an output is no number.
    """
    if task.kind == "rate":
        return regression_metrics(targets, np.clip(outputs, task.low, task.high), **draws)  # as `decode` answers
    return several_metrics(targets, outputs, threshold, **draws) if task.several else classification_metrics(targets, outputs, **draws)


def primary_metric(task: Task) -> str:
    """The metric by which methods are compared: "accuracy", "micro_f1" or "spearman"."""
    return "spearman" if task.kind == "rate" else "micro_f1" if task.several else "accuracy"


def primary_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray], thresholds: Sequence[float]) -> tuple[Sample, Scale]:
    """The primary metric of R predictors on the same rows as one statistic (B, R), so that a resample is shared by all."""
    if task.kind == "rate":
        return spearman_sample(targets, [np.clip(given, task.low, task.high).astype(np.float64) for given in outputs]), SIGNED
    if task.several:
        return micro_f1_sample(targets, [given >= least for given, least in zip(outputs, thresholds, strict=True)]), UNIT
    return accuracy_sample(targets, [given.argmax(axis=1) for given in outputs]), UNIT

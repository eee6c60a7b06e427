"""Metrics that are a mean of one number a row, or a ratio of sums over rows: what the families of texts, answers and tags share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale, measured, wilson

PERCENT = Scale(0, 100, lambda v: UNIT.forward(v / 100), lambda x: 100 * UNIT.back(x), lambda v: UNIT.slope(v / 100) / 100)  # BLEU, chrF


def mean_sample(scores: Sequence[np.ndarray]) -> Sample:
    """The mean scores of R predictors on the same rows, (B, R).

    Args:
        scores: R arrays (N,).
    """
    alike, counts = np.unique(np.stack(scores, axis=1).astype(np.float64), axis=0, return_counts=True)
    return Sample(lambda weights: weights @ alike / weights.sum(axis=1, keepdims=True), counts)


def mean_metric(scores: np.ndarray, chance: float, **draws: Any) -> Metric:
    """The mean of (N,) numbers from 0 to 1, with a bootstrap interval; of 0 and 1 alone it is a share, with Wilson's."""
    if ((scores == 0) | (scores == 1)).all():
        return share_metric(scores > 0, chance)
    return measured(mean_sample([scores]), (UNIT,), (chance,), **draws)[0]


def share_metric(right: np.ndarray, chance: float) -> Metric:
    """The share of (N,) rows that are right, with Wilson's interval."""
    n = len(right)
    return Metric(float(right.sum() / n), *wilson(float(right.sum()), n), n, chance)


def ratio_sample(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Sample:
    """The ratios sum(above) / sum(below) of R predictors on the same rows, (B, R); 0 where nothing is below.

    Args:
        parts: R pairs of (N,) numbers.
    """
    columns = np.stack([column for pair in parts for column in pair], axis=1).astype(np.float64)
    alike, counts = np.unique(columns, axis=0, return_counts=True)
    above, below = alike[:, ::2], alike[:, 1::2]

    def statistic(weights: np.ndarray) -> np.ndarray:
        whole = weights @ below
        return np.divide(weights @ above, whole, out=np.zeros_like(whole), where=whole > 0)

    return Sample(statistic, counts)


def check_objects(targets: np.ndarray, outputs: np.ndarray) -> None:
    """Refuse what cannot be measured.

    Raises:
        DataError: there is no row, or there are not as many targets as outputs, one object each.
    """
    if not len(targets) or np.shape(outputs) != (len(targets),):
        raise DataError(f"To measure, one output a target is due, at least one. Received: {len(targets)} targets, outputs of shape {np.shape(outputs)}.")


def texts_of(outputs: np.ndarray) -> list[str]:
    """The texts of (N,) outputs (text, confidence).

    Raises:
        DataError: an output is no text.
    """
    texts = [output[0] if isinstance(output, (tuple, list)) and output else output for output in outputs]
    strange = next((text for text in texts if not isinstance(text, str)), None)
    if strange is not None:
        raise DataError(f"Outputs are pairs of a text and its confidence. Received: {strange!r}.")
    return texts


def others(items: Sequence[Any]) -> list[Any]:
    """Each row's item from half the rows further on: what a row gets that is answered without being looked at."""
    half = max(1, len(items) // 2)
    return [items[(i + half) % len(items)] for i in range(len(items))]

"""A number a row: Spearman's and Pearson's correlation, root mean square error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import check_shapes
from hanshuku.metrics.intervals import POSITIVE, SIGNED, measured


def regression_metrics(targets: np.ndarray, values: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """spearman, pearson and rmse (in the task's unit). Correlation with a constant is NaN.

    Chance: 0, 0, and the error of always answering the mean of the targets.

    Args:
        targets: (N,) numbers.
        values: (N,) answers.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: the shapes do not fit, or there is no row.
    """
    check_shapes(targets, values)
    true, given = targets.astype(np.float64), values.astype(np.float64)
    rank = measured(spearman_sample(true, [given]), (SIGNED,), (0.0,), **draws)[0]
    linear = measured(pearson_sample(true, [given]), (SIGNED,), (0.0,), **draws)[0]
    error = measured(rmse_sample(true, [given]), (POSITIVE,), (float(true.std()),), **draws)[0]
    return {"spearman": rank, "pearson": linear, "rmse": error}


def spearman_sample(targets: np.ndarray, values: Sequence[np.ndarray]) -> Sample:
    """Spearman's correlation of R sets of answers to the same rows, (B, R); ties have their mean rank."""
    rank_targets = _ranker(targets)
    rankers = [_ranker(given) for given in values]

    def statistic(weights: np.ndarray) -> np.ndarray:
        true = rank_targets(weights)
        spread = (weights * true * true).sum(axis=1)
        found = np.full((len(weights), len(rankers)), np.nan)
        for i, ranker in enumerate(rankers):
            given = ranker(weights)
            scale = np.sqrt(spread * (weights * given * given).sum(axis=1))
            np.divide((weights * true * given).sum(axis=1), scale, out=found[:, i], where=scale > 0)
        return found

    return Sample(statistic, np.ones(len(targets), dtype=np.int64))


def pearson_sample(targets: np.ndarray, values: Sequence[np.ndarray]) -> Sample:
    """Pearson's correlation of R sets of answers to the same rows, (B, R)."""
    statistics = [_pearson(targets, given) for given in values]
    return Sample(lambda weights: np.stack([statistic(weights) for statistic in statistics], axis=1), np.ones(len(targets), dtype=np.int64))


def rmse_sample(targets: np.ndarray, values: Sequence[np.ndarray]) -> Sample:
    """The root mean square error of R sets of answers to the same rows, (B, R)."""
    squares = np.stack([(targets - given) ** 2 for given in values], axis=1)
    return Sample(lambda weights: np.sqrt(weights @ squares / len(targets)), np.ones(len(targets), dtype=np.int64))


def _ranker(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A function from row weights (B, N) to centred mean ranks (B, N) of the weighted rows.

    A resample only repeats rows, so one sort serves all: the rank of a value is the weight below it and half its own.
    """
    distinct, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(distinct)))
    tied = len(distinct) < len(values)

    def ranks(weights: np.ndarray) -> np.ndarray:
        weight = weights[:, order]
        if tied:
            weight = np.add.reduceat(weight, starts, axis=1)  # (B, distinct values)
        middle = np.cumsum(weight, axis=1) - weight / 2
        return middle[:, place] - weights.sum(axis=1, keepdims=True) / 2

    return ranks


def _pearson(true: np.ndarray, given: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Pearson's correlation as a statistic of row weights; constants give NaN."""
    x, y = true - true.mean(), given - given.mean()  # centred first, or large means would eat the digits
    moments = np.stack([x, y, x * x, y * y, x * y], axis=1)
    least = 1e-24 * float((x * x).mean() * (y * y).mean())

    def statistic(weights: np.ndarray) -> np.ndarray:
        mx, my, xx, yy, xy = (weights @ moments / len(x)).T
        spread = (xx - mx * mx) * (yy - my * my)
        return np.divide(xy - mx * my, np.sqrt(spread.clip(0)), out=np.full(len(weights), np.nan), where=spread > least)

    return statistic

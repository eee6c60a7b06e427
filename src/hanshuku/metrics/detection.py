"""Telling rows that belong from rows that do not: AUROC, and false alarms where 95 in 100 of those that belong are kept."""

from __future__ import annotations

import math

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import FEWEST, RESAMPLES, UNIT, around

KEPT = 0.95  # of the rows that belong


def auroc(inside: np.ndarray, outside: np.ndarray) -> Metric:
    """The chance that a row from outside has a greater score than one from inside (ties count half); 0.5 is guessing.

    The interval is that of DeLong et al. 1988, https://doi.org/10.2307/2531595, laid on log odds. n counts both kinds.

    Args:
        inside: (N,) scores of rows that belong, N >= 1; greater: stranger.
        outside: (M,) scores of rows that do not, M >= 1.

    Raises:
        DataError: one of the two has no row.
    """
    _check(inside, outside)
    n, m = len(inside), len(outside)
    both = np.concatenate([outside, inside]).astype(np.float64)
    whole, own = _ranks(both), (_ranks(both[:m]), _ranks(both[m:]))
    by_outside, by_inside = (whole[:m] - own[0]) / n, 1 - (whole[m:] - own[1]) / m  # (M,), (N,): each row's own chance
    value = float(by_outside.mean())
    variance = (float(by_outside.var(ddof=1)) / m if m > 1 else 0.25) + (float(by_inside.var(ddof=1)) / n if n > 1 else 0.25)
    return Metric(value, *around(value, math.sqrt(variance), UNIT, min(n, m)), n + m, 0.5)


def false_alarms(inside: np.ndarray, outside: np.ndarray, *, kept: float = KEPT, seed: int = 0) -> Metric:
    """FPR95: the share of rows from outside that is taken for inside where the threshold keeps 95 in 100 of those from inside; less is better.

    The interval is a bootstrap over both kinds of rows, so that the threshold's own wavering counts; guessing gets `kept`.

    Args:
        inside: (N,) scores of rows that belong; greater: stranger.
        outside: (M,) scores of rows that do not.
        kept: share of the rows that belong which is kept.
        seed: of the bootstrap.

    Raises:
        DataError: one of the two has no row.
    """
    _check(inside, outside)
    rng = np.random.default_rng(seed)
    n, m = len(inside), len(outside)
    ranked = np.sort(inside.astype(np.float64))
    place = max(math.ceil(kept * n), 1) - 1
    value = float((outside <= ranked[place]).mean())
    drawn = []
    for _ in range(RESAMPLES if n + m < 20_000 else FEWEST):
        edge = ranked[np.sort(rng.integers(0, n, n))[place]]  # the order statistic of a resample of sorted scores
        drawn.append((outside[rng.integers(0, m, m)] <= edge).mean())
    return Metric(value, *around(value, float(np.std(drawn, ddof=1)), UNIT, m), n + m, kept)


def _ranks(values: np.ndarray) -> np.ndarray:
    """(N,) ranks from 1, the mean rank for ties."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends + 1) / 2)[place]


def _check(inside: np.ndarray, outside: np.ndarray) -> None:
    if not len(inside) or not len(outside):
        raise DataError(f"To tell inside from outside, rows of both are due. Received: {len(inside)} and {len(outside)}.")

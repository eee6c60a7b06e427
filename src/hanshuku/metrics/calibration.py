"""Calibration: do rows answered with confidence 0.8 turn out right 8 times in 10?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import POSITIVE, measured, wilson, z_quantile

BINS = 15


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean gap between confidence and share right over bins of equal mass, weighted by rows; 0 is perfect, 0..1.

    Bins of equal mass (Nguyen & O'Connor 2015, https://aclanthology.org/D15-1182, section 3) need no choice of edges and
    none is empty. Fewer rows than bins: one row a bin. Chance alone adds about 0.5 / sqrt(N / bins) times the spread of being
    right, so with a few hundred rows 0.03 is nothing to worry about; `corrected_error` takes about half of that away, `squared_error` all.

    Args:
        confidences: (N,) probabilities that the answer is right, N >= 1.
        right: (N,) whether it was.
        bins: how many.
    """
    order = np.argsort(confidences, kind="stable")
    gaps = (confidences.astype(np.float64) - right)[order]
    parts = np.array_split(gaps, min(bins, len(gaps)))
    return float(sum(abs(part.sum()) for part in parts) / len(gaps))


@dataclass(frozen=True)
class Bin:
    """Rows of like confidence: how sure they were, and how often right.

    Attributes:
        low: least confidence among them.
        high: greatest.
        confidence: mean.
        right: share that is right.
        right_low: lower end of its 95% interval (Wilson).
        right_high: upper end.
        n: rows.
    """

    low: float
    high: float
    confidence: float
    right: float
    right_low: float
    right_high: float
    n: int


def reliability_bins(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[Bin]:
    """The points of a reliability diagram: bins of equal mass, as in `expected_calibration_error`, by rising confidence.

    Args:
        confidences: (N,) probabilities that the answer is right, N >= 1.
        right: (N,) whether it was.
        bins: how many; fewer rows than bins: one row a bin.

    Raises:
        DataError: there is no row, or not as many of each.
    """
    if not len(confidences) or len(confidences) != len(right):
        raise DataError(f"Calibration needs a confidence for each answer, at least one. Received: {len(confidences)} and {len(right)}.")
    order = np.argsort(confidences, kind="stable")
    sure, hits = confidences.astype(np.float64)[order], np.asarray(right, dtype=bool)[order]
    found = []
    for part in np.array_split(np.arange(len(sure)), min(bins, len(sure))):
        times, n = int(hits[part].sum()), len(part)
        found.append(Bin(float(sure[part[0]]), float(sure[part[-1]]), float(sure[part].mean()), times / n, *wilson(times, n), n))
    return found


def corrected_error(bins: list[Bin]) -> float:
    """The expected calibration error less what chance adds to it, 0..1.

    In a bin of n rows with share right p the gap seen is normal around the true one with variance p (1 - p) / n, and the mean of its
    absolute value, a folded normal, lies above its centre: that surplus is taken off (Kumar, Liang & Ma 2019, arXiv 1909.10155, section
    4.3, who draw it by simulation). About half of chance's share is gone then; `squared_error` is rid of all of it.
    """
    n = sum(each.n for each in bins)
    total = 0.0
    for each in bins:
        gap = abs(each.confidence - each.right)
        spread = math.sqrt(each.right * (1 - each.right) / each.n)
        total += each.n / n * (2 * gap - _folded(gap, spread) if spread else gap)
    return max(total, 0.0)


def _folded(mean: float, spread: float) -> float:
    """The mean of |X| for a normal X."""
    z = mean / spread
    return spread * math.sqrt(2 / math.pi) * math.exp(-z * z / 2) + mean * math.erf(z / math.sqrt(2))


def squared_error(bins: list[Bin]) -> float:
    """The mean squared gap without bias: its expectation is exactly that of infinitely many rows a bin, so it may fall below 0.

    Ferro & Fricker 2012, https://doi.org/10.1002/qj.1924, equation 4; Kumar, Liang & Ma 2019, definition 4.1. A bin of one row says nothing and is left out.
    """
    told = [each for each in bins if each.n > 1]
    if not told:
        return math.nan
    terms = [each.n * ((each.confidence - each.right) ** 2 - each.right * (1 - each.right) / (each.n - 1)) for each in told]
    return sum(terms) / sum(each.n for each in told)


def calibration_error(bins: list[Bin]) -> Metric:
    """The root of `squared_error`, 0..1, with an interval that holds the truth near 0 too, where that of no mean of absolute gaps does.

    A squared gap that is normal with spread s around g has the variance 4 g^2 s^2 + 2 s^4; the interval is laid around the mean square and its
    ends' roots are taken. Fewer than two rows a bin: NaN.
    """
    n = sum(each.n for each in bins)
    told = [each for each in bins if each.n > 1]
    if not told:
        return Metric(math.nan, math.nan, math.nan, n, math.nan)
    weights = np.array([each.n for each in told]) / sum(each.n for each in told)
    spread = np.array([max(each.right * (1 - each.right), 0.5 / each.n * (1 - 0.5 / each.n)) / (each.n - 1) for each in told])
    gaps = np.maximum(np.array([(each.confidence - each.right) ** 2 for each in told]) - spread, 0.0)
    reach = z_quantile() * math.sqrt(float((weights**2 * (4 * gaps * spread + 2 * spread**2)).sum()))
    middle = squared_error(told)
    value, low, high = (math.sqrt(max(part, 0.0)) for part in (middle, middle - reach, middle + reach))
    return Metric(value, low, min(high, 1.0), n, math.nan)


def brier_score(targets: np.ndarray, probabilities: np.ndarray, **draws: int) -> Metric:
    """Mean squared distance of the probabilities from what was true, 0..2 (several labels: a label's mean, 0..1); less is better.

    Brier 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2: summed over the labels, so for two labels it is twice
    what others call so. Chance: saying how often each label occurs, whatever the row.

    Args:
        targets: (N,) int64 label indices, below 0 for a label that has no column; or (N, L) of 0 and 1.
        probabilities: (N, L).
        **draws: `resamples` and `seed` of the bootstrap.
    """
    true = targets.astype(np.float64) if targets.ndim == 2 else one_hot(targets, probabilities.shape[1])
    over = (lambda gaps: gaps.mean(axis=1)) if targets.ndim == 2 else (lambda gaps: gaps.sum(axis=1))
    losses = over((probabilities.astype(np.float64) - true) ** 2)
    chance = float(over((true.mean(axis=0) - true) ** 2).mean())
    n = len(losses)
    return measured(Sample(lambda weights: weights @ losses / n, np.ones(n, dtype=np.int64)), (POSITIVE,), (chance,), **draws)[0]


def one_hot(targets: np.ndarray, labels: int) -> np.ndarray:
    """(N, L) float64: 1 at each row's label; all 0 where the target is below 0, a label that has no column."""
    found = np.zeros((len(targets), labels))
    known = np.flatnonzero(targets >= 0)
    found[known, targets[known]] = 1.0
    return found

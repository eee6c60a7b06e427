"""Is one better than the other on the same rows? Paired tests, correction for many of them, and rows that would settle one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import LEVEL, Sample
from hanshuku.metrics.intervals import bootstrap, t_quantile, t_tail

POWER = 0.8  # chance to see a difference that is there
MOST_ROWS = 100_000_000  # beyond this no test set will settle it


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two functions on the same rows."""

    only_a: int  # rows that only the first got right
    only_b: int  # rows that only the second got right
    p_exact: float  # two-sided, binomial: never too small, often too large
    p_mid: float  # mid-p: keeps the level and finds more (Fagerland et al. 2013, https://doi.org/10.1186/1471-2288-13-91)


def mcnemar(right_a: np.ndarray, right_b: np.ndarray) -> McNemar:
    """The test for (N,) bool arrays of what each got right.

    Raises:
        DataError: they are not of the same length.
    """
    if len(right_a) != len(right_b):
        raise DataError(f"A paired test needs the same rows twice. Received: {len(right_a)} and {len(right_b)}.")
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    total, few = only_a + only_b, min(only_a, only_b)
    steps = np.arange(1, few + 1, dtype=np.float64)
    logs = np.concatenate([[0.0], np.cumsum(np.log(total - steps + 1) - np.log(steps))]) - total * math.log(2)  # log pmf at 0..few
    tail, here = float(np.exp(logs).sum()), float(np.exp(logs[-1]))
    exact = min(1.0, 2 * tail)
    mid = 1.0 - here if only_a == only_b and total else exact - here if total else 1.0
    return McNemar(only_a, only_b, exact, mid)


def sign_test(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Two-sided p of the exact sign test on the rows whose (N,) numbers differ; of rows that are right or wrong it is McNemar's exact test."""
    return mcnemar(ours > theirs, theirs > ours).p_exact


@dataclass(frozen=True)
class Paired:
    """The difference of two metrics, first minus second."""

    difference: float
    low: float  # 95% interval
    high: float
    p: float  # two-sided
    row_variance: float  # of the difference, from the choice of test rows
    seed_variance: float  # of the difference, from the seeds; 0 with one seed, where it cannot be seen


def paired_difference(
    values: tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray], drawn: tuple[np.ndarray, np.ndarray], n: int, *, extra_row: bool = False
) -> Paired:
    """First minus second by the paired bootstrap over rows, and over seeds where there are several.

    The variance is that of the mean difference over drawn rows plus, with S seeds, the variance of the S differences
    divided by S; the degrees of freedom are Satterthwaite's. (The two share the part that is due to both row and seed, so
    the interval is a little wide rather than a little narrow.)

    Args:
        values: the metric of each seed, S numbers for each of the two; the same seeds in the same order.
        drawn: (resamples, S) the same for each resample; both from the same resamples.
        n: rows.
        extra_row: for accuracy: count one more row on which they differ, so that few disagreements do not look like none
            (Agresti & Min 2005, https://doi.org/10.1002/sim.1781).
    """
    each = np.asarray(values[0], dtype=np.float64) - np.asarray(values[1], dtype=np.float64)
    moved = (drawn[0] - drawn[1]).mean(axis=1)
    moved = moved[np.isfinite(moved)]
    difference = float(each.mean())
    rows = float(moved.var(ddof=1)) + (1 / (n + 2) ** 2 if extra_row else 0.0)
    seeds = float(each.var(ddof=1)) / len(each) if len(each) > 1 else 0.0
    error, df = combined_error(rows, seeds, n, len(each))
    if not error:
        return Paired(difference, difference, difference, 1.0 if difference == 0 else 0.0, rows, seeds)
    half = t_quantile(df) * error
    return Paired(difference, difference - half, difference + half, t_tail(difference / error, df), rows, seeds)


def combined_error(rows: float, seeds: float, n: int, seed_count: int) -> tuple[float, float]:
    """Standard error and degrees of freedom (>= 1) of a mean over seeds, from its variance over rows and over seeds.

    Satterthwaite 1946, https://doi.org/10.2307/3002019.
    """
    total = rows + seeds
    spread = rows**2 / max(n - 1, 1) + seeds**2 / max(seed_count - 1, 1)
    return math.sqrt(total), max(total**2 / spread, 1.0) if spread else float(max(n - 1, 1))


def paired_bootstrap(sample: Sample, *, resamples: int | None = None, seed: int = 0) -> Paired:
    """The difference of the two values of a statistic (B, 2), such as `accuracy_sample(targets, [a, b])`."""
    first, second = np.asarray(sample.value, dtype=np.float64).tolist()
    drawn = bootstrap(sample, resamples=resamples, seed=seed)
    return paired_difference(([first], [second]), (drawn[:, :1], drawn[:, 1:]), sample.n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that keep the chance of any false alarm at the level. Holm 1979, https://www.jstor.org/stable/4615733."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def rows_to_settle(paired: Paired, n: int, *, seed_count: int = 1, tests: int = 1) -> int | None:
    """About how many more test rows would settle the difference at 80% power, were it as large as it looks.

    n grows until (z_alpha + z_power)^2 times the variance fits into the squared difference; only the rows' part shrinks with
    more rows. Connor 1987, https://doi.org/10.2307/2531961, for the paired accuracy.

    Args:
        paired: the measured difference.
        n: rows measured.
        seed_count: seeds measured; with few of them Student's quantile stands for the normal one.
        tests: how many differences are tested at once; the level is divided by them.

    Returns:
        More rows, >= 0; None where no number of rows would do: no difference was seen, or the seeds alone blur it.
    """
    level = 1 - (1 - LEVEL) / tests
    _, df = combined_error(paired.row_variance, paired.seed_variance, n, seed_count)
    reach = t_quantile(df, level) + NormalDist().inv_cdf(POWER)
    left = (paired.difference / reach) ** 2 - paired.seed_variance
    if left <= 0 or paired.row_variance * n / left > MOST_ROWS:
        return None
    return max(0, math.ceil(paired.row_variance * n / left) - n)

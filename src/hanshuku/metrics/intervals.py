"""95% intervals: Wilson's for a share, a bias-corrected bootstrap for all else. benchmarks/intervals.py measures their coverage.

The bootstrap here is not the usual percentile one. For macro F1 over many labels the plug-in value is biased downwards and
a percentile interval doubles that bias (77 labels, 600 rows: it holds the truth 82 times in 100, with 150 labels 29 times). So the bootstrap gives
two numbers, bias and standard error; the interval is laid around the corrected value, on a scale on which the metric has
no wall (log odds for 0..1, inverse hyperbolic tangent for -1..1, logarithm for 0 and more; Efron & Tibshirani 1993, An
Introduction to the Bootstrap, chapters 10 and 12.6).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from hanshuku.metrics.base import LEVEL, Metric, Sample

RESAMPLES, FEWEST = 1000, 200  # the standard error of a standard error is then 2%, 5%
WORK = 20_000_000  # group counts drawn in all, about a second; with more groups there are fewer resamples
CHUNK = 1_000_000  # group counts held at once; 8 MB


def z_quantile(level: float = LEVEL) -> float:
    """Two-sided normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def t_tail(t: float, df: float) -> float:
    """Two-sided tail of Student's t, P(|T| >= |t|); df >= 1, need not be whole.

    With t = sqrt(df) tan(angle) the density is cos(angle)^(df-1), smooth, so a plain trapezoid sum is good to 1e-5.
    """
    if df > 5000:  # the normal tail differs by less than 1e-4 then
        return 2 * NormalDist().cdf(-abs(t))
    end = math.atan(abs(t) / math.sqrt(df))
    inside, outside = _area(0.0, end, df), _area(end, math.pi / 2, df)
    return outside / (inside + outside)


def _area(start: float, end: float, df: float, steps: int = 1000) -> float:
    heights = np.cos(np.linspace(start, end, steps + 1)).clip(0) ** (df - 1)
    return float(heights.sum() - (heights[0] + heights[-1]) / 2) * (end - start) / steps


def t_quantile(df: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t: 4.30 for 2 degrees of freedom and 0.95. df >= 1."""
    low, high = 0.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, df) > 1 - level else (low, middle)
    return high


def wilson(right: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Interval for a share: `right` of n rows. Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.

    It keeps its coverage for few rows and for shares near 0 and 1, where every bootstrap of 0 errors in n rows says [1, 1].
    """
    z2 = z_quantile(level) ** 2
    share = right / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share)


def bootstrap(sample: Sample, *, resamples: int | None = None, seed: int = 0) -> np.ndarray:
    """The statistic of rows drawn anew with replacement, (resamples, ...). The same seed gives the same draws.

    Args:
        sample: the rows.
        resamples: None: 1,000; down to 200 where there are more than 20,000 groups.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    if resamples is None:
        resamples = max(FEWEST, min(RESAMPLES, WORK // len(sample.counts)))
    step = max(1, CHUNK // len(sample.counts))
    parts = [sample.statistic(_draw(sample, min(step, resamples - start), rng)) for start in range(0, resamples, step)]
    return np.concatenate(parts)


def _draw(sample: Sample, times: int, rng: np.random.Generator) -> np.ndarray:
    """(times, K) float64: how often each group was drawn."""
    n, groups = sample.n, len(sample.counts)
    if groups < n // 2 or n > 2**31:
        return rng.multinomial(n, sample.counts / n, size=times).astype(np.float64)
    rows = rng.integers(0, n, size=(times, n))  # nearly every row is its own group: counting draws is faster
    if groups < n:
        rows = np.repeat(np.arange(groups), sample.counts)[rows]
    rows += np.arange(times)[:, None] * groups
    return np.bincount(rows.ravel(), minlength=times * groups).reshape(times, groups).astype(np.float64)


@dataclass(frozen=True)
class Scale:
    """Where a metric lives, and the map to a scale on which it has no wall."""

    low: float
    high: float
    forward: Callable[[float], float]
    back: Callable[[float], float]
    slope: Callable[[float], float]  # of forward


def _logistic(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


UNIT = Scale(0, 1, lambda v: math.log(v / (1 - v)), _logistic, lambda v: 1 / (v * (1 - v)))  # F1, accuracy
SIGNED = Scale(-1, 1, math.atanh, math.tanh, lambda v: 1 / (1 - v * v))  # correlations
POSITIVE = Scale(0, math.inf, math.log, math.exp, lambda v: 1 / v)  # errors and losses
PLAIN = Scale(-math.inf, math.inf, float, float, lambda _v: 1.0)  # differences


def around(value: float, error: float, scale: Scale, n: int, *, bias: float = 0.0, quantile: float | None = None) -> tuple[float, float]:
    """The interval around a value, which is always inside it.

    Args:
        value: what was measured.
        error: its standard error, >= 0.
        scale: where the metric lives.
        n: rows; a corrected value comes no nearer to a wall than half a row's worth, or than half of the measured distance where that is
            less: a corpus metric of few poor rows (chrF 0.4 of 12) lies nearer to 0 than half a row would.
        bias: expected value minus truth.
        quantile: of the standardised value; None: the normal one.
    """
    if not (math.isfinite(value) and math.isfinite(error)):
        return math.nan, math.nan
    if math.isfinite(scale.high) and value in (scale.low, scale.high):  # no row was wrong, or none right: as for a share
        width = scale.high - scale.low
        low, high = wilson((value - scale.low) / width * n, n)
        return scale.low + low * width, scale.low + high * width
    if error == 0 or value == scale.low:
        return value, value
    row = 0.5 / n * (scale.high - scale.low)  # infinite where the scale is
    centre = value - bias
    if math.isfinite(scale.low):
        centre = max(centre, scale.low + _margin(row, value - scale.low))
    if math.isfinite(scale.high):
        centre = min(centre, scale.high - _margin(row, scale.high - value))
    half = (z_quantile() if quantile is None else quantile) * error * scale.slope(centre)
    middle = scale.forward(centre)
    low, high = (scale.back(max(min(end, 700.0), -700.0)) if scale is not PLAIN else end for end in (middle - half, middle + half))
    return min(low, value), max(high, value)


def _margin(row: float, distance: float) -> float:
    """How near to a wall; a distance that is rounding alone (a correlation of 1 but for its last bit) is none."""
    return min(row, 0.5 * distance) if distance > 1e-9 else row


def measured(sample: Sample, scales: tuple[Scale, ...], chances: tuple[float, ...], **draws: Any) -> list[Metric]:
    """Metrics of a statistic with one value (B,) or several (B, M), each with its bootstrap interval.

    Args:
        sample: the rows.
        scales: one a value.
        chances: one a value.
        **draws: `resamples` and `seed` of the bootstrap.
    """
    values = np.atleast_1d(sample.value)
    drawn = bootstrap(sample, **draws).reshape(-1, len(values))
    found = []
    for i, (value, scale, chance) in enumerate(zip(values.tolist(), scales, chances, strict=True)):
        finite = drawn[np.isfinite(drawn[:, i]), i]  # a resample of one label has no correlation
        error = float(finite.std(ddof=1)) if len(finite) > 1 else math.nan
        bias = float(finite.mean()) - value if len(finite) else 0.0
        found.append(Metric(value, *around(value, error, scale, sample.n, bias=bias), sample.n, chance))
    return found


def mean_metric(values: np.ndarray, chance: float = 0.0) -> Metric:
    """The mean of (N,) numbers with Student's interval, N >= 1; of one number the interval is everything.

    Args:
        values: finite.
        chance: what guessing gets.
    """
    n, mean = len(values), float(values.mean())
    if n < 2:
        return Metric(mean, -math.inf, math.inf, n, chance)
    return Metric(mean, *around(mean, float(values.std(ddof=1) / n**0.5), PLAIN, n, quantile=t_quantile(n - 1)), n, chance)

"""Gaps between groups of rows: accuracy, demographic parity, equal opportunity, equalised odds; of numbers the mean errors.

Parity: Dwork et al. 2012, arXiv 1104.3913; opportunity and odds: Hardt et al. 2016, arXiv 1610.02413. A gap is the widest difference between
two groups, over all labels, so it is never 0 by chance: how wide chance makes it, and whether it is wider, is told by permutation,
within the rows of one true label for opportunity and odds. The interval is a bootstrap over rows, corrected for that bias.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import PLAIN, measured

MEASURES = ("accuracy", "parity", "opportunity", "odds")
ERRORS = ("mean_error", "absolute_error")  # of numbers
FEWEST = 5  # rows of a group with (or without) a label, to compare how they are answered
MOST_SHUFFLES, FEWEST_SHUFFLES = 999, 199
WORK = 5_000_000  # group members shuffled in all


@dataclass(frozen=True)
class Gap:
    """The widest difference between two groups."""

    measure: str
    metric: Metric  # `chance` is how wide it is where groups do not matter
    p: float  # of a gap this wide by chance
    most: int  # the group with the higher rate
    least: int
    label: int  # for which label; 0 where the measure looks at none


@dataclass(frozen=True)
class Rows:
    """Rows of groups: which were right and how they were answered.

    Attributes:
        group: (N,) int64, 0..G-1.
        right: (N,) bool.
        true: (N, L) bool, whether the row has a label.
        given: (N, L) bool, whether it was answered with it.
    """

    group: np.ndarray
    right: np.ndarray
    true: np.ndarray
    given: np.ndarray

    @property
    def groups(self) -> int:
        """G."""
        return int(self.group.max()) + 1


def label_gaps(rows: Rows, *, seed: int = 0) -> list[Gap]:
    """The four gaps of MEASURES; odds are the wider of two: hits among rows with a label, false alarms among rows without.

    Args:
        rows: at least two groups.
        seed: of resamples and shuffles.
    """
    kinds, counts, places = _kinds(rows)
    found = []
    for measure in MEASURES:

        def statistic(weights: np.ndarray, measure: str = measure) -> np.ndarray:
            return _spread(_rates(weights, kinds, measure))

        table = np.zeros((1, rows.groups, len(kinds.right)))
        np.add.at(table[0], (rows.group, places), 1)
        shape = table.shape[1:]
        grid = np.flatnonzero(table[0].ravel())

        def of_rows(drawn: np.ndarray, statistic: Any = statistic, grid: np.ndarray = grid, shape: tuple[int, ...] = shape) -> np.ndarray:
            whole = np.zeros((len(drawn), shape[0] * shape[1]))
            whole[:, grid] = drawn
            return statistic(whole.reshape(-1, *shape))[:, None]

        strata = counts if measure in {"opportunity", "odds"} else np.zeros_like(counts)
        shuffled = _shuffled(rows.group, places, strata[places], len(kinds.right), statistic, seed)
        metric = _walled(Sample(of_rows, table[0].ravel()[grid].astype(np.int64)), shuffled, seed, most=1.0)
        most, least, label = _where(_rates(table, kinds, measure)[0])
        found.append(Gap(measure, metric, _tail(metric.value, shuffled), most, least, label))
    return found


def error_gaps(group: np.ndarray, errors: np.ndarray, *, seed: int = 0) -> list[Gap]:
    """Gaps of the mean error (answer minus truth) and of the mean absolute error.

    Args:
        group: (N,) int64, 0..G-1.
        errors: (N,) numbers.
        seed: of resamples and shuffles.
    """
    found = []
    for measure, values in zip(ERRORS, (errors, np.abs(errors)), strict=True):
        means = _group_means(group[None], values)
        rng = np.random.default_rng(seed)
        shuffled = np.concatenate([_between(_group_means(part, values)) for part in _orders(group, np.zeros_like(group), rng)])
        member = group[:, None] == np.arange(means.shape[1])

        def statistic(weights: np.ndarray, values: np.ndarray = values, member: np.ndarray = member) -> np.ndarray:
            below = weights @ member
            above = (weights * values) @ member
            return _between(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0))[:, None]

        metric = _walled(Sample(statistic, np.ones(len(group), dtype=np.int64)), shuffled, seed)
        found.append(Gap(measure, metric, _tail(metric.value, shuffled), int(means[0].argmax()), int(means[0].argmin()), 0))
    return found


def _walled(sample: Sample, shuffled: np.ndarray, seed: int, most: float = np.inf) -> Metric:
    """A gap with its interval, which is cut at 0: corrected for its bias, a gap that chance makes lies below."""
    found = measured(sample, (PLAIN,), (float(shuffled.mean()),), seed=seed)[0]
    return replace(found, low=max(0.0, found.low), high=min(most, found.high))


@dataclass(frozen=True)
class _Kinds:
    """Rows that are alike but for their group: (K,) right, (K, L) true, (K, L) given."""

    right: np.ndarray
    true: np.ndarray
    given: np.ndarray


def _kinds(rows: Rows) -> tuple[_Kinds, np.ndarray, np.ndarray]:
    """The kinds, (K,) a number for what is true of each, and (N,) the kind of each row."""
    labels = rows.true.shape[1]
    table = np.hstack([rows.right[:, None], rows.true, rows.given]).astype(np.int8)
    alike, places = np.unique(table, axis=0, return_inverse=True)
    kinds = _Kinds(alike[:, :1] > 0, alike[:, 1 : 1 + labels] > 0, alike[:, 1 + labels :] > 0)
    _, strata = np.unique(kinds.true, axis=0, return_inverse=True)
    return kinds, strata.ravel(), places.ravel()


def _rates(weights: np.ndarray, kinds: _Kinds, measure: str) -> np.ndarray:
    """(B, G, L') rates of a measure from (B, G, K) rows of each kind; NaN where too few rows can tell. Odds: hits, then false alarms."""
    if measure == "odds":
        return np.concatenate([_rates(weights, kinds, "opportunity"), _share(weights, ~kinds.true, kinds.given)], axis=2)
    if measure == "opportunity":
        return _share(weights, kinds.true, kinds.given)
    return _share(weights, np.ones_like(kinds.right), kinds.right) if measure == "accuracy" else _share(weights, np.ones_like(kinds.given), kinds.given)


def _share(weights: np.ndarray, among: np.ndarray, hit: np.ndarray) -> np.ndarray:
    below, above = weights @ among.astype(np.float64), weights @ (among & hit).astype(np.float64)
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below >= FEWEST)


def _spread(found: np.ndarray) -> np.ndarray:
    """(B,) the widest difference between two groups over all labels of (B, G, L); 0 where none can be compared."""
    return np.stack([_between(found[:, :, label]) for label in range(found.shape[2])], axis=1).max(axis=1)


def _between(found: np.ndarray) -> np.ndarray:
    """(B,) greatest less least of (B, G), those that are NaN aside; 0 where fewer than two are known."""
    known = np.isfinite(found)
    wide = np.where(known, found, -np.inf).max(axis=1) - np.where(known, found, np.inf).min(axis=1)
    return np.where(known.sum(axis=1) > 1, wide, 0.0)


def _where(found: np.ndarray) -> tuple[int, int, int]:
    """The two groups and the label of the widest difference in (G, L)."""
    widths = [float(_between(found[None, :, label])[0]) for label in range(found.shape[1])]
    label = int(np.argmax(widths))
    if not widths[label]:
        return 0, 0, label
    return int(np.nanargmax(found[:, label])), int(np.nanargmin(found[:, label])), label


def _orders(group: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> Any:
    """Chunks (B, N) of the groups shuffled within strata; rows stay in their order."""
    times = max(FEWEST_SHUFFLES, min(MOST_SHUFFLES, WORK // len(group)))
    order = np.argsort(strata, kind="stable")
    step = max(1, 500_000 // len(group))
    for start in range(0, times, step):
        drawn = np.argsort(strata[order] + rng.random((min(step, times - start), len(group))), axis=1)  # positions move within their stratum
        shuffled = np.empty_like(drawn)
        shuffled[:, order] = group[order][drawn]
        yield shuffled


def _shuffled(
    group: np.ndarray, places: np.ndarray, strata: np.ndarray, kinds: int, statistic: Callable[[np.ndarray], np.ndarray], seed: int
) -> np.ndarray:
    """The statistic where groups do not matter, one number a shuffle."""
    groups, found = int(group.max()) + 1, []
    for part in _orders(group, strata, np.random.default_rng(seed)):
        cells = part * kinds + places + np.arange(len(part))[:, None] * groups * kinds
        found.append(statistic(np.bincount(cells.ravel(), minlength=len(part) * groups * kinds).reshape(-1, groups, kinds).astype(np.float64)))
    return np.concatenate(found)


def _tail(value: float, shuffled: np.ndarray) -> float:
    return float((1 + (shuffled >= value - 1e-12).sum()) / (1 + len(shuffled)))


def _group_means(groups: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(B, G) means of (N,) values for (B, N) groups."""
    count = int(groups.max()) + 1
    cells = groups + np.arange(len(groups))[:, None] * count
    flat = np.broadcast_to(values, groups.shape).ravel()
    sums = np.bincount(cells.ravel(), flat, minlength=len(groups) * count)
    sizes = np.bincount(cells.ravel(), minlength=len(groups) * count)
    return (sums / np.maximum(sizes, 1)).reshape(-1, count)

"""Are the same rows answered alike in the words of each group of people?

Rows are compared in pairs, and rows that hold the same names count as one (cluster-robust: Cameron & Miller 2015,
https://doi.org/10.3368/jhr.50.2.317), so that what is said holds for names and not only for those of the lists. A family with one word a group
has no such choice of words to speak of; there a difference is weighed against how much neutral words in the same place differ. Names of several
origins differ in more than whom they stand for; theirs may be weighed against how much groups of any family differ (an empirical null: Efron 2004,
https://doi.org/10.1198/016214504000000089).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from hanshuku.metrics.base import LEVEL
from hanshuku.metrics.intervals import t_quantile, t_tail
from hanshuku.metrics.paired import combined_error

SIZE = 0.03  # least difference that is worth an accusation: 3 points of probability, of accuracy, or 3% of a number's range
quantile = lru_cache(maxsize=256)(t_quantile)


@dataclass(frozen=True)
class Difference:
    """A mean difference with its 95% interval."""

    value: float
    low: float
    high: float
    p: float  # two-sided, of no difference; with `Words`, of none beyond what neutral words make
    error: float = 0.0  # standard error


@dataclass(frozen=True)
class Words:
    """How much words differ that stand for nothing that is compared."""

    sd: float  # of their mean scores on the same rows
    count: int  # words that this rests on, >= 2


def clustered(differences: np.ndarray, clusters: np.ndarray, *, level: float = LEVEL) -> Difference:
    """The mean of (N,) differences where those of one cluster go together.

    Args:
        differences: N numbers.
        clusters: (N,) which differences go together; all different: a plain t interval.
        level: of the interval.

    Returns:
        NaN for the ends and 1 for p where there are fewer than two clusters.
    """
    value = float(differences.mean())
    names, places = np.unique(clusters, return_inverse=True)
    count = len(names)
    if count < 2:
        return Difference(value, math.nan, math.nan, 1.0)
    sums = np.bincount(places, differences - value)
    error = math.sqrt(count / (count - 1) * float((sums**2).sum())) / len(differences)
    if error < 1e-12:
        return Difference(value, value, value, 1.0 if abs(value) < 1e-9 else 0.0, 0.0)
    half = quantile(count - 1, level) * error
    return Difference(value, value - half, value + half, t_tail(value / error, count - 1), error)


def against_rest(scores: np.ndarray, group: int, clusters: np.ndarray, without: Sequence[int] = (), words: Words | None = None) -> Difference:
    """How much more a group gets than the mean of the other groups, on the same rows.

    Args:
        scores: (N, G) score of each row in the words of each group.
        group: which, 0..G-1.
        clusters: (N,), see `clustered`.
        without: groups that are left out of the others.
        words: p is then of a difference that is larger than between neutral words; the interval stays that of these rows.
    """
    rest = [other for other in range(scores.shape[1]) if other != group and other not in without]
    found = clustered(scores[:, group] - scores[:, rest].mean(axis=1), clusters)
    if words is None or not words.sd or not math.isfinite(found.low):
        return found
    error, df = combined_error(found.error**2, words.sd**2 * (1 + 1 / len(rest)), len(np.unique(clusters)), words.count)
    return replace(found, p=max(found.p, t_tail(found.value / error, df)))


def words_of(scores: np.ndarray) -> Words:
    """How much the words of (N, K) scores differ, each row in the words of each; for words that stand for nothing that is compared."""
    return Words(float(scores.mean(axis=0).std(ddof=1)), scores.shape[1])


def usual_spread(families: Sequence[np.ndarray]) -> Words:
    """How much groups usually differ: the robust spread of all groups about the mean of their family, so that a few that stand out do not hide.

    Args:
        families: of each the (N, G) scores.
    """
    apart = [(means - means.mean()) * math.sqrt(len(means) / (len(means) - 1)) for means in (scores.mean(axis=0) for scores in families)]
    found = np.abs(np.concatenate(apart))
    return Words(1.4826 * float(np.median(found)), max(2, 1 + round(0.37 * len(found))))  # of a median deviation about 0.37 of the rows count


@dataclass(frozen=True)
class Gap:
    """The greatest difference between two groups, with an interval that holds for all pairs at once (Bonferroni)."""

    most: int
    least: int
    difference: Difference


def widest_gap(scores: np.ndarray, clusters: np.ndarray, looked_at: int = 1) -> Gap:
    """The pair of groups that are furthest apart; see `against_rest`.

    Args:
        scores: (N, G).
        clusters: (N,), see `clustered`.
        looked_at: labels among which this is the widest, for the interval.
    """
    means = scores.mean(axis=0)
    most, least = int(means.argmax()), int(means.argmin())
    groups = scores.shape[1]
    pairs = max(1, groups * (groups - 1) // 2) * looked_at
    return Gap(most, least, clustered(scores[:, most] - scores[:, least], clusters, level=1 - (1 - LEVEL) / pairs))


def changed_shares(answers: np.ndarray) -> np.ndarray:
    """(N,) of each row the share of pairs of groups that are answered differently.

    Args:
        answers: (N, G) or (N, G, L), anything that can be compared; several labels as 0 and 1.
    """
    groups = answers.shape[1]
    plain = answers if answers.ndim == 3 else answers[:, :, None]
    differs = [(plain[:, a] != plain[:, b]).any(axis=1) for a in range(groups) for b in range(a + 1, groups)]
    return np.stack(differs, axis=1).mean(axis=1)

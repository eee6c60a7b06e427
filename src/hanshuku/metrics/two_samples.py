"""Do two sets of rows come from one source? A classifier's answer with a permutation test, and tests of single numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from hanshuku.metrics.apart import fisher
from hanshuku.metrics.base import Metric
from hanshuku.metrics.detection import auroc

FOLDS, PERMUTATIONS = 5, 399
SHRINK = 1.0  # ridge penalty, as a part of the training rows, on features of variance 1


@dataclass(frozen=True, eq=False)
class ToldApart:
    """How well a classifier tells the second sample from the first.

    Attributes:
        auc: out-of-fold AUC, 0.5 where it cannot, with its interval for these scores.
        p: of no difference, from permutations: (1 + as high by chance) / (1 + permutations).
        scores: (N + M,) out-of-fold scores, those of the first sample first; the higher, the more like the second.
    """

    auc: Metric
    p: float
    scores: np.ndarray


def tell_apart(first: np.ndarray, second: np.ndarray, *, permutations: int = PERMUTATIONS, seed: int = 0) -> ToldApart | None:
    """A classifier two-sample test (Lopez-Paz & Oquab 2017, https://arxiv.org/abs/1610.06545): ridge regression, its out-of-fold AUC, and a permutation test.

    Ridge is linear in the labels, so all permutations cost one product more. Folds are drawn without regard to the samples: then the permuted
    statistics have the distribution of the measured one wherever the samples are alike, and the level is exact.

    Args:
        first: (N, D) features.
        second: (M, D) features.
        permutations: of the samples' names.
        seed: of folds and permutations.

    Returns:
        None where there are fewer than 10 rows in one of them.
    """
    n, m = len(first), len(second)
    if min(n, m) < 2 * FOLDS:
        return None
    rng = np.random.default_rng(seed)
    order = rng.permutation(n + m)  # so that equal scores have ranks that know nothing of the sample
    features = np.concatenate([first, second]).astype(np.float64)[order]
    features = features - features.mean(axis=0)
    features /= np.maximum(features.std(axis=0), 1e-9)
    if features.shape[1] > n + m:  # the same rows turned into as many directions as they span: ridge regression sees no difference
        values, directions = np.linalg.eigh(features @ features.T)
        features = directions * np.sqrt(values.clip(0))
    owner = np.concatenate([np.zeros(n), np.ones(m)])[order]
    names = np.stack([owner, *(rng.permutation(owner) for _ in range(permutations))], axis=1)
    fold = rng.permutation(np.arange(n + m) % FOLDS)
    found = _out_of_fold(features, names, fold)
    aucs = _aucs(found, names)
    p = float((1 + (aucs[1:] >= aucs[0] - 1e-12).sum()) / (1 + permutations))
    scores = np.empty(n + m)
    scores[order] = found[:, 0]
    return ToldApart(auroc(scores[:n], scores[n:]), p, scores)


def _out_of_fold(features: np.ndarray, names: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(N, P) scores of every column of names, each row answered by a ridge regression on the other folds."""
    scores = np.empty_like(names)
    whole, products = features.T @ features, features.T @ names
    for number in range(FOLDS):
        held = fold == number
        mine, theirs = features[held], names[held]
        rest = len(fold) - int(held.sum())
        mean_x, mean_y = -mine.sum(axis=0) / rest, (names.sum(axis=0) - theirs.sum(axis=0)) / rest  # features sum to 0 over all rows
        gram = whole - mine.T @ mine - rest * np.outer(mean_x, mean_x)
        right = products - mine.T @ theirs - rest * np.outer(mean_x, mean_y)
        gram[np.diag_indices_from(gram)] += SHRINK * rest
        scores[held] = (mine - mean_x) @ np.linalg.solve(gram, right) + mean_y
    return scores


def _aucs(scores: np.ndarray, names: np.ndarray) -> np.ndarray:
    """(P,) how often a row named 1 has a higher score than one named 0; scores of ties are as they come, which numbers with many digits do not have."""
    ranks = np.empty(scores.shape)
    order = np.argsort(scores, axis=0, kind="stable")
    np.put_along_axis(ranks, order, np.arange(1, len(scores) + 1, dtype=np.float64)[:, None], axis=0)
    ones = names.sum(axis=0)
    return ((ranks * names).sum(axis=0) - ones * (ones + 1) / 2) / (ones * (len(scores) - ones))


def kolmogorov(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Kolmogorov and Smirnov's distance of two samples of numbers, 0..1, and its p; of numbers with ties the p is too large rather than too small.

    Smirnov 1948, https://doi.org/10.1214/aoms/1177730256.
    """
    values = np.unique(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(part), values, side="right") / len(part) for part in (first, second)]
    return kolmogorov_shares(shares[0], shares[1], len(first), len(second))


def kolmogorov_shares(first: np.ndarray, second: np.ndarray, n: int, m: int) -> tuple[float, float]:
    """The same from cumulative shares at the same places, of n and m rows."""
    distance = float(np.abs(first - second).max())
    scaled = distance * math.sqrt(n * m / (n + m))
    if scaled < 0.2:
        return distance, 1.0
    terms = [(-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101)]
    return distance, min(1.0, max(0.0, 2 * sum(terms)))


def shares_differ(first: Sequence[int], second: Sequence[int]) -> tuple[float, list[float]]:
    """Whether counts of the same classes have other shares: the p of all of them, and Fisher's exact p of each class against the rest.

    The whole p is Bonferroni's over the classes that occur: exact for few rows, and of power where one class moved.

    Args:
        first: rows of each class in the first sample.
        second: rows of each class in the second.
    """
    n, m = sum(first), sum(second)
    each = [fisher(a, n, b, m) if a + b else 1.0 for a, b in zip(first, second, strict=True)]
    occur = sum(a + b > 0 for a, b in zip(first, second, strict=True))
    return min(1.0, max(occur - (occur == 2), 1) * min(each, default=1.0)), each


def means_differ(first: tuple[np.ndarray, np.ndarray, int], second: tuple[np.ndarray, np.ndarray, int]) -> tuple[float, float]:
    """Whether two samples of vectors have one mean: the squared distance in units of the pooled spread, and its p (Hotelling's test for many rows).

    Hotelling 1931, https://doi.org/10.1214/aoms/1177732979.

    Args:
        first: mean (D,), covariance (D, D) and rows of a sample; more than D rows.
        second: the same of the other.
    """
    (mean_a, cov_a, n), (mean_b, cov_b, m) = first, second
    gap, width = mean_b - mean_a, len(mean_a)
    pooled = ((n - 1) * cov_a + (m - 1) * cov_b) / max(n + m - 2, 1)
    pooled = pooled + 1e-9 * np.eye(width) * max(float(np.trace(pooled)) / width, 1e-12)
    squared = float(gap @ np.linalg.solve(pooled, gap))
    left = n + m - width - 1
    if left < 1:
        return squared, 1.0
    return squared, f_tail(left / (width * (n + m - 2)) * n * m / (n + m) * squared, width, left)


def f_tail(value: float, above: int, below: int) -> float:
    """P(F > value) of Fisher's F with these degrees of freedom, by Paulson's normal approximation (1942, https://doi.org/10.1214/aoms/1177731608), good to about 0.005."""
    if value <= 0:
        return 1.0
    a, b, root = 2 / (9 * above), 2 / (9 * below), value ** (1 / 3)
    return 1 - NormalDist().cdf(((1 - b) * root - (1 - a)) / math.sqrt(b * root**2 + a))

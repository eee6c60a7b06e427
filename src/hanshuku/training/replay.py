"""Which rows a function keeps to replay: reservoir, class-balanced, herding. Row numbers in, row numbers out; no network here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SELECTIONS = ("balanced", "reservoir", "herding")


def quotas(sizes: Sequence[int], total: int) -> list[int]:
    """As equal a part of `total` for each group as its size allows; what a small one leaves goes to the others, the first ones first.

    Args:
        sizes: rows of each group, >= 0.
        total: places in all, >= 0.
    """
    found = [0] * len(sizes)
    left = min(total, sum(sizes))
    while left:
        open_ = [i for i, size in enumerate(sizes) if found[i] < size]
        share = max(1, left // len(open_))
        for i in open_:
            take = min(share, sizes[i] - found[i], left)
            found[i] += take
            left -= take
    return found


def reservoir(kept: int, seen: int, fresh: int, capacity: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places that a uniform sample of all rows ever seen takes from those kept so far and from the fresh ones.

    As reservoir sampling (Vitter 1985, algorithm R) row by row would, in one draw: how many of the sample are fresh is hypergeometric.

    Args:
        kept: rows in the memory so far, a uniform sample of `seen`.
        seen: rows before the fresh ones.
        fresh: rows that are new.
        capacity: places.
        rng: draws.

    Returns:
        places among the kept rows, places among the fresh ones; both rising, together at most `capacity`.
    """
    capacity = min(capacity, kept + fresh)
    new = int(rng.hypergeometric(fresh, max(seen, kept), capacity)) if capacity else 0
    new = min(fresh, max(new, capacity - kept))  # a memory that grew cannot have back what it once let go
    return _some(kept, capacity - new, rng), _some(fresh, new, rng)


def balanced(labels: np.ndarray, sessions: np.ndarray, capacity: int, rng: np.random.Generator) -> np.ndarray:
    """Places of rows such that each label has as many as any other, and within a label each session.

    Args:
        labels: (N,) int64, what is to be balanced.
        sessions: (N,) int64, when each row came.
        capacity: places.
        rng: draws among the rows of a label and a session.
    """
    picked = [group[_some(len(group), count, rng)] for group, count in _shares(labels, sessions, capacity)]
    return np.sort(np.concatenate(picked)) if picked else np.zeros(0, dtype=np.int64)


def herded(labels: np.ndarray, sessions: np.ndarray, features: np.ndarray, capacity: int) -> np.ndarray:
    """Places of rows, shared out as in `balanced`, whose mean vector keeps nearest to that of their label; see `herding`.

    Args:
        labels: (N,) int64.
        sessions: (N,) int64.
        features: (F, D) vectors of the last F rows, which are the fresh ones; the others stand in the order that herding gave them, and
            lose their last ones.
        capacity: places.
    """
    old, picked = len(labels) - len(features), []
    for group, count in _shares(labels, sessions, capacity):
        is_fresh = len(group) > 0 and group[0] >= old
        picked.append(group[herding(features[group - old], count)] if is_fresh else group[:count])
    return np.concatenate(picked) if picked else np.zeros(0, dtype=np.int64)


def herding(features: np.ndarray, count: int) -> np.ndarray:
    """Rows whose running mean stays nearest to the mean of all, best first, so that any first part of them is a good choice too.

    iCaRL, Rebuffi et al. 2017, https://arxiv.org/abs/1611.07725, algorithm 4; vectors are scaled to length 1.

    Args:
        features: (N, F).
        count: rows wanted, <= N.
    """
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    unit = unit.astype(np.float64)
    mean, total = unit.mean(axis=0) if len(unit) else None, np.zeros(unit.shape[1])
    free, order = np.ones(len(unit), dtype=bool), []
    for k in range(1, min(count, len(unit)) + 1):
        distance = np.linalg.norm(mean - (total + unit) / k, axis=1)
        best = int(np.argmin(np.where(free, distance, np.inf)))
        free[best], total = False, total + unit[best]
        order.append(best)
    return np.array(order, dtype=np.int64)


def _shares(labels: np.ndarray, sessions: np.ndarray, capacity: int) -> list[tuple[np.ndarray, int]]:
    """The rows of each label and session, with the places they get; the newest session of a label is served first."""
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    found = []
    for group, places in zip(groups, quotas([len(group) for group in groups], capacity), strict=True):
        parts = [group[sessions[group] == session] for session in np.unique(sessions[group])[::-1]]
        found += list(zip(parts, quotas([len(part) for part in parts], places), strict=True))
    return found


def _some(count: int, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """`wanted` of the numbers below `count`, drawn without repetition, rising."""
    return np.sort(rng.permutation(count)[: max(wanted, 0)]).astype(np.int64)

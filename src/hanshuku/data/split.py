"""Splits: stratified, or by group; rows of one group never stand on both sides."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks.classify import label_text

MAX_LABEL_NUMBERS = 20  # more different numbers than these are a quantity, not labels


def split_rows(strata: np.ndarray, groups: np.ndarray, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows to keep and of the rows to test on, each in ascending order.

    Every stratum gives its share of the test rows (largest remainders), at least one where it has five groups or
    more, and never all of its groups. A group counts for the stratum of its first row.

    Args:
        strata: (N,) int64.
        groups: (N,) int64; rows of one group stay together.
        test: share of the rows, 0 < test < 1, or a number of rows, 1 <= test < N.
        seed: of the shuffle; the same seed gives the same split.

    Raises:
        ConfigError: test is outside its range.
        DataError: there are not two groups to put on two sides.
    """
    n = len(strata)
    wanted = _wanted(test, n)
    if len(np.unique(groups)) < 2:
        raise DataError(f"To split, rows must differ. Received: {n} rows that are all of one group or have the same text.")
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)  # (G,), (N,)
    size = np.bincount(member)
    stratum = strata[first]
    rng = np.random.default_rng(seed)
    held = np.zeros(len(first), dtype=bool)
    quota = _quota(stratum, size, wanted)
    for value in np.unique(stratum):
        order = rng.permutation(np.flatnonzero(stratum == value))
        taken = 0
        for group in order[: len(order) - 1] if len(order) > 1 else order[:0]:
            if taken >= quota[value]:
                break
            if taken + size[group] - quota[value] <= quota[value] - taken:  # nearer to the quota with it than without
                held[group] = True
                taken += size[group]
    if not held.any():
        held[rng.permutation(np.flatnonzero(size == size.min()))[0]] = True
    mask = held[member]
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _wanted(test: float, n: int) -> int:
    """Number of test rows that a share or a count asks for."""
    count = round(test * n) if 0 < test < 1 else int(test)
    if isinstance(test, bool) or test <= 0 or (test >= 1 and (test != count or count >= n)):
        raise ConfigError(f"test= takes a share (0 < test < 1) or a number of rows below {n}. Received: {test!r}.")
    return max(count, 1)


def _quota(stratum: np.ndarray, size: np.ndarray, wanted: int) -> dict[int, int]:
    """Test rows due from each stratum: shares by largest remainder, so that they add up to what is wanted."""
    values = np.unique(stratum)
    rows = np.array([size[stratum == value].sum() for value in values])
    exact = rows * (wanted / rows.sum())
    due = np.floor(exact).astype(int)
    short = wanted - due.sum()
    due[np.argsort(due - exact, kind="stable")[:short]] += 1
    enough = np.array([(stratum == value).sum() >= 5 for value in values])
    return dict(zip(values.tolist(), np.where(enough, np.maximum(due, 1), due).tolist(), strict=True))


def few_rows(strata: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Positions of n random rows of each stratum (all of one that has fewer), in ascending order.

    Raises:
        ConfigError: n < 1.
    """
    if n < 1:
        raise ConfigError(f"Give at least one row a class. Received: {n}.")
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(strata == value))[:n] for value in np.unique(strata)]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, dtype=np.int64)


def strata_of(cells: Sequence[Any] | None, n: int) -> np.ndarray:
    """(N,) int64, one number for rows that a split must spread evenly, from the raw cells of the answer's column.

    Lists of labels: the rarest of the row's labels. Numbers of many values: the quintile. Else: the label itself.
    """
    if cells is None:
        return np.zeros(n, dtype=np.int64)
    if any(isinstance(cell, (list, tuple, set)) for cell in cells):
        sets = [[label_text(item) for item in cell] if isinstance(cell, (list, tuple, set)) else [label_text(cell)] for cell in cells]
        counts = Counter(label for labels in sets for label in labels)
        return codes([min(labels, key=lambda label: (counts[label], label)) if labels else "" for labels in sets])
    numbers = _numbers(cells)
    if numbers is not None and len(np.unique(numbers)) > MAX_LABEL_NUMBERS:
        return np.searchsorted(np.quantile(numbers, [0.2, 0.4, 0.6, 0.8]), numbers, side="right").astype(np.int64)
    return codes([label_text(cell) for cell in cells])


def _numbers(cells: Sequence[Any]) -> np.ndarray | None:
    """(N,) float64 where every cell is a finite number, else None."""
    try:
        numbers = np.array([float(cell) for cell in cells])
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def codes(keys: Sequence[Hashable]) -> np.ndarray:
    """(N,) int64: equal keys get equal numbers, in the order of their first appearance."""
    index: dict[Hashable, int] = {}
    return np.fromiter((index.setdefault(key, len(index)) for key in keys), dtype=np.int64, count=len(keys))


def merge_groups(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N,) groups in which rows are together that either grouping puts together (union-find)."""
    parent = list(range(int(first.max(initial=-1)) + 1))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    seen: dict[int, int] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        parent[root(seen.setdefault(b, a))] = root(a)
    return np.array([root(a) for a in first.tolist()], dtype=np.int64)


def normal_text(text: str) -> str:
    """A text as it is compared for being the same: NFKC, case and runs of white space do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

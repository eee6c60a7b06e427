"""Two groups of rows that share none: how far apart their means are, and whether that is more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanshuku.metrics.intervals import t_quantile, t_tail, wilson


@dataclass(frozen=True)
class Apart:
    """The mean of the first group less that of the second."""

    difference: float
    low: float  # 95% interval
    high: float
    p: float  # two-sided, of no difference


def apart(first: np.ndarray, second: np.ndarray) -> Apart:
    """How far apart two groups are.

    Numbers that are all 0 or 1 are shares: Newcombe's interval (1998, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I,
    method 10) and Fisher's exact test. Else Welch's t (1947, https://doi.org/10.2307/2332510).

    Args:
        first: (N,) finite numbers, N >= 1.
        second: (M,) the same of the other rows.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if all(((group == 0) | (group == 1)).all() for group in (first, second)):
        return _shares(int(first.sum()), len(first), int(second.sum()), len(second))
    difference = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return Apart(difference, math.nan, math.nan, 1.0)
    parts = [float(group.var(ddof=1)) / len(group) for group in (first, second)]
    error = math.sqrt(sum(parts))
    if error < 1e-12:
        return Apart(difference, difference, difference, 1.0 if abs(difference) < 1e-12 else 0.0)
    df = sum(parts) ** 2 / sum(part**2 / (len(group) - 1) for part, group in zip(parts, (first, second), strict=True))
    half = t_quantile(max(df, 1.0)) * error
    return Apart(difference, difference - half, difference + half, t_tail(difference / error, max(df, 1.0)))


def _shares(hits: int, n: int, others: int, m: int) -> Apart:
    (low, high), (least, most) = wilson(hits, n), wilson(others, m)
    share, other = hits / n, others / m
    down, up = math.hypot(share - low, most - other), math.hypot(high - share, other - least)
    return Apart(share - other, share - other - down, share - other + up, fisher(hits, n, others, m))


def fisher(hits: int, n: int, others: int, m: int) -> float:
    """Two-sided p of Fisher's exact test of `hits` of n against `others` of m: all tables at most as likely as this one."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + m + 1)))])  # of factorials
    whole = hits + others
    at = np.arange(max(0, whole - m), min(n, whole) + 1)
    chances = np.exp(logs[n] - logs[at] - logs[n - at] + logs[m] - logs[whole - at] - logs[m - whole + at] - logs[n + m] + logs[whole] + logs[n + m - whole])
    return float(min(1.0, chances[chances <= chances[hits - at[0]] * (1 + 1e-7)].sum()))

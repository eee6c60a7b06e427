"""How often answers to rows without labels are right, foretold from how sure they are. Each way holds under an assumption of its own, which nothing here can check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 300


@dataclass(frozen=True)
class Foretold:
    """A foretold accuracy, 0..1."""

    value: float
    low: float  # 95% interval: what other rows would say, the assumption taken for granted
    high: float


def sure_enough(confidences: np.ndarray, right: np.ndarray, now: np.ndarray, *, seed: int = 0) -> Foretold:
    """The share of new rows that are surer than a threshold at which as many known rows are surer as were right (ATC, Garg et al. 2022, https://arxiv.org/abs/2201.04234).

    It holds where errors go on to be the least sure answers, as many below the same threshold.

    Args:
        confidences: (N,) of labelled rows that were not learned from.
        right: (N,) bool, whether the answers to them were.
        now: (M,) confidences of the new rows.
        seed: of the bootstrap.
    """
    return _drawn(lambda known, were, new: float((new > threshold_of(known, were)).mean()), confidences, right, now, seed)


def threshold_of(confidences: np.ndarray, right: np.ndarray) -> float:
    """So many known rows lie at or below it as were wrong."""
    wrong = int((~right).sum())
    return -np.inf if not wrong else float(np.partition(confidences, wrong - 1)[wrong - 1])


def as_sure_less(confidences: np.ndarray, right: np.ndarray, now: np.ndarray, *, seed: int = 0) -> Foretold:
    """The known accuracy less what the mean confidence fell by (difference of confidences, Guillory et al. 2021, https://arxiv.org/abs/2107.03315).

    It holds where accuracy falls as far as confidence does. Args as of `sure_enough`.
    """
    return _drawn(lambda known, were, new: float(np.clip(were.mean() - known.mean() + new.mean(), 0, 1)), confidences, right, now, seed)


def as_sure(now: np.ndarray, *, seed: int = 0) -> Foretold:
    """The mean confidence of the new rows. It holds where confidences are honest on these rows too: calibrated.

    Args:
        now: (M,) confidences of the new rows.
        seed: of the bootstrap.
    """
    return _drawn(lambda _known, _were, new: float(new.mean()), now, np.ones(len(now), dtype=bool), now, seed)


def _drawn(statistic: Callable[[np.ndarray, np.ndarray, np.ndarray], float], confidences: np.ndarray, right: np.ndarray, now: np.ndarray, seed: int) -> Foretold:
    rng = np.random.default_rng(seed)
    value, drawn = statistic(confidences, right, now), []
    for _ in range(DRAWS):
        old, new = rng.integers(0, len(confidences), len(confidences)), rng.integers(0, len(now), len(now))
        drawn.append(statistic(confidences[old], right[old], now[new]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Foretold(value, min(float(low), value), max(float(high), value))

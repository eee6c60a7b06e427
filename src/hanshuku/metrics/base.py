"""Metric and Sample: a measured number with what one must know to read it, and a statistic in the form that resampling needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

LOWER_IS_BETTER = frozenset({"log_loss", "rmse", "bits_per_byte", "loss", "perplexity", "alignment", "uniformity", "risk"})  # of all other metrics more is better
CORRELATIONS = frozenset({"mcc", "spearman", "pearson"})  # -1..1
PERCENTAGES = frozenset({"bleu", "chrf"})  # 0..100, as sacrebleu prints them; all others where more is better are 0..1
LEVEL = 0.95  # of every interval


@dataclass(frozen=True)
class Metric:
    """A measured number with its 95% interval, the rows it rests on and the value that guessing has.

    Where a number is not defined (the correlation with a constant) it is NaN here and null in JSON.
    """

    value: float
    low: float  # lower end of the 95% interval
    high: float  # upper end
    n: int  # rows measured, >= 1
    chance: float  # what guessing gets: see the family's file

    def to_json(self) -> dict[str, float | int | None]:
        """``{"value": ..., "low": ..., "high": ..., "n": ..., "chance": ...}``."""
        numbers = {key: _plain(getattr(self, key)) for key in ("value", "low", "high")}
        return {**numbers, "n": self.n, "chance": _plain(self.chance)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Metric:
        """The metric that `to_json` wrote."""
        value, low, high, chance = (math.nan if data[key] is None else float(data[key]) for key in ("value", "low", "high", "chance"))
        return cls(value, low, high, int(data["n"]), chance)

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Sample:
    """A statistic of rows, where rows that are alike for it are one group.

    Drawing rows with replacement is drawing group counts from a multinomial, so a resample costs as much as there are
    groups (at most L x L for a confusion matrix), not as there are rows.
    """

    statistic: Callable[[np.ndarray], np.ndarray]  # (B, K) float64 rows of each group -> (B, ...) values
    counts: np.ndarray  # (K,) int64 rows of each group, each >= 1

    @property
    def n(self) -> int:
        """Rows in all."""
        return int(self.counts.sum())

    @property
    def value(self) -> np.ndarray:
        """The statistic of the rows as they are, (...)."""
        return self.statistic(self.counts[None, :].astype(np.float64))[0]


def _plain(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None

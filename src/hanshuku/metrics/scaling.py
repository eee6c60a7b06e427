"""Scaling: making probabilities honest by a map that was fitted on held-out rows and changes no answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from hanshuku.errors import ConfigError, DataError, MissingExtra

TINY = 1e-30  # least probability that is told from 0: a softmax in float32 goes no further down than 1e-38
EDGE = 1e-6  # of a sigmoid in float32
COLDEST, HOTTEST = 0.02, 50.0  # temperatures; beyond these the held-out rows say "always right" or "nothing known"
LEAST = 10  # rows to fit on


class Scaling(Protocol):
    """A map of (N, L) probabilities to better ones; several labels: of each by itself."""

    KIND: ClassVar[str]

    def apply(self, probabilities: np.ndarray, threshold: float | None = None) -> np.ndarray:
        """(N, L) float32; `threshold`: of several labels, before scaling; None: one label, rows sum to 1."""
        ...

    def threshold(self, threshold: float) -> float:
        """The threshold of several labels after scaling: what was given before is given still."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        ...


@dataclass(frozen=True)
class Temperature:
    """Logits divided by one number (Guo et al. 2017, arXiv 1706.04599, section 4.2). The order of the labels stays, so the answers do.

    Attributes:
        temperature: above 1: less sure than before.
    """

    KIND: ClassVar[str] = "temperature"
    temperature: float

    def apply(self, probabilities: np.ndarray, threshold: float | None = None) -> np.ndarray:
        """See `Scaling.apply`."""
        if threshold is not None:
            return _sigmoid(_logit(probabilities) / self.temperature).astype(np.float32)
        return np.exp(_log_softmax(np.log(probabilities.astype(np.float64).clip(TINY, 1.0)) / self.temperature)).astype(np.float32)

    def threshold(self, threshold: float) -> float:
        """See `Scaling.threshold`."""
        return float(np.float32(_sigmoid(_logit(np.array(threshold, dtype=np.float32)) / self.temperature)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"kind": self.KIND, "temperature": self.temperature}


@dataclass(frozen=True)
class Isotonic:
    """Probabilities mapped by a rising function with steps (Zadrozny & Elkan 2002, https://doi.org/10.1145/775047.775151).

    One label: the answer's confidence is mapped, the others share what is left (top-label calibration, Gupta & Ramdas 2022, arXiv 2107.08353), and the
    answer stays the likeliest; several labels: each one's probability is.

    Attributes:
        before: (K,) rising.
        after: (K,) rising; straight lines between.
    """

    KIND: ClassVar[str] = "isotonic"
    before: tuple[float, ...]
    after: tuple[float, ...]

    def apply(self, probabilities: np.ndarray, threshold: float | None = None) -> np.ndarray:
        """See `Scaling.apply`."""
        chances = probabilities.astype(np.float64)
        if threshold is not None:
            edge, mapped = self.threshold(threshold), self._map(chances)
            kept = np.where(probabilities >= np.float32(threshold), np.maximum(mapped, edge), np.minimum(mapped, np.nextafter(np.float32(edge), np.float32(-1))))
            return kept.astype(np.float32).clip(0.0, 1.0)
        rows, best = np.arange(len(chances)), chances.argmax(axis=1)
        sure = chances[rows, best]
        others = chances.copy()
        others[rows, best] = 0.0
        others[others.sum(axis=1) < TINY] = 1.0  # where nothing was left, all others are as likely
        others[rows, best] = 0.0
        rest = others.sum(axis=1)
        second = others.max(axis=1, initial=0.0) / rest
        least = second / (1 + second)  # below this another label would become the likeliest
        mapped = np.maximum(self._map(sure), least + 1e-6 * (1 - least)).clip(None, 1.0)
        found = others * ((1 - mapped) / rest)[:, None]
        found[rows, best] = mapped
        return found.astype(np.float32)

    def threshold(self, threshold: float) -> float:
        """See `Scaling.threshold`."""
        return float(np.float32(max(float(self._map(np.array(threshold))), 1e-6)))

    def _map(self, chances: np.ndarray) -> np.ndarray:
        return np.interp(chances, self.before, self.after)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"kind": self.KIND, "before": list(self.before), "after": list(self.after)}


def fit_temperature(targets: np.ndarray, probabilities: np.ndarray, *, spread: float | None = None) -> Temperature:
    """The temperature of least log loss on held-out rows; the loss has one valley in 1 / temperature, so golden sections find it.

    Args:
        targets: (N,) int64 label indices, all known; or (N, L) of 0 and 1.
        probabilities: (N, L).
        spread: how far the logarithm of temperatures lies from 0 as a rule: the likeliest one where that is the standard deviation of a normal law is given,
            so that few rows move it little; None: the rows alone say.

    Raises:
        DataError: there are fewer than LEAST rows.
    """
    _check(targets)
    if targets.ndim == 2:
        signs, logits = np.where(targets > 0, -1.0, 1.0), _logit(probabilities)

        def loss(scale: float) -> float:
            return float(np.logaddexp(0.0, signs * logits * scale).mean())
    else:
        logs = np.log(probabilities.astype(np.float64).clip(TINY, 1.0))
        true = logs[np.arange(len(targets)), targets]

        def loss(scale: float) -> float:
            scaled = logs * scale
            top = scaled.max(axis=1)
            return float((np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - true * scale).mean())

    rule = 0.0 if spread is None else 1 / (2 * spread**2 * targets.size)  # the loss is a mean over as many
    return Temperature(1 / math.exp(_lowest(lambda x: loss(math.exp(x)) + rule * x * x, math.log(1 / HOTTEST), math.log(1 / COLDEST))))


def fit_isotonic(targets: np.ndarray, probabilities: np.ndarray) -> Isotonic:
    """The rising map of least squared error on held-out rows; never surer than n of n + 1, as n rows cannot show more.

    Args:
        targets: as in `fit_temperature`.
        probabilities: (N, L).

    Raises:
        DataError: there are fewer than LEAST rows.
        MissingExtra: scikit-learn is not installed.
    """
    _check(targets)
    try:
        from sklearn.isotonic import IsotonicRegression
    except ImportError as error:
        raise MissingExtra(error.name or "sklearn", "train", "Isotonic scaling") from error
    several = targets.ndim == 2
    sure = (probabilities.ravel() if several else probabilities.max(axis=1)).astype(np.float64)
    right = (targets.ravel() > 0) if several else probabilities.argmax(axis=1) == targets
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(sure, right)
    most = len(sure) / (len(sure) + 1)
    return Isotonic(tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.clip(1 - most, most).tolist()))


FITS: dict[str, Callable[[np.ndarray, np.ndarray], Scaling]] = {"temperature": fit_temperature, "isotonic": fit_isotonic}


def fit_scaling(kind: str, targets: np.ndarray, probabilities: np.ndarray) -> Scaling:
    """The scaling of that kind, fitted on held-out rows.

    Raises:
        ConfigError: there is no such kind.
        DataError: there are fewer than LEAST rows.
    """
    if kind not in FITS:
        raise ConfigError(f"scaling is {' or '.join(FITS)}, or none. Received: {kind!r}.")
    return FITS[kind](targets, probabilities)


def read_scaling(data: Mapping[str, Any] | None) -> Scaling | None:
    """The scaling that `to_json` wrote. Raises KeyError or ValueError where it is none."""
    if data is None:
        return None
    if data["kind"] == Temperature.KIND:
        return Temperature(float(data["temperature"]))
    if data["kind"] != Isotonic.KIND:
        raise ValueError(f"unknown scaling {data['kind']!r}")
    return Isotonic(tuple(map(float, data["before"])), tuple(map(float, data["after"])))


def _check(targets: np.ndarray) -> None:
    if len(targets) < LEAST:
        raise DataError(f"To scale probabilities at least {LEAST} held-out rows with labels that the function knows are due. Received: {len(targets)}.")


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, to 1e-6."""
    golden = (math.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = loss(a), loss(b)
    while high - low > 1e-6:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = loss(b)
    return (low + high) / 2


def _logit(chances: np.ndarray) -> np.ndarray:
    clipped = np.asarray(chances, dtype=np.float64).clip(EDGE, 1 - EDGE)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))

"""Out of scope: how strange a row is to a function, by its probabilities, its logits or the features that its head reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from hanshuku.errors import ConfigError, DataError, MissingExtra
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.heads import answers

NEIGHBOURS = 10
MOST = 20_000  # rows that `knn` keeps
CHUNK = 1024  # rows compared with them at once


@dataclass(frozen=True, eq=False)
class Read:
    """What a predictor made of rows on its way to the answer, all from one pass.

    Attributes:
        outputs: (N, L) probabilities.
        logits: (N, L), or None where the predictor has none.
        features: (N, F) what its head reads, or None.
    """

    outputs: np.ndarray
    logits: np.ndarray | None = None
    features: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Read:
        """The rows at these positions."""
        return Read(self.outputs[rows], *(None if part is None else part[rows] for part in (self.logits, self.features)))


def read_rows(predictor: Predictor, inputs: Inputs) -> Read:
    """The outputs of a classify predictor, with logits and features where it has them."""
    both = getattr(predictor, "features_and_logits", None)
    if both is None or not len(inputs):
        return Read(predictor.outputs(inputs))
    features, logits = both(inputs)
    return Read(answers(predictor.task, logits), logits, features)


class Scope(Protocol):
    """How strange a row is; greater is stranger. Only the order counts, and a threshold that held-out rows gave."""

    KIND: ClassVar[str]

    def strangeness(self, read: Read) -> np.ndarray:
        """(N,) float64."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """What must be kept to say so."""
        ...


@dataclass(frozen=True, eq=False)
class ByConfidence:
    """1 less the probability of the likeliest label (Hendrycks & Gimpel 2017, arXiv 1610.02136): the plainest way, for every predictor."""

    KIND: ClassVar[str] = "confidence"
    several: bool

    def strangeness(self, read: Read) -> np.ndarray:
        """See `Scope.strangeness`; of several labels the least sure one counts."""
        chances = read.outputs.astype(np.float64)
        return np.asarray(1 - (np.maximum(chances, 1 - chances).min(axis=1) if self.several else chances.max(axis=1)))

    def arrays(self) -> dict[str, np.ndarray]:
        """None."""
        return {}


@dataclass(frozen=True, eq=False)
class ByEnergy:
    """Less the log of the summed exponentials of the logits (Liu et al. 2020, arXiv 2010.03759); several labels: summed over them (Wang et al. 2021, arXiv 2109.14162)."""

    KIND: ClassVar[str] = "energy"
    several: bool

    def strangeness(self, read: Read) -> np.ndarray:
        """See `Scope.strangeness`."""
        logits = _had(read.logits, self.KIND)
        if self.several:
            return -np.logaddexp(0.0, logits).sum(axis=1)
        top = logits.max(axis=1)
        return np.asarray(-(np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top))

    def arrays(self) -> dict[str, np.ndarray]:
        """None."""
        return {}


@dataclass(frozen=True, eq=False)
class ByMahalanobis:
    """Distance to the nearest label's mean, in units of how rows of one label vary (Lee et al. 2018, arXiv 1807.03888; for texts Podolskiy et al. 2021, arXiv 2101.03778).

    Attributes:
        whiten: (F, F) float32; rows of one label have unit covariance behind it.
        means: (C, F) float32, whitened.
    """

    KIND: ClassVar[str] = "mahalanobis"
    whiten: np.ndarray
    means: np.ndarray

    def strangeness(self, read: Read) -> np.ndarray:
        """See `Scope.strangeness`."""
        rows, means = (_had(read.features, self.KIND) @ self.whiten).astype(np.float64), self.means.astype(np.float64)
        squares = (rows**2).sum(axis=1)[:, None] - 2 * rows @ means.T + (means**2).sum(axis=1)
        return np.sqrt(np.maximum(squares.min(axis=1), 0.0))

    def arrays(self) -> dict[str, np.ndarray]:
        """The two."""
        return {"whiten": self.whiten, "means": self.means}


@dataclass(frozen=True, eq=False)
class ByNeighbours:
    """1 less the cosine with the k-th nearest known row (Sun et al. 2022, arXiv 2204.06507).

    Attributes:
        known: (B, F) float32 of length 1.
        k: neighbours.
    """

    KIND: ClassVar[str] = "knn"
    known: np.ndarray
    k: int

    def strangeness(self, read: Read) -> np.ndarray:
        """See `Scope.strangeness`."""
        rows = _unit(_had(read.features, self.KIND))
        found = np.empty(len(rows))
        for start in range(0, len(rows), CHUNK):
            near = rows[start : start + CHUNK] @ self.known.T
            found[start : start + CHUNK] = 1 - np.partition(near, len(self.known) - self.k, axis=1)[:, len(self.known) - self.k]
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """The two."""
        return {"known": self.known, "k": np.array(self.k)}


def fit_scope(kind: str, read: Read, targets: np.ndarray, *, seed: int = 0) -> Scope:
    """A scope learned from rows that belong.

    Args:
        kind: a name in SCOPES.
        read: of N rows.
        targets: (N,) int64 label indices, or (N, L) of 0 and 1.
        seed: of the choice of rows where there are more than MOST.

    Raises:
        ConfigError: there is no such kind, or the predictor has no features or logits.
        DataError: there are too few rows.
        MissingExtra: scikit-learn is not installed.
    """
    if kind not in SCOPES:
        raise ConfigError(f"scope is {', '.join(SCOPES)}, or none. Received: {kind!r}.")
    return SCOPES[kind](read, targets, seed)


def read_scope(kind: str, several: bool, arrays: Mapping[str, np.ndarray]) -> Scope:
    """The scope of that kind from what `arrays` gave. Raises KeyError where it is none."""
    if kind == ByMahalanobis.KIND:
        return ByMahalanobis(arrays["whiten"], arrays["means"])
    if kind == ByNeighbours.KIND:
        return ByNeighbours(arrays["known"], int(arrays["k"]))
    plain: dict[str, Callable[[bool], Scope]] = {ByConfidence.KIND: ByConfidence, ByEnergy.KIND: ByEnergy}
    return plain[kind](several)


def _mahalanobis(read: Read, targets: np.ndarray, seed: int) -> Scope:
    try:
        from sklearn.covariance import LedoitWolf
    except ImportError as error:
        raise MissingExtra(error.name or "sklearn", "train", "The scope 'mahalanobis'") from error
    rows = _enough(_had(read.features, ByMahalanobis.KIND), ByMahalanobis.KIND)
    labels = targets if targets.ndim == 1 else np.zeros(len(rows), dtype=np.int64)  # a set of labels has no mean of its own
    present, place = np.unique(labels, return_inverse=True)
    means = np.stack([rows[place == i].mean(axis=0, dtype=np.float64) for i in range(len(present))])
    spread = LedoitWolf(assume_centered=True).fit(rows - means[place]).covariance_
    sizes, axes = np.linalg.eigh(spread)
    whiten = axes / np.sqrt(np.maximum(sizes, 1e-6 * max(float(sizes[-1]), 1e-12)))
    return ByMahalanobis(whiten.astype(np.float32), (means @ whiten).astype(np.float32))


def _neighbours(read: Read, targets: np.ndarray, seed: int) -> Scope:
    rows = _enough(_had(read.features, ByNeighbours.KIND), ByNeighbours.KIND)
    if len(rows) > MOST:
        rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), MOST, replace=False))]
    return ByNeighbours(_unit(rows), min(NEIGHBOURS, len(rows)))


def _energy(read: Read, targets: np.ndarray, seed: int) -> Scope:
    _had(read.logits, ByEnergy.KIND)
    return ByEnergy(targets.ndim == 2)


SCOPES: dict[str, Callable[[Read, np.ndarray, int], Scope]] = {
    "confidence": lambda _read, targets, _seed: ByConfidence(targets.ndim == 2),
    "energy": _energy,
    "mahalanobis": _mahalanobis,
    "knn": _neighbours,
}


def _had(part: np.ndarray | None, kind: str) -> np.ndarray:
    """Logits or features, where the predictor gives them.

    Raises:
        ConfigError: it does not.
    """
    if part is None:
        raise ConfigError(
            f"The scope {kind!r} needs the features and logits of an encoder or of static vectors (probe, contrastive, finetune, static, similarity); "
            "this function has none. Take scope='confidence'."
        )
    return part


def _enough(rows: np.ndarray, kind: str) -> np.ndarray:
    if len(rows) < 2:
        raise DataError(f"The scope {kind!r} needs at least 2 rows that belong. Received: {len(rows)}.")
    return rows


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def needs_others(kind: str) -> bool:
    """Whether a scope of this kind is learned from rows, so that its threshold must come from others."""
    return kind in {ByMahalanobis.KIND, ByNeighbours.KIND}



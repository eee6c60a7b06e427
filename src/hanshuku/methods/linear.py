"""Linear heads fitted in seconds: logistic and ridge regression drawn towards a zero-shot head instead of towards zero.

With few rows the usual penalty |W|^2 draws a head to "know nothing". Here it is |W - a P|^2, P the zero-shot head: the
estimate is the most probable one when what the descriptions say is taken as the prior (MAP with a Gaussian prior
around P; Murphy, Probabilistic Machine Learning 2022, section 10.2.7, for the case P = 0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.inference.heads import Head

ITERATIONS = 100
SINGLE = 1e7  # rows * features * labels from which products run in single precision
MANY = 1e6  # weights from which L-BFGS remembers 5 steps instead of 10, as its own work is then half of the time
WORTH = 5000  # how many times as long a weight takes in a search over all features as a unit of rows^3 in finding a basis of the rows
BIAS_PENALTY = 1e-3  # a label without a row must not run off to minus infinity


@dataclass(frozen=True)
class Penalty:
    """How a head is held back.

    Attributes:
        strength: C of logistic regression: rows weigh C times as much as the penalty; ridge: 1 / alpha.
        trust: length of the prior's label vectors in units of the features' spread; 0: no prior.
    """

    strength: float = 5.0
    trust: float = 4.0


@dataclass(frozen=True)
class Scaling:
    """Features centred, and scaled by one number a block so that each block has rows of mean square length 1."""

    mean: np.ndarray  # (F,)
    scale: np.ndarray  # (F,)

    @classmethod
    def of(cls, features: np.ndarray, blocks: int = 1) -> Scaling:
        """The scaling of (N, F) features that are `blocks` equal parts, side by side."""
        mean = features.mean(axis=0, dtype=np.float64)
        variance = ((features - mean) ** 2).mean(axis=0).reshape(blocks, -1).sum(axis=1)
        scale = np.where(variance > 1e-12, 1 / np.sqrt(variance.clip(1e-12) * blocks), 0.0)
        return cls(mean, np.repeat(scale, features.shape[1] // blocks))

    def apply(self, features: np.ndarray) -> np.ndarray:
        """(N, F) -> (N, F) float64."""
        return (features - self.mean) * self.scale

    def directions(self, weight: np.ndarray) -> np.ndarray:
        """A raw head's weight (O, F) as directions for scaled features: centred over labels, rows of mean square length 1."""
        scaled = np.where(self.scale > 0, weight / np.maximum(self.scale, 1e-12), 0.0)
        if len(scaled) > 1:
            scaled = scaled - scaled.mean(axis=0)
        size = np.sqrt((scaled**2).sum(axis=1).mean())
        return scaled / max(size, 1e-12)

    def head(self, weight: np.ndarray, bias: np.ndarray) -> Head:
        """A head for raw features from one for scaled features."""
        raw = weight * self.scale
        return Head(raw, bias - raw @ self.mean)


def fit_logistic(
    features: Any, targets: np.ndarray, prior: np.ndarray, penalty: Penalty, *, softmax: bool = True,
    start: tuple[np.ndarray, np.ndarray] | None = None, span: Span | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Weight (L, F) and bias (L,) of the regularised logistic regression, by L-BFGS.

    Args:
        features: (N, F) float64, scaled; an array or a sparse one.
        targets: (N, L), 0..1; rows sum to 1 for a softmax.
        prior: (L, F), what the weight is drawn to, its length included; zeros: towards nothing.
        penalty: its `strength` is used.
        softmax: one label a row is right; False: one sigmoid a label.
        start: weight and bias to start from.
        span: of the rows: the minimum is the prior and a combination of rows, so it need not be sought beyond them; None: it is sought over all features.
    """
    if span is None:
        return _minimise(features, targets, prior, np.zeros(targets.shape[1]), penalty, softmax, start)
    first = None if start is None else (span.into(start[0] - prior), start[1])
    away, bias = _minimise(span.rows, targets, np.zeros((targets.shape[1], span.rows.shape[1])), features @ prior.T, penalty, softmax, first)
    return prior + span.back(away), bias


@dataclass(frozen=True)
class Span:
    """N rows of F features in R <= N coordinates of an orthonormal basis of their span."""

    features: Any  # (N, F)
    vectors: np.ndarray  # (N, R): left singular vectors
    sizes: np.ndarray  # (R,): singular values

    @classmethod
    def where_worth(cls, features: Any, labels: int) -> Span | None:
        """The span of (N, F) features where a head of L labels is found sooner in it; else None."""
        return cls.of(features) if cls.is_worth(features.shape, labels) else None

    @staticmethod
    def is_worth(shape: tuple[int, int], labels: int) -> bool:
        """Whether a head of so many labels is found sooner in the span of the rows than over (rows, features)."""
        rows, width = shape
        return width > 2 * rows and rows**3 < WORTH * labels * width

    @classmethod
    def of(cls, features: Any) -> Span:
        """The span of (N, F) features, an array or a sparse one."""
        gram = features @ features.T
        squares, vectors = np.linalg.eigh(gram if isinstance(gram, np.ndarray) else gram.toarray())
        kept = squares > 1e-10 * squares.max()
        return cls(features, vectors[:, kept], np.sqrt(squares[kept]))

    @property
    def rows(self) -> np.ndarray:
        """(N, R), the rows in these coordinates."""
        return self.vectors * self.sizes

    def into(self, weight: np.ndarray) -> np.ndarray:
        """(L, F) -> (L, R): what of the weight lies in the span."""
        return (self.features @ weight.T).T @ (self.vectors / self.sizes)

    def back(self, weight: np.ndarray) -> np.ndarray:
        """(L, R) -> (L, F)."""
        return (self.features.T @ ((self.vectors / self.sizes) @ weight.T)).T


def _minimise(
    features: Any, targets: np.ndarray, prior: np.ndarray, given: np.ndarray, penalty: Penalty, softmax: bool, start: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """See `fit_logistic`; `given` are logits (N, L) to which those of the weight are added."""
    from scipy.optimize import minimize

    rows, width = features.shape
    labels = targets.shape[1]
    if rows * width * labels > SINGLE:
        features = features.astype(np.float32)
    factor = 1.0 / (penalty.strength * rows)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = flat[: labels * width].reshape(labels, width), flat[labels * width :]
        logits = features @ weight.T.astype(features.dtype) + given + bias
        if softmax:
            top = logits.max(axis=1, keepdims=True)
            grown = np.exp(logits - top)
            total = grown.sum(axis=1, keepdims=True)
            chances = grown / total
            each = (np.log(total[:, 0]) + top[:, 0]) - (targets * logits).sum(axis=1)
        else:
            chances = 1 / (1 + np.exp(-logits.clip(-60, 60)))
            each = (np.logaddexp(0, logits) - targets * logits).sum(axis=1)
        error = (chances - targets) / rows
        away = weight - prior
        value = each.sum() / rows + factor / 2 * (away**2).sum() + BIAS_PENALTY * factor / 2 * (bias**2).sum()
        gradient = np.concatenate([(error.T.astype(features.dtype) @ features + factor * away).ravel(), error.sum(axis=0) + BIAS_PENALTY * factor * bias])
        return value, gradient

    first = (prior, np.zeros(labels)) if start is None else start
    flat = np.concatenate([first[0].ravel(), first[1]])
    options = {"maxiter": ITERATIONS, "ftol": 1e-6, "gtol": 1e-5, "maxcor": 5 if len(flat) > MANY else 10}
    found = minimize(loss, flat, jac=True, method="L-BFGS-B", options=options).x
    return found[: labels * width].reshape(labels, width), found[labels * width :]


def fit_ridge(features: np.ndarray, targets: np.ndarray, prior: np.ndarray, alphas: Sequence[float]) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Ridge regression drawn towards what the prior direction alone explains; alpha by leave-one-out error.

    The leave-one-out residual of row i is e_i / (1 - h_ii) (Golub, Heath & Wahba 1979, Technometrics 21(2), section 1).

    Args:
        features: (N, F) float64, scaled.
        targets: (N,) float.
        prior: (F,) direction; zeros: none.
        alphas: penalties to choose from, in units of a row's mean square length.

    Returns:
        weight (1, F), bias (1,), the alpha chosen, its (N,) squared errors.
    """
    along = features @ prior
    spread = float(along.var())
    slope = float(np.cov(along, targets, bias=True)[0, 1]) / spread if spread > 1e-12 else 0.0
    mean = targets.mean()
    rest = targets - mean - slope * (along - along.mean())
    centre = features.mean(axis=0)
    u, s, vt = _svd(features - centre)
    projected = u.T @ rest
    best, errors = alphas[-1], np.full(len(rest), np.inf)
    for alpha in alphas:
        shrink = s**2 / (s**2 + alpha)
        fitted = u @ (shrink * projected)
        leverage = (u**2 * shrink).sum(axis=1) + 1 / len(rest)
        squared = ((rest - fitted) / (1 - leverage).clip(1e-6)) ** 2
        if squared.mean() < errors.mean():
            best, errors = alpha, squared
    weight = slope * prior + vt.T @ (s / (s**2 + best) * projected)
    return weight[None], np.array([mean - weight @ centre]), best, errors


def _svd(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thin singular value decomposition; of a tall matrix through x'x, which is many times faster and exact enough here."""
    if len(x) <= 2 * x.shape[1]:
        u, s, vt = np.linalg.svd(x, full_matrices=False)
        return u, s, vt
    squares, v = np.linalg.eigh(x.T @ x)
    kept = squares > 1e-10 * squares.max()
    s = np.sqrt(squares[kept])
    return (x @ v[:, kept]) / s, s, v[:, kept].T


def folds(strata: np.ndarray, count: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(kept, held out) row numbers of a stratified cross-validation."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(strata), dtype=np.int64)
    offset = 0
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        fold[rows] = (np.arange(len(rows)) + offset) % count
        offset += len(rows)
    for i in range(count):
        yield np.flatnonzero(fold != i), np.flatnonzero(fold == i)

"""Sums: all that ridge regression needs of the rows it learns from, so that a head goes on learning without them.

weights = (Z'Z + a n I)^-1 Z'Y over standardised features Z and targets Y; Z'Z and Z'Y are sums over rows. A head made of the sums of many sessions
is therefore the one that all their rows at once would give, in whatever order they came (Zhuang et al. 2022, https://arxiv.org/abs/2205.14922).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hanshuku.inference.heads import Head
from hanshuku.tasks import Task

ALPHAS = tuple(10.0 ** (k / 2) for k in range(-6, 3))  # a: 0.001..10 of the rows
FACTORS = tuple(2.0 ** (k / 4) for k in range(29))  # 1..128, on answers that lie between 0 and 1
SMALL = 1e-6
PART = 20_000  # rows that are read at a time, and that judge


@dataclass(frozen=True)
class Sums:
    """Over N rows.

    Attributes:
        gram: (F + 1, F + 1) float64, products of features; the last one is 1.
        moments: (F + 1, O) float64, products of features and targets.
        errors: (A,) float64, squared errors of rows that were left out, for each of ALPHAS.
        losses: (A, S) float64, their log losses, for each of FACTORS too; rate: 0.
    """

    gram: np.ndarray
    moments: np.ndarray
    errors: np.ndarray = field(default_factory=lambda: np.zeros(len(ALPHAS)))
    losses: np.ndarray = field(default_factory=lambda: np.zeros((len(ALPHAS), len(FACTORS))))

    @classmethod
    def of(cls, features: np.ndarray, targets: np.ndarray) -> Sums:
        """Those of N rows with (N, F) features and (N, O) targets, of which none has been left out yet."""
        width = features.shape[1] + 1
        gram, moments = np.zeros((width, width)), np.zeros((width, targets.shape[1]))
        for begin in range(0, len(features), PART):
            part = features[begin : begin + PART]
            full = np.concatenate([part, np.ones((len(part), 1))], axis=1).astype(np.float64)
            gram += full.T @ full
            moments += full.T @ targets[begin : begin + PART].astype(np.float64)
        return cls(gram, moments)

    def plus(self, other: Sums) -> Sums:
        """Over the rows of both; where one knows fewer targets, its rows had none of the others."""
        wide = max(self.moments.shape[1], other.moments.shape[1])
        first, second = (np.pad(each.moments, ((0, 0), (0, wide - each.moments.shape[1]))) for each in (self, other))
        return Sums(self.gram + other.gram, first + second, self.errors + other.errors, self.losses + other.losses)

    def judged(self, task: Task, features: np.ndarray, targets: np.ndarray) -> Sums:
        """The same, knowing how well some of its rows are answered (of very many, every k-th), each as if the sums were without it.

        That chooses how much the weights are held back, and how sure answers are; what earlier sessions found counts too, or the last task would
        choose for all.

        Args:
            task: classify or rate.
            features: (N, F).
            targets: (N, O).
        """
        solved, errors, losses = _Solved.of(self), self.errors.copy(), self.losses.copy()
        every = -(-len(features) // PART)
        targets = targets[::every]
        turned = ((features[::every].astype(np.float64) - solved.middle) / solved.scale) @ solved.axes  # along the axes in which the sums are diagonal
        for i, alpha in enumerate(ALPHAS):
            held_back = solved.held_back(alpha)
            fitted = solved.mean + turned @ (solved.crossed / held_back[:, None])
            leverage = (1 / solved.count + (turned**2 / held_back).sum(axis=1)).clip(0, 1 - SMALL)[:, None]
            left_out = (fitted - leverage * targets) / (1 - leverage)
            errors[i] += every * float(((left_out - targets) ** 2).sum())
            if task.kind != "rate":
                losses[i] += [every * _loss(task, factor * (left_out - _zero(task)), targets) for factor in FACTORS]
        return replace(self, errors=errors, losses=losses)

    def head(self, task: Task) -> Head:
        """The head for raw features."""
        solved, best = _Solved.of(self), int(self.errors.argmin())
        weight = (solved.axes @ (solved.crossed / solved.held_back(ALPHAS[best])[:, None])).T / solved.scale  # (O, F)
        bias = solved.mean - weight @ solved.middle
        if task.kind == "rate":
            return Head(weight, bias)
        factor = FACTORS[int(self.losses[best].argmin())]
        return Head(factor * weight, factor * (bias - _zero(task)))


@dataclass(frozen=True)
class _Solved:
    """Sums over standardised features, along the axes in which they are diagonal."""

    count: float
    middle: np.ndarray  # (F,) of the features
    mean: np.ndarray  # (O,) of the targets
    scale: np.ndarray  # (F,)
    values: np.ndarray  # (F,) eigenvalues
    axes: np.ndarray  # (F, F), a column each
    crossed: np.ndarray  # (F, O) products with the targets

    @classmethod
    def of(cls, sums: Sums) -> _Solved:
        """Of these sums."""
        count = float(sums.gram[-1, -1])
        middle, mean = sums.gram[-1, :-1] / count, sums.moments[-1] / count
        spread = sums.gram[:-1, :-1] - count * np.outer(middle, middle)
        scale = np.sqrt(np.diag(spread).clip(0) / count)
        scale[scale < SMALL] = 1.0
        values, axes = np.linalg.eigh(spread / np.outer(scale, scale))
        crossed = axes.T @ ((sums.moments[:-1] - np.outer(middle, sums.moments[-1])) / scale[:, None])
        return cls(count, middle, mean, scale, values.clip(0), axes, crossed)

    def held_back(self, alpha: float) -> np.ndarray:
        """(F,) what the products are divided by."""
        return self.values + alpha * self.count


def _zero(task: Task) -> float:
    """Of what answer the logit is 0."""
    return 0.5 if task.several else 0.0


def _loss(task: Task, logits: np.ndarray, targets: np.ndarray) -> float:
    """Log loss of all rows together."""
    if task.several:
        return float((np.logaddexp(0, logits) - targets * logits).sum())
    top = logits.max(axis=1, keepdims=True)
    return float((top[:, 0] + np.log(np.exp(logits - top).sum(axis=1)) - (logits * targets).sum(axis=1)).sum())

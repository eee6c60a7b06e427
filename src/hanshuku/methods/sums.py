"""Sums: all that a linear head needs of the rows it learns from, so that it goes on learning without them.

Products of features and products of features and targets are sums over rows. A head made of the sums of many sessions is therefore the one that all
their rows at once would give, in whatever order they came (Zhuang et al. 2022, https://arxiv.org/abs/2205.14922).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hanshuku.inference.heads import Head
from hanshuku.methods.solved import Discriminant, Ridge
from hanshuku.tasks import Task

ALPHAS = tuple(10.0 ** (k / 2) for k in range(-4, 5))  # 0.01..100 for each feature: as rows grow many, it counts for less
FACTORS = tuple(2.0 ** (k / 4) for k in range(-16, 29))  # 1/16..128: ridge regression answers between 0 and 1, a discriminant is too sure
PART = 20_000  # rows that are read at a time, and that judge


@dataclass(frozen=True)
class Sums:
    """Over N rows.

    Attributes:
        gram: (F + 1, F + 1) float64, products of features; the last one is 1.
        moments: (F + 1, O) float64, products of features and targets.
        errors: (A,) float64, squared errors of rows that were left out, for each of ALPHAS; one label: 0.
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

    def first(self, width: int) -> Sums:
        """Over the first features alone."""
        kept = np.r_[:width, -1]
        return replace(self, gram=self.gram[np.ix_(kept, kept)], moments=self.moments[kept])

    def judged(self, task: Task, features: np.ndarray, targets: np.ndarray) -> Sums:
        """The same, knowing how well some of its rows are answered (of very many, every k-th), each as if the sums were without it.

        That chooses how much the weights are held back, and how sure answers are; what earlier sessions found counts too, or the last task would
        choose for all.

        Args:
            task: classify or rate.
            features: (N, F).
            targets: (N, O).
        """
        errors, losses = self.errors.copy(), self.losses.copy()
        every = -(-len(features) // PART)
        features, targets = features[::every].astype(np.float64), targets[::every]
        for i, left_out in enumerate(self._solved(task).left_out(features, targets, ALPHAS)):
            if task.kind == "rate" or task.several:
                errors[i] += every * float(((left_out - targets) ** 2).sum())
            if task.kind != "rate":
                known = ~np.isnan(left_out).any(axis=1)  # the only row of its label tells nothing when it is left out
                losses[i] += [every * _loss(task, factor * (left_out[known] - _zero(task)), targets[known]) for factor in FACTORS]
        return replace(self, errors=errors, losses=losses)

    def head(self, task: Task) -> Head:
        """The head for raw features."""
        scores = self.errors if task.kind == "rate" or task.several else self.losses.min(axis=1)
        best = len(scores) - 1 - int(scores[::-1].argmin())  # where nothing is known, the greatest penalty
        weight, bias = self._solved(task).weights(ALPHAS[best])
        if task.kind == "rate":
            return Head(weight, bias)
        factor = FACTORS[int(self.losses[best].argmin())]
        return Head(factor * weight, factor * (bias - _zero(task)))

    def _solved(self, task: Task) -> Ridge | Discriminant:
        kind = Ridge if task.kind == "rate" or task.several else Discriminant
        return kind.of(self.gram, self.moments)


def _zero(task: Task) -> float:
    """Of what answer the logit is 0."""
    return 0.5 if task.several else 0.0


def _loss(task: Task, logits: np.ndarray, targets: np.ndarray) -> float:
    """Log loss of all rows together."""
    if task.several:
        return float((np.logaddexp(0, logits) - targets * logits).sum())
    top = logits.max(axis=1, keepdims=True)
    return float((top[:, 0] + np.log(np.exp(logits - top).sum(axis=1)) - (logits * targets).sum(axis=1)).sum())

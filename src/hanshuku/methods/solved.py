"""Sums over rows, solved for a linear head: ridge regression, and Fisher's discriminant where one label is right.

Both stand along the axes in which the products of the standardised features are diagonal, so that any penalty, and any row left out, costs no new solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SMALL = 1e-6
UNSEEN = 20.0  # logits by which a label without a row is below the mean of the others
NEVER = -1e6  # its logit while rows are left out


@dataclass(frozen=True)
class Ridge:
    """weights = (Z'Z + a F I)^-1 Z'Y over F standardised features Z and targets Y."""

    count: float
    middle: np.ndarray  # (F,) of the features
    mean: np.ndarray  # (O,) of the targets
    scale: np.ndarray  # (F,)
    values: np.ndarray  # (F,) eigenvalues
    axes: np.ndarray  # (F, F), a column each
    crossed: np.ndarray  # (F, O) products with the targets

    @classmethod
    def of(cls, gram: np.ndarray, moments: np.ndarray) -> Ridge:
        """Of products of features (F + 1, F + 1), the last one 1, and of features and targets (F + 1, O)."""
        count, middle, spread, scale = _standardised(gram)
        mean = moments[-1] / count
        values, axes = np.linalg.eigh(spread / np.outer(scale, scale))
        crossed = axes.T @ ((moments[:-1] - np.outer(middle, moments[-1])) / scale[:, None])
        return cls(count, middle, mean, scale, values.clip(0), axes, crossed)

    def weights(self, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """(O, F) and (O,) for raw features."""
        weight = (self.axes @ (self.crossed / self._held_back(alpha)[:, None])).T / self.scale
        return weight, self.mean - weight @ self.middle

    def left_out(self, features: np.ndarray, targets: np.ndarray, alphas: Sequence[float]) -> Iterator[np.ndarray]:
        """For each penalty the answers (N, O) to rows of the sums, each as if the sums were without it."""
        turned = ((features - self.middle) / self.scale) @ self.axes
        for alpha in alphas:
            held_back = self._held_back(alpha)
            fitted = self.mean + turned @ (self.crossed / held_back[:, None])
            leverage = (1 / self.count + (turned**2 / held_back).sum(axis=1)).clip(0, 1 - SMALL)[:, None]
            yield (fitted - leverage * targets) / (1 - leverage)

    def _held_back(self, alpha: float) -> np.ndarray:
        return self.values + alpha * len(self.values)


@dataclass(frozen=True)
class Discriminant:
    """The rows of each label are normal around their mean, all alike: log p(label) + x'Pm - m'Pm / 2, where P = n (W + a F I)^-1.

    W are the products of standardised features less the mean m of their label (Hayes & Kanan 2020, https://arxiv.org/abs/1909.01520). Regression on
    0 and 1 passes over a label that lies between others or has few rows; this does not.
    """

    middle: np.ndarray  # (F,) of the features
    scale: np.ndarray  # (F,)
    counts: np.ndarray  # (O,) rows of each label
    values: np.ndarray  # (F,) eigenvalues of W / n
    axes: np.ndarray  # (F, F), a column each
    means: np.ndarray  # (O, F) along the axes; of a label without a row 0

    @classmethod
    def of(cls, gram: np.ndarray, moments: np.ndarray) -> Discriminant:
        """Of products of features (F + 1, F + 1), the last one 1, and of features and labels (F + 1, O)."""
        count, middle, spread, scale = _standardised(gram)
        counts = moments[-1]
        means = (moments[:-1].T - np.outer(counts, middle)) / np.maximum(counts, SMALL)[:, None] / scale
        within = (spread / np.outer(scale, scale) - (means * counts[:, None]).T @ means) / count
        values, axes = np.linalg.eigh(within)
        return cls(middle, scale, counts, values.clip(0), axes, means @ axes)

    def weights(self, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """(O, F) and (O,) for raw features; a label without a row is never the likeliest."""
        pulled = self.means / self._held_back(alpha)
        bias = np.log(np.maximum(self.counts, SMALL)) - 0.5 * (pulled * self.means).sum(axis=1)
        seen = self.counts > 0
        pulled[~seen], bias[~seen] = pulled[seen].mean(axis=0), bias[seen].mean() - UNSEEN
        bias -= bias[seen].max()
        weight = (pulled @ self.axes.T) / self.scale
        return weight, bias - weight @ self.middle

    def left_out(self, features: np.ndarray, targets: np.ndarray, alphas: Sequence[float]) -> Iterator[np.ndarray]:
        """For each penalty the logits (N, O) of rows of the sums, each as if the sums were without it: its label has another mean, and W lacks a product.

        NaN of a row that is its label's only one.
        """
        turned = ((features - self.middle) / self.scale) @ self.axes
        own = targets.argmax(axis=1)
        rows = np.arange(len(turned))
        total = float(self.counts.sum())
        many = np.where(self.counts[own] > 1, self.counts[own], np.nan)
        grown = many / (many - 1)  # how much farther a row is from the mean of its label without it
        prior = np.tile(np.where(self.counts > 0, np.log(np.maximum(self.counts, SMALL)), NEVER), (len(turned), 1))
        prior[rows, own] = np.log(many - 1)
        for alpha in alphas:
            held_back = self._held_back(alpha)
            pulled = self.means / held_back
            square = (turned**2 / held_back).sum(axis=1)
            across = turned @ pulled.T  # x'Pm
            between = pulled @ self.means.T  # m'Pm
            far = square[:, None] - 2 * across + np.diag(between)  # u'Pu, u = x - m
            along = square[:, None] - across[rows, own][:, None] - across + between[own]  # u'Pv, v = x - the row's own mean
            reach = far[rows, own].copy()  # v'Pv
            far[rows, own], along[rows, own] = grown**2 * reach, grown * reach
            left = (grown / total)[:, None]
            yield prior - 0.5 * (far + left * along**2 / np.maximum(1 - left * reach[:, None], SMALL))

    def _held_back(self, alpha: float) -> np.ndarray:
        return self.values + alpha * len(self.values) / self.counts.sum()


def _standardised(gram: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, the features' means, their products around the means (F, F), and what makes their variance 1; of one that never changes 1."""
    count = float(gram[-1, -1])
    middle = gram[-1, :-1] / count
    spread = gram[:-1, :-1] - count * np.outer(middle, middle)
    scale = np.sqrt(np.diag(spread).clip(0) / count)
    scale[scale < SMALL] = 1.0
    return count, middle, spread, scale

"""A head for frozen features: how much to trust the descriptions and how tightly to hold it, fixed or by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.inference.heads import Head, answers, unit_targets
from hanshuku.methods.linear import MANY, Penalty, Scaling, Span, fit_logistic, fit_ridge, folds
from hanshuku.tasks import Task
from hanshuku.training.judging import best_threshold

GRID = (  # the first is the one that did best over 7 sets with 8 rows a class; the others are for many rows, or poor descriptions
    Penalty(5.0, 4.0), Penalty(1.0, 4.0), Penalty(25.0, 4.0), Penalty(5.0, 0.0), Penalty(1.0, 0.0), Penalty(25.0, 0.0), Penalty(100.0, 0.0),
)  # fmt: skip
MODESTY = 5.0  # log loss that a factor of e away from 1 must win back over all rows
FACTORS = tuple(2.0 ** (k / 4) for k in range(-8, 13))  # 0.25..8
ALPHAS = tuple(10.0**k for k in (-2, -1, 0, 1, 2, 3))
CROSS_ROWS = 4000  # rows of the cross-validation at most; the rest adds little to the choice
CROSS_WORK = 3e8  # rows * features * labels above which three folds must do instead of five; so they must above MANY weights


@dataclass(frozen=True)
class Learned:
    """A head and what was chosen for it.

    Attributes:
        head: for raw features.
        threshold: several labels: the best one for micro-F1 on rows held out in turn; else 0.5.
        penalty: what was used.
        losses: log losses of rows that were held out in turn, the same rows for any features; rate: squared errors; None: too few rows.
    """

    head: Head
    threshold: float
    penalty: Penalty
    losses: np.ndarray | None = None


def learn_head(
    task: Task, features: np.ndarray, rows: Encoded, prior: Head | None, *, penalty: Penalty | None = None, blocks: int = 1, sureness: float = FACTORS[-1], seed: int = 0
) -> Learned:
    """The head that answers best on rows it has not seen, as far as cross-validation can tell.

    Args:
        task: classify or rate.
        features: (N, F) float32.
        rows: N labelled rows.
        prior: a zero-shot head for the same features; None: there is none.
        penalty: use this one; None: choose by cross-validation (rate: always by leave-one-out error).
        blocks: equal parts of the features that are scaled each by itself.
        sureness: greatest factor on the logits; 1 where the features were moved on these rows, as then no fold is unseen.
        seed: of the folds.
    """
    scaling = Scaling.of(features, blocks)
    scaled = scaling.apply(features)
    outputs = max(len(task.labels), 1)
    direction = np.zeros((outputs, features.shape[1])) if prior is None else scaling.directions(prior.weight)
    assert rows.targets is not None
    if task.kind == "rate":
        weight, bias, alpha, losses = fit_ridge(scaled, unit_targets(task, rows.targets).astype(np.float64), direction[0], ALPHAS)
        return Learned(scaling.head(weight, bias), 0.5, Penalty(1 / alpha, 0.0 if prior is None else 1.0), losses)
    targets = rows.targets.astype(np.float64) if task.several else np.eye(outputs)[rows.targets]
    grid = [penalty] if penalty else [each for each in GRID if prior is not None or not each.trust]
    found = learn_problem(Problem(task, scaled, targets, direction, sureness), grid, rows.strata, seed)
    return Learned(scaling.head(found.head.weight.astype(np.float64), found.head.bias.astype(np.float64)), found.threshold, found.penalty, found.losses)


@dataclass(frozen=True)
class Problem:
    """What a head is fitted to.

    Attributes:
        task: classify; or rate, by a sigmoid with soft targets.
        features: (N, F) float64, scaled; an array or a sparse one.
        targets: (N, L), 0..1.
        direction: (L, F), the prior's directions, of mean square length 1; zeros: none.
        sureness: greatest factor on the logits.
    """

    task: Task
    features: Any
    targets: np.ndarray
    direction: np.ndarray
    sureness: float = FACTORS[-1]

    @property
    def is_softmax(self) -> bool:
        """Whether exactly one label is right; else each has its own sigmoid."""
        return self.task.kind == "classify" and not self.task.several

    @cached_property
    def span(self) -> Span | None:
        """Of the rows, for every fit to them; None where it would not save time."""
        return Span.where_worth(self.features, self.targets.shape[1])

    def of(self, rows: np.ndarray) -> Problem:
        """That of these rows alone."""
        return replace(self, features=self.features[rows], targets=self.targets[rows])

    def fit(self, penalty: Penalty, start: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Weight and bias."""
        prior = penalty.trust * self.direction
        return fit_logistic(self.features, self.targets, prior, penalty, softmax=self.is_softmax, start=start, span=self.span)

    def losses(self, logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(N,) minus the log probability of the right answer; of the right set where each label has its own sigmoid."""
        if self.is_softmax:
            shifted = logits - logits.max(axis=1, keepdims=True)
            return np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)
        return (np.logaddexp(0, logits) - targets * logits).sum(axis=1)


def learn_problem(problem: Problem, grid: Sequence[Penalty], strata: np.ndarray, seed: int) -> Learned:
    """The head with the best penalty of the grid, for scaled features; see `learn_head`."""
    chosen, factor, threshold, losses = _choose(problem, grid, strata, seed)
    weight, bias = problem.fit(chosen)
    return Learned(Head(factor * weight, factor * bias), threshold, chosen, losses)


def _choose(problem: Problem, grid: Sequence[Penalty], strata: np.ndarray, seed: int) -> tuple[Penalty, float, float, np.ndarray | None]:
    """Penalty, temperature and threshold (several labels) by log loss on rows held out in turn, and those losses.

    The first penalty stays unless another is better by more than two standard errors of the paired differences: with few
    rows the least log loss is mostly luck.
    """
    index = np.random.default_rng(seed).permutation(len(strata))[:CROSS_ROWS]
    part = problem.of(index)
    labels = part.targets.shape[1]
    has_many = part.direction.size > MANY and not Span.is_worth(part.features.shape, labels)
    is_large = part.features.size * labels > CROSS_WORK or has_many
    count = min(3 if is_large else 5, len(index))
    if count < 2:
        return grid[0], 1.0, 0.5, None
    logits = np.zeros((len(grid), *part.targets.shape))
    for kept, held in folds(strata[index], count, seed):
        start, trust, rest = None, None, part.of(kept)
        for i in sorted(range(len(grid)), key=lambda i: (grid[i].trust, grid[i].strength)):
            start = start if grid[i].trust == trust else None  # a looser fit starts from the tighter one
            weight, bias = start = rest.fit(grid[i], start)
            trust = grid[i].trust
            logits[i, held] = part.features[held] @ weight.T + bias
    found = [_temper(part, each) for each in logits]
    losses = np.stack([part.losses(each * factor, part.targets) for each, factor in zip(logits, found, strict=True)])
    best = int(losses.mean(axis=1).argmin())
    gain = losses[0] - losses[best]
    if gain.mean() <= 2 * gain.std() / np.sqrt(len(gain)):
        best = 0
    threshold = best_threshold(answers(problem.task, logits[best] * found[best]), part.targets)[0] if problem.task.several else 0.5
    return grid[best], found[best], threshold, losses[best]


def _temper(problem: Problem, logits: np.ndarray) -> float:
    """The factor on the logits with the least log loss (temperature scaling; Guo et al. 2017, arXiv 1706.04599, section 4.2).

    Away from 1 it costs a little, or a handful of rows that are all right would make an answer look certain.
    """
    legal = [factor for factor in FACTORS if factor <= problem.sureness]
    return min(legal, key=lambda factor: float(problem.losses(logits * factor, problem.targets).sum()) + MODESTY * np.log(factor) ** 2)

"""How good each arm seems by now: what is usual for its method, corrected by its answers to the rows at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanshuku.methods.auto_arms import Arm
from hanshuku.methods.auto_prior import Standing, expected
from hanshuku.tasks import Task

DRAWS = 4000  # of the chance that an arm is the best one
RATE = 0.3  # a point of accuracy is about so much of a rate's range
LEAST = 1e-3  # deviation of what is certain
PARTS_OF_A_RANGE = 5  # a rate counts as so many labels


@dataclass(frozen=True)
class Board:
    """Arms with their standings, a normal distribution of the gain over a probe each.

    Attributes:
        arms: as given.
        mean: (A,) expected gain.
        sd: (A,) its deviation.
        chance: (A,) of being the best one.
    """

    arms: tuple[Arm, ...]
    mean: np.ndarray
    sd: np.ndarray
    chance: np.ndarray

    def chance_of(self, arm: Arm) -> float:
        """That it is the best one."""
        return float(self.chance[self.arms.index(arm)])


def rows_a_class(task: Task, rows: int) -> float:
    """Rows for each label."""
    return rows / max(len(task.labels) or PARTS_OF_A_RANGE, 1)


def board(task: Task, arms: Sequence[Arm], rows: int, seed: int = 0) -> Board:
    """The standings.

    The gains over a probe have a prior, see `auto_prior`. The mean difference to the arm that answered most rows, over the rows
    that both answered, is a measurement with its standard error; a normal prior and measurements of differences give a
    normal posterior (Murphy, Probabilistic Machine Learning 2022, section 3.3).

    Args:
        task: classify or rate.
        arms: one or more.
        rows: labelled rows in all.
        seed: of the draws.
    """
    scale = RATE if task.kind == "rate" else 1.0
    priors = [expected(arm.name, rows_a_class(task, rows)) for arm in arms]
    sd = np.array([scale * max(prior.sd, LEAST) for prior in priors])
    mean, precision = np.array([scale * prior.mean for prior in priors]), np.diag(sd**-2.0)
    weighed = precision @ mean
    answered = [int((~np.isnan(arm.right)).sum()) for arm in arms]
    reference = int(np.argmax(answered))
    for place, arm in enumerate(arms):
        difference = arm.right - arms[reference].right
        difference = difference[~np.isnan(difference)]
        if place == reference or not len(difference):
            continue
        measured, direction = measurement(difference, scale), np.zeros(len(arms))
        direction[[place, reference]] = 1.0, -1.0
        precision += np.outer(direction, direction) / measured.sd**2
        weighed += direction * measured.mean / measured.sd**2
    spread = np.linalg.inv(precision)
    mean = spread @ weighed
    draws = np.random.default_rng(seed).multivariate_normal(mean, spread, DRAWS, method="cholesky")
    chance = np.bincount(draws.argmax(axis=1), minlength=len(arms)) / DRAWS
    return Board(tuple(arms), mean, np.sqrt(np.diag(spread)), chance)


def measurement(difference: np.ndarray, scale: float = 1.0) -> Standing:
    """The mean of (N,) differences and its standard error; one wrong row is added to the squares, or a few rows that all agree would look certain.

    Args:
        difference: N of 1 and more.
        scale: what a wrong row counts.
    """
    count, mean = len(difference), float(difference.mean())
    return Standing(mean, float(np.sqrt(((difference - mean) ** 2).sum() + scale**2)) / count)


def joined(prior: Standing, measured: Standing) -> Standing:
    """A prior and a measurement of the same number as one standing."""
    weights = np.array([prior.sd, measured.sd]) ** -2.0
    return Standing(float((weights * [prior.mean, measured.mean]).sum() / weights.sum()), float(weights.sum() ** -0.5))

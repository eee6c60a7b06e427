"""A learning curve from a few measured sizes: several forms, weighed by how well they fit and by what curves usually are.

A form says how far the error falls towards its floor: error(n) = e (r + (1 - r) g(n)), e the error at the largest size measured, r the
part of it that no number of rows takes away, g(n) a power of n, a power of n and an offset, or an exponential (pow3, pow4 and exp3 of
Viering & Loog 2022, arXiv 2103.10948, section 4). Three numbers from few points are not to be had by least squares alone, so
every form stands on a grid of its numbers, and each point of the grid weighs as much as its likelihood times its prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SLOPES = np.geomspace(0.03, 1.5, 24)  # of log error over log rows
FLOORS = np.linspace(0.0, 0.9, 19)  # r
# The prior was chosen on dbpedia14, airline_tweets and stock_comments_zh: mean error at 1,000 rows from 100 0.014, where a wider one gave 0.05.
USUAL_SLOPE, SPREAD = 0.2, 0.8  # median and log spread of slopes
FORM_PRIOR = (0.0, 0.0, -3.0)  # log weight of each form: exponentials, which soon come to rest at a floor that few rows cannot show, are rare
FLOOR_DECAY = 1.5  # the prior of r falls as exp(-1.5 r): a curve that still falls seldom stops at once
LEAST_NOISE = 0.01  # no form is truer than this


@dataclass(frozen=True)
class CurveFit:
    """Weights of every point of the grid for one measured curve.

    Attributes:
        sizes: (S,) rows learned from.
        weights: (G,) sum to 1.
        errors: (G,) e of each point.
        forms: (G,) int64, its form: 0 power, 1 power with an offset, 2 exponential.
        slopes: (G,).
        floors: (G,).
    """

    sizes: np.ndarray
    weights: np.ndarray
    errors: np.ndarray
    forms: np.ndarray
    slopes: np.ndarray
    floors: np.ndarray

    def at(self, n: np.ndarray) -> np.ndarray:
        """(G, T) error that each point of the grid foretells for T sizes."""
        return self.errors[:, None] * _shape(self.forms, self.slopes, self.floors, n, self.sizes.max())

    def mean(self, n: np.ndarray) -> np.ndarray:
        """(T,) the weighted mean of all."""
        return np.asarray(self.weights @ self.at(n))

    def draw(self, n: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, T) errors of points drawn by their weights."""
        return self.at(n)[rng.choice(len(self.weights), size=count, p=self.weights)]


def fit_curve(sizes: np.ndarray, errors: np.ndarray, noise: np.ndarray) -> CurveFit:
    """Weigh every form against measured errors.

    Args:
        sizes: (S,) rows learned from, ascending.
        errors: (S,) mean error, 1 minus the score.
        noise: (S,) standard error of each.
    """
    forms, slopes, floors = (part.ravel() for part in np.meshgrid(np.arange(3), SLOPES, FLOORS, indexing="ij"))
    shape = _shape(forms, slopes, floors, sizes, sizes.max())  # (G, S)
    weight = 1 / (np.maximum(noise, LEAST_NOISE) * sizes.max() / sizes) ** 2  # a form need not be true far below what it foretells
    level = (shape * weight * errors).sum(axis=1) / (shape**2 * weight).sum(axis=1)
    misfit = (weight * (errors - level[:, None] * shape) ** 2).sum(axis=1)
    usual = np.array(FORM_PRIOR)[forms] - ((np.log(slopes) - np.log(USUAL_SLOPE)) ** 2) / (2 * SPREAD**2) - FLOOR_DECAY * floors
    log_weight = usual - misfit / 2
    weights = np.exp(log_weight - log_weight.max())
    return CurveFit(sizes, weights / weights.sum(), level, forms, slopes, floors)


def _shape(forms: np.ndarray, slopes: np.ndarray, floors: np.ndarray, n: np.ndarray, most: float) -> np.ndarray:
    """(G, T) error as a part of that at the largest size measured, which is `most`."""
    n = np.asarray(n, dtype=np.float64)[None]
    offset = np.where(forms == 1, most / 2, 0.0)[:, None]
    power = ((n + offset) / (most + offset)) ** -slopes[:, None]
    exponential = np.exp((-slopes[:, None] * (n - most) / most).clip(-30, 30))
    g = np.where(forms[:, None] == 2, exponential, power)
    return np.asarray(floors[:, None] + (1 - floors[:, None]) * g)

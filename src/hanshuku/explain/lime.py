"""LIME: a linear model of what the function does near the row, by words left out at random. Ribeiro et al. 2016, arXiv 1602.04938, section 3.4.

Written here as `shap` is, and for the same reasons; distance and kernel are those of the paper's own code for texts.
"""

from __future__ import annotations

import numpy as np

MOST_SAMPLES = 1024
WIDTH = 25.0  # of the kernel, in hundredths of the cosine distance
RIDGE = 1.0


def masks(words: int, rng: np.random.Generator, samples: int) -> np.ndarray:
    """(M, W) bool: all words, none, and sets from which 1..W words, each number as likely, are left out."""
    ends = np.stack([np.ones(words, dtype=bool), np.zeros(words, dtype=bool)])
    if not words:
        return ends
    wanted = samples or min(MOST_SAMPLES, 32 + 8 * words)
    gone = rng.integers(1, words + 1, size=wanted)
    order = rng.random((wanted, words)).argsort(axis=1).argsort(axis=1)
    return np.concatenate([ends, order >= gone[:, None]])


def weights(kept: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(W, K) from the scores (M, K) of those variants: the slopes of a ridge regression in which near variants weigh more."""
    if not kept.shape[1]:
        return np.zeros((0, scores.shape[1]))
    sets = kept.astype(np.float64)
    distance = 100 * (1 - np.sqrt(sets.mean(axis=1)))
    near = np.sqrt(np.exp(-((distance / WIDTH) ** 2)))
    near[1] = 0.0  # the row without words is there for the base alone
    centred = sets - (near[:, None] * sets).sum(axis=0) / near.sum()
    gains = scores - (near[:, None] * scores).sum(axis=0) / near.sum()
    products = (centred * near[:, None]).T @ centred + RIDGE * np.eye(sets.shape[1])
    return np.linalg.solve(products, (centred * near[:, None]).T @ gains)

"""SHAP: each word's Shapley value, its fair part of what the words do together. Lundberg & Lee 2017, arXiv 1705.07874, section 4.1.

Written here, not taken from captum or shap: exported functions run without torch, all variants of many rows are asked in one call, and
drawing each set of words with its complement (Covert & Lee 2021, arXiv 2012.01536, section 4.2) needs far fewer of them.
"""

from __future__ import annotations

import math

import numpy as np

MOST_SAMPLES = 1024


def masks(words: int, rng: np.random.Generator, samples: int) -> np.ndarray:
    """(M, W) bool: all words, none, and either every set of words, where these are few enough, or sets drawn by the kernel, each with its complement."""
    wanted = samples or min(MOST_SAMPLES, 32 + 8 * words)
    ends = np.stack([np.ones(words, dtype=bool), np.zeros(words, dtype=bool)])
    if words < 2:
        return ends
    if words < 30 and 2**words - 2 <= wanted:
        numbers = np.arange(1, 2**words - 1)
        return np.concatenate([ends, (numbers[:, None] >> np.arange(words)) % 2 == 1])
    sizes = np.arange(1, words)
    chances = 1 / (sizes * (words - sizes))
    drawn = rng.choice(sizes, size=max(1, wanted // 2), p=chances / chances.sum())
    order = rng.random((len(drawn), words)).argsort(axis=1).argsort(axis=1)
    kept = order < drawn[:, None]
    return np.concatenate([ends, np.stack([kept, ~kept], axis=1).reshape(-1, words)])


def weights(kept: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(W, K) from the scores (M, K) of those variants; they add up to score minus base. Exact where all sets were asked."""
    words = kept.shape[1]
    whole = scores[0] - scores[1]
    if words < 2:
        return np.repeat(whole[None], words, axis=0)
    sets, gains = kept[2:].astype(np.float64), scores[2:] - scores[1]
    kernel = np.ones(len(sets))
    if words < 30 and len(sets) == 2**words - 2:
        kernel = np.array([1 / (math.comb(words, size) * size * (words - size)) for size in kept[2:].sum(axis=1).tolist()])
    kernel /= kernel.sum()
    products = (sets * kernel[:, None]).T @ sets + 1e-9 * np.eye(words)  # least squares under the condition on the sum
    inverse = np.linalg.inv(products) if len(sets) >= words else np.linalg.pinv(products, rcond=1e-6)
    free = inverse @ ((sets * kernel[:, None]).T @ gains)
    row = inverse.sum(axis=1, keepdims=True)
    return free - row * (free.sum(axis=0) - whole) / row.sum()

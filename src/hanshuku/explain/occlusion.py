"""Occlusion: a word's weight is what the score loses when the word is left out. Zeiler & Fergus 2014, arXiv 1311.2901; Li et al. 2016, arXiv 1612.08220."""

from __future__ import annotations

import numpy as np


def masks(words: int, rng: np.random.Generator, samples: int) -> np.ndarray:
    """(2 + W, W) bool: all words, none, and all but each one."""
    return np.concatenate([np.ones((1, words), dtype=bool), np.zeros((1, words), dtype=bool), ~np.eye(words, dtype=bool)])


def weights(kept: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(W, K) from the scores (2 + W, K) of those variants."""
    return scores[:1] - scores[2:]

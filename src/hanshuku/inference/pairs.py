"""Features of a pair of texts that were encoded one by one."""

from __future__ import annotations

import numpy as np


def pair_features(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(N, D) twice -> (N, 4 D): [u, v, |u - v|, u * v], after InferSent (Conneau et al. 2017, arXiv 1705.02364, section 3.1)."""
    return np.concatenate([u, v, np.abs(u - v), u * v], axis=1)

"""Calibration: do rows answered with confidence 0.8 turn out right 8 times in 10?"""

from __future__ import annotations

import numpy as np

BINS = 15


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean gap between confidence and share right over bins of equal mass, weighted by rows; 0 is perfect, 0..1.

    Bins of equal mass (Nguyen & O'Connor 2015, https://aclanthology.org/D15-1182, section 3) need no choice of edges and
    none is empty. Fewer rows than bins: one row a bin. Chance alone adds about 0.5 / sqrt(N / bins) times the spread of being
    right, so with a few hundred rows 0.03 is nothing to worry about.

    Args:
        confidences: (N,) probabilities that the answer is right, N >= 1.
        right: (N,) whether it was.
        bins: how many.
    """
    order = np.argsort(confidences, kind="stable")
    gaps = (confidences.astype(np.float64) - right)[order]
    parts = np.array_split(gaps, min(bins, len(gaps)))
    return float(sum(abs(part.sum()) for part in parts) / len(gaps))

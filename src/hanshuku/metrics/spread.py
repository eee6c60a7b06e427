"""How the vectors of texts lie: alignment and uniformity (Wang & Isola 2020, arXiv 2005.10242), and the loss of telling each text's own other view."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import POSITIVE, measured, z_quantile
from hanshuku.metrics.rows import mean_sample


def spread_metrics(losses: np.ndarray, company: float, views: tuple[np.ndarray, np.ndarray], vectors: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """loss, alignment and uniformity of N texts; less is better of each, and each is meant beside the other two: one point for all texts is aligned at best.

    loss: mean nats of telling a text's other view among those of others; chance: log of how many there are. alignment: mean square distance of the two views;
    chance: 2, that of two directions at random. uniformity: log of the mean of exp(-2 d^2) over pairs of texts, d their distance: 0 where all are one, about
    -4 + 8 / H, its chance, where they are spread evenly.

    Args:
        losses: (N,) nats of each text.
        company: texts among which each was told, its own counted; the mean where that differs.
        views: (N, H) unit vectors of the texts in two passes under dropout.
        vectors: (N, H) unit vectors without dropout.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: there are fewer than 2 texts, or a number is not finite.
    """
    if len(losses) < 2 or not all(np.isfinite(part).all() for part in (losses, *views, vectors)):
        raise DataError(f"Finite vectors of at least 2 texts are due. Received: {len(losses)} texts.")
    near = np.square(views[0].astype(np.float64) - views[1]).sum(1)
    return {
        "loss": measured(mean_sample([losses]), (POSITIVE,), (math.log(company),), **draws)[0],
        "alignment": measured(mean_sample([near]), (POSITIVE,), (2.0,), **draws)[0],
        "uniformity": uniformity(vectors),
    }


def uniformity(vectors: np.ndarray) -> Metric:
    """See `spread_metrics`; the interval is that of a mean over pairs (Hoeffding 1948, https://doi.org/10.1214/aoms/1177730196), by the delta method.

    Args:
        vectors: (N, H) of length 1, N >= 2.
    """
    n = len(vectors)
    each = np.exp(4.0 * (vectors.astype(np.float64) @ vectors.T - 1.0))  # d^2 = 2 - 2 cos
    np.fill_diagonal(each, 0.0)
    rows = each.sum(1) / (n - 1)
    mean = max(float(rows.mean()), 1e-300)
    half = z_quantile() * 2 * float(rows.std(ddof=1)) / math.sqrt(n) / mean
    value = math.log(mean)
    return Metric(value, value - half, value + half, n, -4.0 + 8.0 / vectors.shape[1])

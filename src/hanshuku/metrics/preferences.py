"""How often, and by how much, a better answer is put before a worse one."""

from __future__ import annotations

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import mean_metric, wilson


def preference_metrics(margins: np.ndarray) -> dict[str, Metric]:
    """preference_accuracy (share of pairs whose margin is above 0, chance 0.5) and preference_margin (their mean), with 95% intervals.

    Args:
        margins: (N,) by how much the better answer of each pair is put before the worse one, N >= 2: of a report the log-probability of
            the one less that of the other in nats; of `dpo` beta times how much more the one gained over the reference.

    Raises:
        DataError: there are fewer than two pairs, or a margin is not finite.
    """
    n, right = len(margins), int((margins > 0).sum())
    if n < 2 or not np.isfinite(margins).all():
        raise DataError(f"Finite margins of at least two pairs are due. Received: {n} pairs, {int((~np.isfinite(margins)).sum())} of them not finite.")
    return {"preference_accuracy": Metric(right / n, *wilson(right, n), n, 0.5), "preference_margin": mean_metric(margins)}

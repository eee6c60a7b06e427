"""How much a sequence of sessions was learned, forgotten and carried over, from the matrix of its scores.

R[i, j] is the score on task j after session i. Lopez-Paz & Ranzato 2017 (GEM), https://arxiv.org/abs/1706.08840, equations 2 to 4;
Chaudhry et al. 2018, https://arxiv.org/abs/1801.10112, equation 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from hanshuku.errors import DataError


@dataclass(frozen=True)
class ContinualMetrics:
    """Numbers of a sequence of T tasks, all in the unit of the scores; NaN where there is nothing to tell it from."""

    average: float  # mean over the tasks after the last session (GEM's ACC)
    learned: float  # mean over the tasks, each right after its own session
    forgetting: float  # mean over all tasks but the last: how far each has fallen from the best it ever was; >= 0 unless the last session was its best
    backward_transfer: float  # mean over all tasks but the last: after the last session less right after its own; below 0: forgotten
    forward_transfer: float  # mean over the tasks before whose session some of its labels were known: that score less the one of guessing

    def to_json(self) -> dict[str, float | None]:
        """Name -> number, null where there is none."""
        return {name: None if np.isnan(value) else float(value) for name, value in asdict(self).items()}


def continual_metrics(matrix: Sequence[Sequence[float]] | np.ndarray, chance: Sequence[float] | None = None) -> ContinualMetrics:
    """What a matrix of scores says.

    Args:
        matrix: (T, T), T >= 1; R[i, j] for j > i may be NaN: that task could not be asked yet. More is better.
        chance: (T,) the score of guessing, for forward transfer; None: it stays NaN.

    Raises:
        DataError: the matrix is not square, or lacks a score on or below its diagonal.
    """
    scores = np.asarray(matrix, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or not scores.size:
        raise DataError(f"A matrix of scores is square: sessions by tasks. Received: {scores.shape}.")
    if np.isnan(scores[np.tril_indices(len(scores))]).any():
        raise DataError("Every task has a score after its own session and after each later one. Received: a NaN among them.")
    count = len(scores)
    own, last = np.diag(scores), scores[-1]
    fallen = [scores[j:-1, j].max() - last[j] for j in range(count - 1)]
    ahead = [scores[j - 1, j] - chance[j] for j in range(1, count)] if chance is not None else []
    ahead = [value for value in ahead if not np.isnan(value)]
    return ContinualMetrics(
        float(last.mean()), float(own.mean()), _mean(fallen), _mean((last - own)[:-1]), _mean(ahead),
    )  # fmt: skip


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")

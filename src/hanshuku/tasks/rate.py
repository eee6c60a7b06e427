"""rate: give a number in a range for a text or a pair of texts (regression, similarity, stars)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task

TARGET_COLUMNS = ("score", "rating", "stars", "similarity", "value", "target", "label", "分数", "评分", "得分", "相似度")


def parse_target(task: Task, value: Any) -> float:
    """The number that a raw cell stands for.

    Raises:
        ValueError: not a finite number within the task's range; the message says what was received.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"a number from {task.low:g} to {task.high:g} is due, not {value!r}") from None
    if not math.isfinite(number) or not task.low <= number <= task.high:
        raise ValueError(f"a number from {task.low:g} to {task.high:g} is due, not {value!r}")
    return number


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) float32, in the task's own unit."""
    return np.array(targets, dtype=np.float32)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) numbers, cut to the task's range. The threshold has no meaning here."""
    return [Prediction(float(min(max(value, task.low), task.high))) for value in np.asarray(outputs, dtype=np.float64)]

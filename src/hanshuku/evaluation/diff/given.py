"""Given: what one of the functions that are compared answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanshuku.metrics.classification import answers_of
from hanshuku.metrics.exact import right_answers, same_answers
from hanshuku.tasks import Task


@dataclass(frozen=True, eq=False)
class Given:
    """The answers to N rows of the joint task. A row that was refused has none: it is not right, and alike where another refuses it too.

    Attributes:
        outputs: as a predictor gives them.
        threshold: several labels: least probability of a label that is given.
        refused: (N,) bool.
    """

    outputs: np.ndarray
    threshold: float
    refused: np.ndarray

    def __len__(self) -> int:
        return len(self.outputs)

    def take(self, rows: np.ndarray) -> Given:
        """The answers to these rows."""
        return Given(self.outputs[rows], self.threshold, self.refused[rows])

    def labels(self, task: Task) -> np.ndarray:
        """classify: see `answers_of`."""
        return answers_of(self.outputs, self.threshold if task.several else None, self.refused if self.refused.any() else None)

    def right(self, task: Task, targets: np.ndarray) -> np.ndarray:
        """(N,) bool: see `right_answers`."""
        return right_answers(task, targets, self.outputs, self.threshold, self.refused)

    def same(self, task: Task, other: Given) -> np.ndarray:
        """(N,) bool: whether both answer the same, or both refuse."""
        alike = same_answers(task, self.outputs, other.outputs, (self.threshold, other.threshold))
        return np.where(self.refused | other.refused, self.refused & other.refused, alike)

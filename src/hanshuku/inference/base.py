"""Predictor: what a method's `fit` returns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from hanshuku.tasks import Task

Inputs = Sequence[tuple[str, ...]]  # N rows, one text per task input


class Predictor(Protocol):
    """A batch of inputs in, a batch of numbers out; `tasks.kind_of(task).decode` makes them Predictions.

    A predictor is written to a folder as `model/` (a plain transformers or peft folder), a head and plain JSON data,
    never pickle, and read back equal.
    """

    KIND: ClassVar[str]  # its name in inference.PREDICTORS and in function.json
    task: Task
    threshold: float  # several labels: least probability of a label that is given

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit. No row depends on another."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Write weights below `folder` (it exists and is empty); return JSON data that `load` needs besides."""
        ...

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> Predictor:
        """The predictor that `save` wrote."""
        ...

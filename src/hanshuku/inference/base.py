"""Predictor: what a method's `fit` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from hanshuku.tasks import Task

Inputs = Sequence[tuple[str, ...]]  # N rows, one text per task input


@dataclass(frozen=True)
class Reply:
    """One text that a language model wrote.

    Attributes:
        text: the answer.
        confidence: the geometric mean of the tokens' probabilities; None where there was no choice, or the model does not say.
        is_whole: whether the model ended it; False: the limit of tokens did.
        tokens_in: tokens of the prompt; None: not told.
        tokens_out: tokens that were written; None: not told.
    """

    text: str
    confidence: float | None = None
    is_whole: bool = True
    tokens_in: int | None = None
    tokens_out: int | None = None


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

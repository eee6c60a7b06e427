"""Predictor: what a method's `fit` returns."""

from __future__ import annotations

import re
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


def counted(count: int, one: str) -> str:
    """`1 text was` or `12 texts were`, of `one` = "text"."""
    return f"1 {one} was" if count == 1 else f"{count} {one}s were"


def cut_note(count: int, limit: str, lost: str = "") -> tuple[str, ...]:
    """What a user is told of texts that were cut; nothing where none was.

    Args:
        count: of these texts.
        limit: how much the model reads, in words: "512 tokens".
        lost: what they lost; "" for their end.
    """
    lost = lost or ("its end" if count == 1 else "their end")
    return (f"{counted(count, 'text')} longer than the model reads ({limit}) and lost {lost}.",) if count else ()


class CountsCut:
    """What a predictor has that counts in `cut` the texts that were longer than it reads."""

    cut: int

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now."""
        self.cut = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the rows since the last `count_anew`: texts cut."""
        return cut_note(self.cut, f"{self.reads} tokens")

    @property
    def reads(self) -> int:
        """Most tokens of a text that are read."""
        raise NotImplementedError


def judged_by(predictor: Any, inputs: Inputs) -> tuple[np.ndarray, np.ndarray | None]:
    """Outputs for inputs and, of a predictor that refuses some, (N,) texts: why each is refused, "" where it is answered; None of one that refuses none."""
    if getattr(predictor, "refuses", False):
        outputs, reasons = predictor.judged(inputs)
        return np.asarray(outputs), np.asarray(reasons)
    return np.asarray(predictor.outputs(inputs)), None


def causes(reasons: np.ndarray) -> np.ndarray:
    """(N,) reasons of refusals without the score of the row: "input: toxicity (toxic, score 0.93)" is "input: toxicity (toxic)"."""
    return np.array([re.sub(r", score \d\.\d+(?=\))", "", str(reason)) for reason in reasons], dtype=object)


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

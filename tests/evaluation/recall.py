"""A small real method for any kind: the answer of the most similar training row. It needs no model and no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import KINDS, Task
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run
from tests.evaluation.nearest import count


@dataclass(frozen=True)
class RecallPredictor:
    """Answers with a target as an output of its kind."""

    KIND: ClassVar[str] = "recall"
    task: Task
    rows: Encoded
    threshold: float = 0.5
    moved_parameters: int = 0
    total_parameters: int = 0

    def outputs(self, inputs: Any) -> np.ndarray:
        words = sorted({word for row in self.rows.inputs for word in " ".join(row).split()})
        best = (count(inputs, words) @ count(self.rows.inputs, words).T).argmax(axis=1)
        return objects([output_of(self.task, self.rows.targets[i], row) for i, row in zip(best, inputs, strict=True)])

    def save(self, folder: Path) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Recall:
    """Answer as the most similar of the training rows that were drawn."""

    NAME: ClassVar[str] = "recall"
    KINDS: ClassVar[frozenset[str]] = frozenset(KINDS)
    LEARNS: ClassVar[bool] = True
    share: float = field(default=1.0, metadata={"help": "part of the training rows that is looked at, drawn by the seed"})

    def default_model(self, task: Task, language: str) -> str:
        return "none"

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()) -> RecallPredictor:
        kept = np.random.default_rng(run.seed).permutation(len(train))[: max(1, round(self.share * len(train)))]
        return RecallPredictor(task, train.take(np.sort(kept)))


def output_of(task: Task, target: Any, row: tuple[str, ...]) -> Any:
    """The output that is right for a row of this target."""
    if task.kind == "answer":
        text, start = target[0] if target else ("", -1)
        return text, start, start + len(text) if target else -1, 0.5
    if task.kind == "tag":
        return tuple((*span, 0.5) for span in target)
    if task.kind == "rank":
        return tuple(1.0 if place in target else 0.0 for place in range(row[-1].count('", "') + 1))
    return (target if task.kind == "extract" else target[0]), 0.5

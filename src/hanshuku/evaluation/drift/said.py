"""Said: what a function answers to rows, in the form that the checks read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.tasks import Prediction, Task, kind_of

BATCH = 4096


@dataclass(frozen=True, eq=False)
class Said:
    """Answers to N rows.

    Attributes:
        outputs: as a predictor gives them; None: it was not asked.
        confidences: (K,) of the answers that have one, K <= N; None: none has.
        threshold: several labels: least probability of a label that is given.
        predictions: N decoded ones; () where it was not asked.
    """

    outputs: np.ndarray | None = None
    confidences: np.ndarray | None = None
    threshold: float = 0.5
    predictions: Sequence[Prediction] = ()

    def counts(self, task: Task) -> list[int]:
        """How often each label is given."""
        assert self.outputs is not None
        if task.several:
            return [int(count) for count in (self.outputs >= self.threshold).sum(axis=0)]
        return [int(count) for count in np.bincount(self.outputs.argmax(axis=1), minlength=len(task.labels))]


def ask(predictor: Any, inputs: Sequence[tuple[str, ...]]) -> Said:
    """What the predictor says; a row that it would refuse has the answer that it holds back."""
    if not len(inputs):
        return Said()
    parts = [np.asarray(predictor.outputs(inputs[start : start + BATCH])) for start in range(0, len(inputs), BATCH)]
    outputs = np.concatenate(parts)
    predictions = kind_of(predictor.task).decode(predictor.task, outputs, predictor.threshold, inputs)
    sure = [prediction.confidence for prediction in predictions]
    whole = np.array(sure, dtype=np.float64) if None not in sure else None
    return Said(outputs if outputs.dtype == object else outputs.astype(np.float64), whole, float(predictor.threshold), predictions)

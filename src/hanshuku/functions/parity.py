"""What an export is compared on, and how far its answers are from the original's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.samples import load_rows
from hanshuku.errors import ExportError
from hanshuku.functions.core import Function
from hanshuku.inference.calibrated import CalibratedPredictor, rebased, uncalibrated
from hanshuku.tasks import Task, kind_of

SAMPLES = ("customer_en", "customer_zh")
MANY = 400  # rows of ours that are compared where the user gives none
AROUND = 5  # texts of ours that are the candidates, or the context, of another


@dataclass(frozen=True)
class Distance:
    """How far two predictors are apart.

    What is compared of entities are the probabilities of all tags at all words, of answers those of start and end at all tokens.

    Attributes:
        difference: greatest difference of a score: a probability; rate: as a part of the range; rank: of the spread of scores, where that is more than 1.
        differing: rows with another answer; rank: with another first candidate. Not counted for rate.
    """

    difference: float
    differing: int


def rows_to_compare(function: Function[..., Any], rows: Any) -> Sequence[tuple[str, ...]]:
    """Inputs to compare on: the user's, or texts of ours, each with its next neighbours where the task takes more than one.

    Raises:
        ExportError: the user's file is empty.
    """
    if rows is not None:
        from hanshuku.functions.learn import encoded

        found = list(encoded(function.task, rows, labelled=False)[0].inputs)
        if not found:
            raise ExportError("There is no row to compare the export on. Received an empty file.")
        return found
    texts = [row["text"] for name in SAMPLES for row in load_rows(name, "test")][:MANY]
    near = [[texts[(i + k) % len(texts)] for k in range(AROUND + 1)] for i in range(len(texts))]
    if function.task.kind == "rank":
        return [(own[0], json.dumps(own[1:], ensure_ascii=False)) for own in near]
    if function.task.kind == "answer":
        return [(own[0], " ".join(own[1:])) for own in near]
    return [tuple(own[: len(function.task.inputs)]) for own in near]


def distance(original: Any, exported: Any, texts: Sequence[tuple[str, ...]]) -> Distance:
    """How far an exported predictor is from the original in float32, where both must agree to rounding: bfloat16 would hide a real difference in its own.

    Args:
        original: as it was learned.
        exported: what was written.
        texts: rows.
    """
    base, task = uncalibrated(original), original.task
    exact = rebased(original, replace(base, precision="fp32") if hasattr(base, "precision") else base)  # type: ignore[type-var]
    (theirs, answers), (ours, others) = (_answered(task, each, texts) for each in (exact, exported))
    unit = task.high - task.low if task.kind == "rate" else max(1.0, float(np.ptp(theirs))) if task.kind == "rank" else 1.0
    difference = float(np.abs(theirs - ours).max(initial=0.0) / unit)
    return Distance(difference, sum(a != b for a, b in zip(answers, others, strict=True)))


def _answered(task: Task, predictor: Any, texts: Sequence[tuple[str, ...]]) -> tuple[np.ndarray, list[Any]]:
    """Scores as one array, and answers that can be compared."""
    if task.kind in {"tag", "answer"}:  # places alone are compared: what stands there is the same text, and how sure they are is a score
        found, scores = predictor.outputs_and_chances(texts)
        return scores, [tuple(span[:3] for span in row) if task.kind == "tag" else row[:3] for row in found]
    outputs = uncalibrated(predictor).outputs(texts)  # a step of an isotonic curve would make much of little
    if task.kind == "rank":
        return np.concatenate([np.asarray(scores) for scores in outputs]), [int(np.argmax(scores)) for scores in outputs]
    if task.kind == "rate":
        return outputs, []
    if isinstance(predictor, CalibratedPredictor):
        return outputs, [found.output for found in predictor.predictions(texts)]
    return outputs, [found.output for found in kind_of(task).decode(task, outputs, predictor.threshold)]

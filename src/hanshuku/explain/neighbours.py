"""Labelled rows behind an answer: the nearest ones, and those that pull it most one way or the other.

Influence is TracIn of the last layer at the weights as they are (Pruthi et al. 2020, arXiv 2002.08484, sections 3.4 and 4.1), with the score
that is explained in place of the test loss: a step of gradient descent on row i, at a rate of 1, moves the head's logits z for features x by
-(p_i - y_i) (x_i . x + 1), so the score moves by that times its gradient at z.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.explain.base import Explanation, Neighbour
from hanshuku.explain.remarks import Remark
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.calibrated import uncalibrated
from hanshuku.inference.heads import unit_targets
from hanshuku.inference.spans import hash_spans
from hanshuku.training.run import Step, silent

CHUNK = 1024  # labelled rows read at once
BUCKETS = 1 << 14  # of words and n-grams, where a predictor has no features of its own
WHYS = ("near", "for", "against")
SHOWN = 3  # rows of each of the three kinds


def with_neighbours(
    predictor: Predictor, explanations: Sequence[Explanation], examples: Encoded, *, shown: int = SHOWN, report: Callable[[Step], None] = silent
) -> list[Explanation]:
    """The explanations with the labelled rows that are nearest, and those with most influence for and against what is explained.

    Nearness is the cosine of what the function's own head reads; of a function without one, of words and character n-grams.

    Args:
        predictor: what answered.
        explanations: of rows of one task.
        examples: labelled rows, best those that the function learned from; they are read once and not kept.
        shown: rows of each kind.
        report: called with progress.

    Raises:
        ConfigError: the rows have no labels.
    """
    if examples.targets is None or not len(examples):
        raise ConfigError(f"examples= takes labelled rows. Received: {len(examples)} rows{' without labels' if len(examples) else ''}.")
    if not explanations:
        return []
    predictor = uncalibrated(predictor)
    own = _read(predictor, [each.inputs for each in explanations])
    head = getattr(predictor, "head", None) if hasattr(predictor, "features") and predictor.task.kind in {"classify", "rate"} else None
    slopes = np.stack([_slope(predictor, each, vector) for each, vector in zip(explanations, own, strict=True)]) if head is not None else None
    best = {why: _Best(len(explanations), shown) for why in (WHYS if slopes is not None else WHYS[:1])}
    for start in range(0, len(examples), CHUNK):
        part = examples.take(np.arange(start, min(start + CHUNK, len(examples))))
        vectors = _read(predictor, part.inputs)
        near = _unit(own) @ _unit(vectors).T
        pull = np.full_like(near, np.nan) if slopes is None else -(slopes @ _errors(predictor, part, vectors).T) * (own @ vectors.T + 1)
        for why, kept in best.items():
            kept.add({"near": near, "for": np.where(pull > 0, pull, -np.inf), "against": np.where(pull < 0, -pull, -np.inf)}[why], near, pull, start)
        report(Step(start + len(part), len(examples), note="examples"))
    told = () if hasattr(predictor, "features") else (Remark("by_words"),)
    return [replace(each, neighbours=tuple(_neighbours(examples, best, i)), notes=(*each.notes, *told)) for i, each in enumerate(explanations)]


class _Best:
    """For each explanation the rows with the greatest values so far, so that memory does not grow with the labelled rows."""

    def __init__(self, explanations: int, shown: int) -> None:
        self.shown = shown
        self.found = np.empty((explanations, 0, 4))  # value, similarity, influence, row

    def add(self, values: np.ndarray, near: np.ndarray, pull: np.ndarray, start: int) -> None:
        """(E, N) numbers of the rows from `start` on."""
        rows = np.broadcast_to(np.arange(start, start + values.shape[1], dtype=np.float64), values.shape)
        joined = np.concatenate([self.found, np.stack([values, near, pull, rows], axis=2)], axis=1)
        order = np.argsort(-joined[:, :, 0], axis=1, kind="stable")[:, : self.shown]
        self.found = np.take_along_axis(joined, order[:, :, None], axis=1)


def _neighbours(examples: Encoded, best: Mapping[str, _Best], explanation: int) -> Iterator[Neighbour]:
    for why, kept in best.items():
        for value, near, pull, row in kept.found[explanation].tolist():
            if np.isfinite(value):
                i = int(row)
                influence = None if np.isnan(pull) else pull
                yield Neighbour(i, tuple(examples.inputs[i]), _target(examples, i), near, influence, why, int(examples.lines[i]))


def _read(predictor: Any, rows: Inputs) -> np.ndarray:
    """(N, F) what the head reads of rows, or counts of hashed words and n-grams."""
    if hasattr(predictor, "features"):
        return np.asarray(predictor.features([tuple(row) for row in rows]), dtype=np.float64)
    found = np.zeros((len(rows), BUCKETS), dtype=np.float32)
    spans = hash_spans(["\n".join(row) for row in rows], BUCKETS)
    for i, (start, end) in enumerate(zip(spans.starts[:-1], spans.starts[1:], strict=True)):
        np.add.at(found[i], spans.buckets[start:end], 1.0)
    return np.sqrt(found)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _slope(predictor: Any, explanation: Explanation, vector: np.ndarray) -> np.ndarray:
    """(O,) the gradient of the score that is explained by the head's logits."""
    task = predictor.task
    if task.kind == "rate":
        return np.array([task.high - task.low])
    place = task.labels.index(explanation.label)
    slope = np.zeros(len(task.labels))
    if not task.several:
        logits = predictor.head.logits(vector[None])[0].astype(np.float64)
        others = np.exp(logits - np.delete(logits, place).max())
        others[place] = 0.0
        slope = -others / others.sum()
    slope[place] = 1.0
    return slope


def _errors(predictor: Any, part: Encoded, vectors: np.ndarray) -> np.ndarray:
    """(N, O) the gradient of each row's loss by its logits: answer minus target."""
    task, logits = predictor.task, predictor.head.logits(vectors.astype(np.float32)).astype(np.float64)
    targets = part.targets
    assert targets is not None
    if task.kind == "rate":
        return np.asarray(logits - unit_targets(task, targets)[:, None])
    if task.several:
        return 1 / (1 + np.exp(-logits)) - targets
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    known = np.flatnonzero(targets >= 0)
    right = np.zeros_like(logits)
    right[known, targets[known]] = 1.0
    return np.asarray(chances / chances.sum(axis=1, keepdims=True) - right)


def _target(examples: Encoded, row: int) -> Any:
    """The answer that a row is labelled with, as plain data."""
    task = examples.task
    assert examples.targets is not None
    target = examples.targets[row]
    if task.kind == "classify" and task.several:
        return tuple(label for label, held in zip(task.labels, target, strict=True) if held > 0)
    if task.kind == "classify":
        return task.labels[int(target)] if target >= 0 else ""
    return float(target) if task.kind == "rate" else target

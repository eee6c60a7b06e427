"""classify: choose one label, or several, for a text or a pair of texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task

TARGET_COLUMNS = ("label", "labels", "category", "class", "intent", "target", "sentiment", "topic", "标签", "类别", "分类", "意图", "情感")


def parse_target(task: Task, value: Any) -> str | tuple[str, ...]:
    """The label, or labels, that a raw cell stands for.

    Several labels may be a list, a JSON list, or a string separated by ``|``, ``;`` or ``,`` (fullwidth too).

    Raises:
        ValueError: empty, or a label that the task does not have; the message names it.
    """
    if task.several:
        found = tuple(split_labels(value))
        wrong = [label for label in found if label not in task.labels]
        if wrong:
            raise ValueError(f"label {wrong[0]!r} is not one of the task's {len(task.labels)} labels")
        return tuple(label for label in task.labels if label in found)
    label = label_text(value)
    if not label:
        raise ValueError("the label is empty")
    if label not in task.labels:
        raise ValueError(f"label {label!r} is not one of the task's {len(task.labels)} labels")
    return label


def label_text(value: Any) -> str:
    """The label a raw cell stands for: stripped text; 3.0 reads as "3", True as "true", None and NaN as ""."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    return str(value).strip()


def split_labels(value: Any) -> list[str]:
    """The labels in a cell that may hold several."""
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [label_text(item) for item in value if label_text(item)]
    text = label_text(value)
    if text.startswith("["):
        try:
            return [label_text(item) for item in json.loads(text)]
        except ValueError:
            pass
    for mark in ("|", ";", "；", ",", "，", "、"):
        if mark in text:
            return [part.strip() for part in text.split(mark) if part.strip()]
    return [text] if text else []


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """Labels as numbers: (N,) int64 indices, or (N, L) float32 of 0 and 1 for several labels."""
    index = {label: i for i, label in enumerate(task.labels)}
    if not task.several:
        return np.array([index[target] for target in targets], dtype=np.int64)
    encoded = np.zeros((len(targets), len(task.labels)), dtype=np.float32)
    for row, labels in enumerate(targets):
        encoded[row, [index[label] for label in labels]] = 1.0
    return encoded


def confidences(task: Task, outputs: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """(N,) float64: the probability that each answer is right; of several labels that the whole set is, were they independent."""
    chances = np.asarray(outputs, dtype=np.float64)
    if not len(chances):
        return np.zeros(0)
    return np.asarray(np.where(chances >= threshold, chances, 1 - chances).prod(axis=1) if task.several else chances.max(axis=1))


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N, L) probabilities.

    One label: rows sum to 1, the greatest wins (ties: the earlier label). Several: every label at or above the
    threshold; the confidence is the probability that the whole set is right if labels were independent.
    """
    predictions = []
    for row, confidence in zip(np.asarray(outputs, dtype=np.float64), confidences(task, outputs, threshold).tolist(), strict=True):
        scores = dict(zip(task.labels, map(float, row), strict=True))
        if task.several:
            chosen = tuple(label for label, p in scores.items() if p >= threshold)
            predictions.append(Prediction(chosen, confidence, scores))
        else:
            predictions.append(Prediction(task.labels[int(np.argmax(row))], confidence, scores))
    return predictions

"""extract: an object that fits a JSON schema, from a text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("text", "message", "document", "content", "文本", "内容"),)
TARGET_COLUMNS = ("output", "json", "object", "extracted", "结果")
BESIDE_COLUMNS: tuple[str, ...] = ()


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> str:
    """The object as canonical JSON text, from an object or from JSON.

    Raises:
        ValueError: it is no JSON object.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"JSON is due, not {value[:60]!r}") from None
    if not isinstance(value, Mapping):
        raise ValueError(f"an object is due, not a {type(value).__name__}")  # noqa: TRY004 - a wrong value of a file, not of a caller
    return canonical(value)


def canonical(value: Any) -> str:
    """JSON text with sorted keys and no blanks, so that equal objects are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: JSON texts."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) pairs (JSON text, confidence): plain dicts."""
    return [Prediction(json.loads(text), confidence) for text, confidence in outputs]

"""extract: an object that fits a JSON schema, from a text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.schemas import in_order

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("text", "message", "document", "content", "文本", "内容"),)
TARGET_COLUMNS = ("output", "json", "object", "extracted", "结果")
BESIDE_COLUMNS: tuple[str, ...] = ()


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> str:
    """The object as JSON text, from an object or from JSON; see `canonical`.

    Raises:
        ValueError: it is no JSON object, or it does not fit the schema.
    """
    found = read_object(value)
    if problem := misfit(task.schema, found):
        raise ValueError(f"the object does not fit the schema: {problem}")
    return canonical(found, task.schema)


def read_object(value: Any) -> Mapping[str, Any]:
    """The object in a raw cell, which may hold JSON.

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
    return value


def canonical(value: Any, schema: str = "{}") -> str:
    """JSON text as a model is taught to write it: keys in the order of the schema, others behind them by name.

    Equal objects are equal texts.
    """
    return json.dumps(in_order(_read(schema), value), ensure_ascii=False)


def misfit(schema: str, value: Any) -> str:
    """What is wrong with a value by a JSON schema, in words; "" where it fits, or where jsonschema (extra `train`) is not installed."""
    validator = _validator(schema)
    error = None if validator is None else next(iter(sorted(validator.iter_errors(value), key=lambda error: error.json_path)), None)
    return "" if error is None else f"{error.json_path}: {error.message[:200]}"


@lru_cache(maxsize=64)
def _read(schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(schema)
    return found


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return None
    return Draft202012Validator(_read(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: JSON texts."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) pairs (JSON text, confidence): plain dicts."""
    return [Prediction(json.loads(text), confidence) for text, confidence in outputs]

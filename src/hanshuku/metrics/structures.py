"""Extracted objects: the share that fits the schema, the share that is wholly right, and F1 over their fields.

A field is a path with a value: ``{"buyer": {"name": "Ann"}, "items": ["pen"]}`` has ("buyer", "name") Ann and ("items", 0) pen; for F1
the order within a list counts for nothing. What is null, or an empty text, list or object, is not there; 1 is 1.0, and true is not 1.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hanshuku.errors import MissingExtra
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale, measured
from hanshuku.metrics.rows import check_objects, mean_sample, others, ratio_sample, share_metric, texts_of
from hanshuku.tasks import Task


def structure_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """field_f1, exact_match and valid, 0..1. Chance is what the objects of other rows get; of valid it is 0, that of any text.

    Args:
        task: of kind extract.
        targets: (N,) JSON texts.
        outputs: (N,) pairs (JSON text, confidence).
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit.
        MissingExtra: jsonschema is not installed.
    """
    check_objects(targets, outputs)
    texts, due = texts_of(outputs), list(targets)
    unread = others(due) if len(due) > 1 else [""]
    valid, objects = validator(task.schema), [loaded(text) for text in texts]
    chance = float(ratio_sample([_shared(unread, due)]).value[0])
    return {
        "field_f1": measured(ratio_sample([_shared(texts, due)]), (UNIT,), (chance,), **draws)[0],
        "exact_match": share_metric(equal_objects(texts, due), float(equal_objects(unread, due).mean())),
        "valid": share_metric(np.array([found is not None and valid(found) for found in objects]), 0.0),
    }


def structure_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The field F1 of R predictors on the same rows, (B, R), and its scale."""
    return ratio_sample([_shared(texts_of(each), list(targets)) for each in outputs]), UNIT


def structure_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> dict[str, Sample]:
    """field_f1, exact_match and valid of R predictors on the same rows, (B, R) each."""
    due, valid = list(targets), validator(task.schema)
    texts = [texts_of(each) for each in outputs]
    return {
        "field_f1": ratio_sample([_shared(given, due) for given in texts]),
        "exact_match": mean_sample([equal_objects(given, due) for given in texts]),
        "valid": mean_sample([np.array([found is not None and valid(found) for found in map(loaded, given)]) for given in texts]),
    }


def validator(schema: str) -> Callable[[Any], bool]:
    """Whether plain data fits the JSON schema (draft 2020-12).

    Raises:
        MissingExtra: jsonschema is not installed.
    """
    try:
        from jsonschema import Draft202012Validator
    except ImportError as error:
        raise MissingExtra("jsonschema", "train", "Measuring extracted objects") from error
    checker = Draft202012Validator(json.loads(schema))
    return lambda data: bool(checker.is_valid(data))


def loaded(text: str) -> dict[str, Any] | None:
    """The object that a text is as JSON; None where it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def fields_of(text: str) -> Counter[tuple[Any, ...]]:
    """The fields of an object given as JSON text; of what is no object, none."""
    return Counter(_walk((), loaded(text) or {}))


def _walk(path: tuple[Any, ...], value: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk((*path, key), item)
    elif isinstance(value, list):
        for item in value:
            yield from _walk((*path, 0), item)  # a key of an object is always a text
    elif value is not None and value != "":
        yield (*path, isinstance(value, bool), value)


def _shared(given: Sequence[str], due: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) twice the fields that both have, and the fields of the two."""
    pairs = [(fields_of(mine), fields_of(theirs)) for mine, theirs in zip(given, due, strict=True)]
    return np.array([2.0 * sum((mine & theirs).values()) for mine, theirs in pairs]), np.array([float(sum((mine + theirs).values())) for mine, theirs in pairs])


def equal_objects(given: Sequence[str], due: Sequence[str]) -> np.ndarray:
    """(N,) bool: whether two JSON texts are the same object, what is not there aside; a text that is none is like no other."""
    pairs = [(loaded(mine), loaded(theirs)) for mine, theirs in zip(given, due, strict=True)]
    return np.array([mine is not None and _plain(mine) == _plain(theirs) for mine, theirs in pairs])


def _plain(value: Any) -> Any:
    """Without what is not there, in a form in which true and 1 differ."""
    if isinstance(value, dict):
        found = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in (None, "", {}, [])}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (bool, value) if isinstance(value, bool) else value

"""answer: the stretch of a context that answers a question (extractive question answering)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.outputs import Answer

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("question", "query", "问题"), ("context", "passage", "document", "paragraph", "上下文", "段落", "文章"))
TARGET_COLUMNS = ("answers", "answer", "答案")
BESIDE_COLUMNS: tuple[str, ...] = ("answer_start",)


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[tuple[str, int], ...]:
    """The accepted answers with the character at which each begins (-1: not given), from SQuAD's form or from plain texts.

    ``{"text": [...], "answer_start": [...]}``, a list of ``{"text", "answer_start"}``, a list of texts, or one text.
    Nothing: the context holds no answer; legal where the task says so.

    Raises:
        ValueError: the form is another, or there is none where one is due.
    """
    if isinstance(value, str) and value.strip().startswith(("{", "[")):
        with suppress(ValueError):  # a text that merely begins like JSON is the answer itself
            value = json.loads(value)
    pairs = _pairs(value, (beside or {}).get("answer_start"))
    found = tuple(dict.fromkeys((str(text), int(start)) for text, start in pairs if str(text).strip()))
    if not found and not task.optional:
        raise ValueError("there is no answer; if some questions have none, the task must say so (optional)")
    return found


def _pairs(value: Any, beside: Any) -> list[tuple[Any, Any]]:
    """Texts and starts, -1 where none is given; `beside`: the start of a single text."""
    if isinstance(value, Mapping):
        if "text" not in value:
            raise ValueError(f"answers are an object with text (a list) and answer_start. Received: {', '.join(map(str, value)) or 'nothing'}")
        texts, starts = value["text"], value.get("answer_start")
        texts = [texts] if isinstance(texts, str) else list(texts if texts is not None else ())
        starts = [starts] if isinstance(starts, int) else list(starts if starts is not None else [-1] * len(texts))
        if len(texts) != len(starts):
            raise ValueError(f"each answer has one answer_start; there are {len(texts)} answers and {len(starts)} of these")
        pairs = list(zip(texts, starts, strict=True))
    elif isinstance(value, (str, list, tuple, np.ndarray)):
        items = [value] if isinstance(value, str) else list(value)
        start = beside if len(items) == 1 else None
        pairs = [(item.get("text"), item.get("answer_start", -1)) if isinstance(item, Mapping) else (item, start) for item in items]
    elif value is None or (isinstance(value, float) and value != value):
        return []
    else:
        raise ValueError(f"an answer is a text, or an object with text and answer_start, not a {type(value).__name__}")
    for text, start in pairs:
        if isinstance(text, (Mapping, list)) or text is None:
            raise ValueError(f"an answer is a text. Received: {text!r}")
        if start is not None and not str(start).removeprefix("-").isdecimal() and start == start:
            raise ValueError(f"answer_start is a number of characters, not {start!r}")
    return [(text, -1 if start is None or start != start else start) for text, start in pairs]


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: tuples of (text, start)."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) tuples (text, start, end, confidence); ("", -1, -1, confidence) is no answer."""
    return [Prediction(Answer(text, start, end), confidence) for text, start, end, confidence in outputs]

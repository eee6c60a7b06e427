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
    if isinstance(value, Mapping):
        texts, starts = value.get("text"), value.get("answer_start")
        texts = [texts] if isinstance(texts, str) else list(texts if texts is not None else ())
        starts = [starts] if isinstance(starts, int) else list(starts if starts is not None else [-1] * len(texts))
        pairs = list(zip(texts, starts, strict=False))
    else:
        items = [] if value is None or (isinstance(value, float) and value != value) else [value] if isinstance(value, str) else list(value)
        start = (beside or {}).get("answer_start", -1) if len(items) == 1 else -1
        pairs = [(item["text"], item.get("answer_start", -1)) if isinstance(item, Mapping) else (item, -1 if start is None else start) for item in items]
    found = tuple(dict.fromkeys((str(text), int(start)) for text, start in pairs if str(text).strip()))
    if not found and not task.optional:
        raise ValueError("there is no answer; if some questions have none, the task must say so (optional)")
    return found


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: tuples of (text, start)."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) tuples (text, start, end, confidence); ("", -1, -1, confidence) is no answer."""
    return [Prediction(Answer(text, start, end), confidence) for text, start, end, confidence in outputs]

"""generate: a text for a text, as an instruction says: rewriting, questions and answers, anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("instruction", "prompt", "question", "source", "input", "指令", "问题"),
    ("input", "context", "输入"),
)
TARGET_COLUMNS = ("output", "response", "answer", "completion", "target", "reply", "chosen", "输出", "回答", "回复")
BESIDE_COLUMNS = ("references",)  # read beside the answer where they are there


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The accepted texts that a raw cell stands for: one, or a list of them; `references` beside it are accepted too.

    Raises:
        ValueError: no text, or an empty one.
    """
    texts = []
    for cell in (value, (beside or {}).get("references")):
        for item in cell if isinstance(cell, (list, tuple, np.ndarray)) else [cell]:
            if item is None or (isinstance(item, float) and item != item):
                continue
            if isinstance(item, (dict, list, tuple)):
                raise ValueError(f"a text is due, not a {type(item).__name__}")  # noqa: TRY004 - a wrong value of a file
            texts.append(str(item).strip())
    found = tuple(dict.fromkeys(text for text in texts if text))
    if not found:
        raise ValueError("the answer is empty")
    return found


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: tuples of accepted texts."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) pairs (text, confidence). The threshold has no meaning here."""
    return [Prediction(text, confidence) for text, confidence in outputs]

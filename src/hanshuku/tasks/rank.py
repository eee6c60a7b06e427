"""rank: candidates in the order of how well they fit a query (retrieval, recommendation)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.outputs import Ranking

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("query", "question", "查询", "问题"), ("candidates", "passages", "documents", "候选"))
TARGET_COLUMNS = ("relevant", "positives", "positive", "label", "labels", "相关")
BESIDE_COLUMNS = ("candidates", "passages", "documents", "候选")


def parse_input(task: Task, name: str, value: Any, *, is_answered: bool = False) -> str:
    """The query as it is; the candidates as canonical JSON.

    Raises:
        ValueError: the candidates are no list of texts, or there is none.
    """
    if name != task.inputs[-1]:
        if not isinstance(value, str):
            raise ValueError(f"a text is due, not a {type(value).__name__}")
        return value
    return json.dumps(_candidates(value), ensure_ascii=False)


def _candidates(value: Any) -> list[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"a list of candidates is due, not the text {value[:60]!r}") from None
    if not isinstance(value, (list, tuple, np.ndarray)) or not len(value) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of at least one candidate text is due")
    return list(value)


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[int, ...]:
    """Positions of the relevant candidates: given as positions, as texts that stand among the candidates beside, or as a 0 or 1 a candidate.

    Raises:
        ValueError: one is not among the candidates.
    """
    candidates = _candidates(next((cell for cell in (beside or {}).values() if cell is not None), None))
    items = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
    if len(items) == len(candidates) > 1 and all(isinstance(item, (bool, int, float, np.number)) and item in {0, 1} for item in items):
        return tuple(place for place, item in enumerate(items) if item)
    found = []
    for item in items:
        if isinstance(item, (int, np.integer)) and not isinstance(item, bool) and 0 <= item < len(candidates):
            found.append(int(item))
        elif item in candidates:
            found.append(candidates.index(item))
        else:
            raise ValueError(f"{item!r} is neither one of the {len(candidates)} candidates nor the position of one")
    return tuple(sorted(set(found)))


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: tuples of positions."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) tuples of scores, one a candidate; ties keep the order in which the candidates were given."""
    found = []
    for i, scores in enumerate(outputs):
        order = tuple(sorted(range(len(scores)), key=lambda place: -scores[place]))
        texts = json.loads(inputs[i][-1]) if len(inputs) else [""] * len(scores)
        found.append(Prediction(Ranking(order, tuple(texts[place] for place in order), tuple(float(scores[place]) for place in order))))
    return found

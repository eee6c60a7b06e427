"""What a child could learn: small tasks whose answer stands in a word or two, in English and Chinese."""

from __future__ import annotations

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import Task, kind_of

GLAD = ("a glad happy day", "what a lovely film", "happy and glad", "a sunny day with good food", "我很高兴", "服务态度好")
SAD = ("a sad gloomy day", "what an awful film", "gloomy and sad", "a rainy night with bad food", "我很难过", "服务很差")
ENDS = ("", " today", " my order", " please", " 今天")

TASKS = {
    "one label": Task("classify", labels=("good", "bad"), instruction="Is this good or bad?", name="mood"),
    "several labels": Task("classify", labels=("good", "bad"), several=True, instruction="Which words are there?", name="words"),
    "a number": Task("rate", low=1, high=5, instruction="How many stars?", name="stars"),
    "a pair": Task("classify", ("first", "second"), ("good", "bad"), instruction="Are both good or both bad?", name="both"),
}


def rows_of(kind: str) -> Encoded:
    """60 rows of the task of that kind (several labels: 90, a third of which has both)."""
    task = TASKS[kind]
    glad = [text + end for text in GLAD for end in ENDS]
    sad = [text + end for text in SAD for end in ENDS]
    inputs = [(text,) for pair in zip(glad, sad, strict=True) for text in pair]
    if kind == "several labels":
        inputs += [(one + " " + other,) for one, other in zip(glad, sad, strict=True)]
        targets = [("good",), ("bad",)] * len(glad) + [("good", "bad")] * len(glad)
    elif kind == "a number":
        targets = [5.0, 1.0] * len(glad)
    else:
        targets = ["good", "bad"] * len(glad)
    if kind == "a pair":
        inputs = [(text, inputs[(i + 2) % len(inputs)][0]) for i, (text,) in enumerate(inputs)]
    return Encoded(task, inputs, kind_of(task).encode_targets(task, targets), np.zeros(len(inputs), dtype=np.int64))


def share_right(rows: Encoded, outputs: np.ndarray, threshold: float) -> float:
    """Part of the answers that are right; for a number, on the right side of the middle."""
    if rows.task.several:
        return float(((outputs >= threshold) == rows.targets).mean())
    if rows.task.kind == "rate":
        middle = (rows.task.low + rows.task.high) / 2
        return float(((outputs > middle) == (rows.targets > middle)).mean())
    return float((outputs.argmax(1) == rows.targets).mean())

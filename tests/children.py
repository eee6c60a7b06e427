"""What a child could learn: small tasks whose answer stands in a word or two, in English and Chinese."""

from __future__ import annotations

import json

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import Task, kind_of

GLAD = ("a glad happy day", "what a lovely film", "happy and glad", "a sunny day with good food", "我很高兴", "服务态度好")
SAD = ("a sad gloomy day", "what an awful film", "gloomy and sad", "a rainy night with bad food", "我很难过", "服务很差")
ENDS = ("", " today", " my order", " please", " 今天")

MOODS = {"glad": "good", "happy": "good", "高兴": "good", "sad": "bad", "gloomy": "bad", "难过": "bad"}
AROUND = (("", " day"), ("what a ", " film today"), ("今天很", "。"), ("a ", " night with food"), ("please, ", "!"))

TASKS = {
    "one label": Task("classify", labels=("good", "bad"), instruction="Is this good or bad?", name="mood"),
    "several labels": Task("classify", labels=("good", "bad"), several=True, instruction="Which words are there?", name="words"),
    "a number": Task("rate", low=1, high=5, instruction="How many stars?", name="stars"),
    "a pair": Task("classify", ("first", "second"), ("good", "bad"), instruction="Are both good or both bad?", name="both"),
    "entities": Task("tag", labels=("good", "bad"), instruction="Which words say a mood?", name="moods"),
    "an answer": Task("answer", ("question", "context"), optional=True, name="find"),
    "an order": Task("rank", ("query", "candidates"), name="nearest"),
}
LABELLED = frozenset({"one label", "several labels", "a pair"})  # a row of probabilities is the output


def rows_of(kind: str) -> Encoded:
    """60 rows of the task of that kind (several labels: 90, a third of which has both)."""
    task = TASKS[kind]
    if task.kind in {"tag", "answer", "rank"}:
        return _with_spans(task)
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


def _with_spans(task: Task) -> Encoded:
    """Texts with one word of a mood: where it stands, where an answer stands (half of the contexts have none), which text has it."""
    inputs, targets = [], []
    texts = {word: [before + word + after for before, after in AROUND] for word in MOODS}
    for place in range(len(AROUND)):
        for word, mood in MOODS.items():
            text = texts[word][place]
            start = text.index(word)
            if task.kind == "tag":
                inputs.append((text,))
                targets.append(((start, start + len(word), mood),))
            elif task.kind == "answer":
                inputs += [("which mood?", text), ("which mood?", text.replace(word, "film" if mood == "good" else "天气"))]
                targets += [((word, start),), ()]
            elif mood == "good":
                sad = [texts[other][place] for other in MOODS if MOODS[other] == "bad"]
                at = len(inputs) % 3
                inputs.append(("a good mood", json.dumps([*sad[:at], text, *sad[at:]], ensure_ascii=False)))
                targets.append((at,))
    return Encoded(task, inputs, kind_of(task).encode_targets(task, targets), np.zeros(len(inputs), dtype=np.int64))


def are_alike(ours: np.ndarray, theirs: np.ndarray, atol: float) -> bool:
    """Whether two predictors, or batches, gave the same outputs: the same spans and order, and numbers that differ by `atol` at most."""
    if ours.dtype != object:
        return np.allclose(ours, theirs, atol=atol)
    pairs = [(a, b) for one, other in zip(ours, theirs, strict=True) for a, b in zip(_flat(one), _flat(other), strict=True)]
    return all(abs(a - b) <= atol if isinstance(a, float) else a == b for a, b in pairs)


def _flat(value: object) -> list[object]:
    return [item for part in value for item in _flat(part)] if isinstance(value, tuple) else [value]


def share_right(rows: Encoded, outputs: np.ndarray, threshold: float) -> float:
    """Part of the answers that are right; for a number, on the right side of the middle."""
    if rows.task.kind == "tag":
        return float(np.mean([tuple(span[:3] for span in found) == target for found, target in zip(outputs, rows.targets, strict=True)]))
    if rows.task.kind == "answer":
        return float(np.mean([found[:2] in target if target else found[0] == "" for found, target in zip(outputs, rows.targets, strict=True)]))
    if rows.task.kind == "rank":
        return float(np.mean([int(np.argmax(scores)) in target for scores, target in zip(outputs, rows.targets, strict=True)]))
    if rows.task.several:
        return float(((outputs >= threshold) == rows.targets).mean())
    if rows.task.kind == "rate":
        middle = (rows.task.low + rows.task.high) / 2
        return float(((outputs > middle) == (rows.targets > middle)).mean())
    return float((outputs.argmax(1) == rows.targets).mean())

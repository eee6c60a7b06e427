"""Mistakes: the answers that are most wrong, the surest first, with what each word did to the wrong answer where that can be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.detail import detail
from hanshuku.explain.explain import explain_rows
from hanshuku.explain.render import shown
from hanshuku.explain.words import spans_of
from hanshuku.metrics.classification import UNKNOWN
from hanshuku.tasks import TEXT_KINDS, Task, kind_of
from hanshuku.tasks.outputs import Span
from hanshuku.tasks.shown import readable

MOST = 10  # mistakes that are kept
TEXT, CONTEXT = 1000, 20_000  # characters of an input that are kept; of one in which spans are marked
MARKED = frozenset({"tag", "answer"})
EXPLAINED = frozenset({"classify", "rate"})
WORDS = 5  # words that are left out, in all, for each row that parts may ask again: bounds what explaining costs


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """The worst rows, at most MOST.

    Returns:
        kind (of the task), wrong (rows that are not wholly right), n; mistakes: line (0: none), inputs, given, due, confidence (None where there is
        none), score (how right it is, 0..1), words (part, start, end, text, weight; [] where they were not asked for), unit, and what `detail` says.
        None where nothing is wrong.
    """
    answered = True if seen.reasons is None else seen.reasons == ""  # what was refused is no mistake
    wrong = np.flatnonzero((seen.right < 1 - 1e-9) & answered)
    if not len(wrong):
        return None
    task, rows = seen.encoded.task, seen.encoded
    worst = _hardest(seen, wrong)[:MOST]
    answers = kind_of(task).decode(task, seen.outputs[worst], seen.predictor.threshold, [rows.inputs[i] for i in worst])
    weights = _weights(seen, wanted, worst)
    assert rows.targets is not None
    found = []
    for i, answer in zip(worst.tolist(), answers, strict=True):
        texts = {name: _kept(task, name, text) for name, text in zip(task.inputs, rows.inputs[i], strict=True)}
        words, unit = weights.get(i, ([], ""))
        confidence = None if answer.confidence is None else float(answer.confidence)
        due = due_text(task, rows.targets[i], rows.inputs[i])[:TEXT]
        said = answer.output if task.kind in TEXT_KINDS else shown(answer.output)
        given = {"given": said[:TEXT], "due": due, "confidence": confidence, "score": float(seen.right[i])}
        more = detail(task, answer.output, rows.targets[i], rows.inputs[i], CONTEXT if task.kind in MARKED else TEXT)
        found.append({"line": int(rows.lines[i]), "inputs": texts, **given, "words": words, "unit": unit, **more})
    return {"kind": task.kind, "wrong": len(wrong), "n": len(rows), "mistakes": found}


def _kept(task: Task, name: str, text: str) -> str:
    """An input, cut: of a conversation the end is kept, as that is what was answered."""
    text = readable(task, name, text)
    return text[-TEXT:] if task.kind == "chat" else text[: CONTEXT if task.kind in MARKED else TEXT]


def _hardest(seen: Seen, wrong: np.ndarray) -> np.ndarray:
    """The wrong rows: of one label by how sure the wrong answer was, else by how wrong, then how sure."""
    task, sure = seen.encoded.task, np.zeros(len(wrong))
    if task.kind == "classify":
        sure = np.asarray(seen.outputs[wrong], dtype=np.float64).max(axis=1)
    elif task.kind != "rate":
        predictions = kind_of(task).decode(task, seen.outputs[wrong], seen.predictor.threshold, [seen.encoded.inputs[i] for i in wrong])
        sure = np.array([prediction.confidence or 0.0 for prediction in predictions])
    return wrong[np.lexsort((-sure, seen.right[wrong]))]


def _weights(seen: Seen, wanted: Wanted, rows: Sequence[int] | np.ndarray) -> dict[int, tuple[list[dict[str, Any]], str]]:
    """What each word did to the answer, for as many of the rows as the bound allows; none where that would cost money or was not asked for."""
    costs = bool(getattr(seen.predictor, "spending", None))
    named = wanted.checks is not None and "mistakes" in wanted.checks
    if seen.encoded.task.kind not in EXPLAINED or not (named or (wanted.checks is None and not costs)):
        return {}
    left, chosen = WORDS * wanted.rows, []
    for i in rows:
        texts = seen.encoded.inputs[int(i)]
        size = sum(len(spans_of(text)) for text in texts)
        if size <= left and max(map(len, texts)) <= TEXT:
            left -= size
            chosen.append(int(i))
    explained = explain_rows(seen.predictor, [seen.encoded.inputs[i] for i in chosen], seed=seen.seed, report=seen.report) if chosen else []
    return {i: ([vars(word) for word in one.words], one.unit) for i, one in zip(chosen, explained, strict=True)}


def due_text(task: Task, target: Any, inputs: tuple[str, ...]) -> str:
    """The right answer of a row in words, from its encoded target; "" where it is a label that the function does not know."""
    if task.kind == "classify":
        if task.several:
            return shown(tuple(label for label, held in zip(task.labels, target, strict=True) if held))
        return "" if target == UNKNOWN else task.labels[int(target)]
    if task.kind == "rate":
        return f"{float(target):g}"
    if task.kind == "tag":
        return shown(tuple(Span(start, end, label, inputs[0][start:end], None) for start, end, label in target))
    if task.kind == "rank":
        candidates = json.loads(inputs[-1])
        return " | ".join(str(candidates[place]) for place in target)
    if task.kind == "extract":
        return str(target)
    if task.kind == "answer":
        return " | ".join(dict.fromkeys(text for text, _ in target)) or "-"
    return str(target[0] or target[-1])

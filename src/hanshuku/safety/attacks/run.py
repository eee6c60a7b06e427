"""attack: search every row at once, round by round, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np

from hanshuku.data.augment.words import words_of
from hanshuku.data.encoded import Encoded
from hanshuku.data.language import HAN
from hanshuku.errors import ConfigError, DataError
from hanshuku.inference.base import Predictor
from hanshuku.safety.attacks.base import BROKEN, HELD, WRONG, Attack, Attacked, How
from hanshuku.safety.attacks.search import Found, Search, search
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

BATCH = 2048  # texts handed to the predictor at once
ROWS, QUERIES = 200, 500


def can_attack(task: Task) -> bool:
    """Whether answers of the task are labels."""
    return task.kind == "classify"


def attack(
    predictor: Predictor, encoded: Encoded, how: How, *, name: str, rows: int = ROWS, queries: int = QUERIES, seed: int = 0, report: Callable[[Step], None] = silent
) -> Attack:
    """Try to turn right answers into wrong ones.

    Args:
        predictor: what answers; of kind classify.
        encoded: labelled rows.
        how: the way.
        name: of the way.
        rows: most rows that are drawn.
        queries: most texts that are asked for a row.
        seed: of what is drawn; the same seed attacks the same rows in the same way.
        report: called with the rows done.

    Raises:
        ConfigError: the task is of another kind, or a number is outside its range.
        DataError: there is no labelled row.
        MissingExtra: a package that the way needs is not installed.
        ModelError: a model that it needs cannot be had.
    """
    task = encoded.task
    if not can_attack(task):
        raise ConfigError(f"Functions that give labels can be attacked. Received: a function of kind {task.kind!r}.")
    if rows < 1 or queries < 2:
        raise ConfigError(f"rows= is at least 1 and queries= at least 2. Received: rows={rows}, queries={queries}.")
    if encoded.targets is None or not len(encoded):
        raise DataError(f"To attack, labelled rows are due, at least one. Received: {len(encoded)} rows{'' if not len(encoded) else ' without labels'}.")
    how.check()
    places = np.arange(len(encoded)) if len(encoded) <= rows else np.sort(np.random.default_rng(seed).choice(len(encoded), rows, replace=False))
    drawn = encoded.take(places)
    outputs = _outputs(predictor, drawn.inputs)
    assert drawn.targets is not None
    right = [i for i in range(len(drawn)) if margins(predictor, outputs[i : i + 1], drawn.targets[i])[0] >= 0]
    kept = label_words(task)
    searches = {i: search(tuple(drawn.inputs[i]), how, kept, queries, Random(f"{seed}\x1f{drawn.inputs[i]}")) for i in right}  # noqa: S311 - no secret
    found = _run(predictor, searches, drawn.targets, report)
    done = [_attacked(predictor, drawn, i, outputs[i], found.get(i), how) for i in range(len(drawn))]
    return Attack(name, task.inputs, tuple(done), len(encoded), queries, seed)


def margins(predictor: Predictor, outputs: np.ndarray, target: Any) -> np.ndarray:
    """(B,) by how much an answer is right: below 0 where it is wrong.

    One label: the probability of the right one less the greatest of the others. Several: of all labels the least distance from the threshold on the right side.
    """
    if predictor.task.several:
        return np.asarray(np.where(target > 0, outputs - predictor.threshold, np.nextafter(predictor.threshold - outputs, -1)).min(axis=1))
    if target < 0:
        return np.full(len(outputs), -1.0)
    others = np.delete(outputs, int(target), axis=1).max(axis=1)
    answers = outputs.argmax(axis=1)
    return np.asarray(np.where(answers == target, np.maximum(outputs[:, int(target)] - others, 0.0), np.minimum(outputs[:, int(target)] - others, -1e-9)))


def label_words(task: Task) -> frozenset[str]:
    """The words of the labels, in small letters: a text that says its label keeps it."""
    text = " ".join(task.labels).replace("_", " ").replace("-", " ")
    words = [word.text for word in words_of(text)] if HAN.search(text) else text.split()
    return frozenset(word.casefold() for word in words if len(word) > 2 or HAN.search(word))


def _outputs(predictor: Predictor, rows: Sequence[tuple[str, ...]]) -> np.ndarray:
    return np.concatenate([np.asarray(predictor.outputs(rows[i : i + BATCH])) for i in range(0, len(rows), BATCH)])


def _run(predictor: Predictor, searches: dict[int, Search], targets: np.ndarray, report: Callable[[Step], None]) -> dict[int, Found]:
    """All searches at once: what each asks in a round is one batch."""
    found: dict[int, Found] = {}
    asks: dict[int, list[tuple[str, ...]]] = {}
    sent: dict[int, np.ndarray | None] = dict.fromkeys(searches)
    while sent:
        for i, values in sent.items():
            try:
                asks[i] = searches[i].send(values)  # type: ignore[arg-type]
            except StopIteration as stop:
                found[i] = stop.value
        report(Step(len(found), len(searches), note="attack"))
        texts = [text for i in asks for text in asks[i]]
        outputs, start, sent = _outputs(predictor, texts) if texts else np.zeros(0), 0, {}
        for i, own in asks.items():
            sent[i] = margins(predictor, outputs[start : start + len(own)], targets[i])
            start += len(own)
        asks = {}
    return found


def _attacked(predictor: Predictor, rows: Encoded, i: int, output: np.ndarray, found: Found | None, how: How) -> Attacked:
    task, targets = rows.task, rows.targets
    assert targets is not None
    texts, due = tuple(rows.inputs[i]), _named(task, targets[i])
    before = _answer(predictor, output)
    if found is None:
        return Attacked(int(rows.lines[i]), texts, due, WRONG, before)
    whole = max(1, sum(map(how.size, texts)))
    if not found.is_turned:
        return Attacked(int(rows.lines[i]), texts, due, HELD, before, queries=found.queries)
    after = _answer(predictor, np.asarray(predictor.outputs([found.texts]))[0])  # alone, as whoever attacks would ask it
    return Attacked(int(rows.lines[i]), texts, due, BROKEN, before, found.texts, after, found.queries, found.count, found.count / whole, found.similarity)


def _answer(predictor: Predictor, output: np.ndarray) -> str:
    task = predictor.task
    return _named(task, (output >= predictor.threshold).astype(np.float32) if task.several else int(output.argmax()))


def _named(task: Task, target: Any) -> str:
    if task.several:
        return ", ".join(label for label, held in zip(task.labels, target, strict=True) if held > 0)
    return task.labels[int(target)] if int(target) >= 0 else ""

"""Answers of a server as numbers: probabilities of labels, numbers of a range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanshuku.inference.remote.answers import Answer
from hanshuku.inference.remote.reading import certainty, first_masses, label_in, labels_in, number_in
from hanshuku.tasks import Task

LEAST = 0.02  # several labels: least certainty of an answer, so that what is named stays above the threshold
FLOOR = 1e-4  # probability of a label that is not among the likeliest beginnings
SECOND = 0.99  # most of another label, in parts of the chosen one's


def choice_of(task: Task, answer: Answer, names: Sequence[Sequence[str]]) -> np.ndarray | float | None:
    """What `outputs` gives for a row that got this answer; None where the answer names nothing legal.

    One label: its weight is the probability of the answer (see `certainty`), 1 where the server gives none, and that of each other is how
    probable it was as the answer's beginning; they are scaled to sum to one. Several labels: each one named has the answer's probability, the others its complement.
    rate: the number.

    Args:
        task: classify or rate.
        answer: of the server.
        names: for each label what it may be called.
    """
    if task.kind == "rate":
        return number_in(answer.text, task.low, task.high)
    sure = certainty(answer)
    if task.several:
        found = labels_in(answer.text, names)
        if found is None:
            return None
        named = np.isin(np.arange(len(names)), found)
        p = 1.0 if sure is None else 0.5 + max(sure, LEAST) / 2  # named at all: likelier than not
        return np.where(named, p, 1 - p).astype(np.float32)
    chosen = label_in(answer.text, names)
    return None if chosen is None else _spread(chosen, 1.0 if sure is None else sure, np.array(first_masses(answer, names)))


def _spread(chosen: int, p: float, masses: np.ndarray) -> np.ndarray:
    """(L,) float32 probabilities: of the labels alone, as what is no label is no answer; the chosen one has the greatest."""
    masses[chosen] = 0
    found = masses + FLOOR if masses.any() else np.full(len(masses), (1 - p) / (len(masses) - 1))
    found = np.minimum(found, SECOND * p)  # another's beginning may be likelier than the whole of what was said
    found[chosen] = p
    return (found / found.sum()).astype(np.float32)


def unreadable(task: Task) -> np.ndarray | float:
    """What `outputs` gives for a row whose answer could not be read: nothing is known."""
    if task.kind == "rate":
        return (task.low + task.high) / 2
    return np.full(len(task.labels), 0.0 if task.several else 1 / len(task.labels), dtype=np.float32)

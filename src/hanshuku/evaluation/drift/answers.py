"""What new rows without labels let one say of the answers: which shares the labels have, and how often the answers may be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.drift.said import Said
from hanshuku.metrics.classification import confusion
from hanshuku.metrics.exact import right_answers
from hanshuku.metrics.foretold import Foretold, as_sure, as_sure_less, sure_enough
from hanshuku.metrics.label_shift import LabelShare, label_shares
from hanshuku.tasks import Task

FEWEST = 20  # labelled rows from which something is told


def shares(
    task: Task, known: tuple[Encoded, Said] | None, report: Mapping[str, Any] | None, now: Said, priors: Mapping[str, int], seed: int = 0
) -> tuple[tuple[LabelShare, ...], bool]:
    """The shares of the labels now, and whether the confusions are those of the function's saved report; () where nothing can be told.

    Args:
        task: classify, one label; of all else nothing is told.
        known: labelled rows with the answers to them, best such that were not learned from.
        report: that the function was saved with, whose confusions serve where no such rows are given.
        now: the answers to the new rows.
        priors: label -> rows learned from; {}: the shares of the rows that the confusions are from.
        seed: of the bootstrap.
    """
    if task.kind != "classify" or task.several or now.outputs is None or not len(now.outputs):
        return (), False
    table = None if known is None else _table(task, *known)
    saved = table is None
    if table is None:
        counts = ((report or {}).get("confusion") or {}).get("counts")
        if not counts or (report or {}).get("task", {}).get("labels") != list(task.labels):
            return (), False
        table = np.array(counts, dtype=np.int64)
    if table.sum() < FEWEST or (table.sum(axis=1) > 0).sum() < 2:
        return (), False
    learned = np.array([priors.get(label, 0) for label in task.labels], dtype=np.float64)
    own = learned / learned.sum() if learned.sum() else table.sum(axis=1) / table.sum()
    return label_shares(task.labels, table, np.array(now.counts(task)), priors=own, probabilities=now.outputs, seed=seed), saved


def _table(task: Task, rows: Encoded, said: Said) -> np.ndarray | None:
    if rows.targets is None or said.outputs is None:
        return None
    return confusion(rows.targets, said.outputs.argmax(axis=1), len(task.labels))[0]


def foretell(task: Task, known: tuple[Encoded, Said] | None, now: Said, found: tuple[LabelShare, ...], seed: int = 0) -> dict[str, dict[str, float]]:
    """The accuracy on the new rows by several ways, each with what it takes for granted; {} where the answers have no confidence.

    Args:
        task: classify.
        known: labelled rows with the answers to them.
        now: the answers to the new rows.
        found: the shares of the labels now.
        seed: of the bootstrap.
    """
    if task.kind != "classify" or now.confidences is None or not len(now.confidences):
        return {}
    ways: dict[str, Foretold] = {}
    if known is not None and known[1].confidences is not None and known[0].targets is not None and len(known[0]) >= FEWEST:
        rows, said = known
        assert said.outputs is not None
        assert said.confidences is not None
        assert rows.targets is not None
        right = right_answers(task, rows.targets, said.outputs, said.threshold)
        ways["as_sure_less"] = as_sure_less(said.confidences, right, now.confidences, seed=seed)
        ways["sure_enough"] = sure_enough(said.confidences, right, now.confidences, seed=seed)
        table = None if task.several else _table(task, rows, said)
        if found and table is not None:
            ways["shares_alone"] = _by_shares(table, found)
    ways["as_sure"] = as_sure(now.confidences, seed=seed)
    return {name: dict(vars(way)) for name, way in ways.items()}


def _by_shares(table: np.ndarray, found: tuple[LabelShare, ...]) -> Foretold:
    """The recall of each label weighed by its share now; the interval takes the shares' ends, each to the accuracy's worse and better side."""
    support = table.sum(axis=1)
    recall = np.where(support > 0, table.diagonal() / np.maximum(support, 1), table.diagonal().sum() / table.sum())
    value = float(sum(share.value * each for share, each in zip(found, recall, strict=True)))
    error = np.sqrt(sum(((share.high - share.low) / 2 * (each - value)) ** 2 + (1.96 * share.value) ** 2 * each * (1 - each) / max(n, 1) for share, each, n in zip(found, recall, support, strict=True)))
    return Foretold(value, max(0.0, value - float(error)), min(1.0, value + float(error)))

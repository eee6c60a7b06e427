"""Entities: precision, recall and F1 over all spans of all rows, strict: start, end and label must be right.

As conlleval (Tjong Kim Sang & De Meulder 2003, https://aclanthology.org/W03-0419) and seqeval count: micro-averaged, no part of an
entity is worth anything. Chance is 0: a span guessed at random is practically never one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import label_table
from hanshuku.metrics.intervals import UNIT, Scale, measured
from hanshuku.metrics.rows import check_objects, ratio_sample
from hanshuku.tasks import Task

Span = tuple[int, int, str]


def entity_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """entity_f1, precision and recall, 0..1; 0 where nothing is given or due.

    Args:
        task: of kind tag.
        targets: (N,) tuples of (start, end, label).
        outputs: (N,) tuples of (start, end, label, confidence).
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit.
    """
    hits, given, due = _counts(targets, outputs)
    parts = {"entity_f1": (2 * hits, given + due), "precision": (hits, given), "recall": (hits, due)}
    return {name: measured(ratio_sample([pair]), (UNIT,), (0.0,), **draws)[0] for name, pair in parts.items()}


def entity_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The entity F1 of R predictors on the same rows, (B, R), and its scale."""
    return entity_pairs([(targets, each) for each in outputs]), UNIT


def entity_pairs(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Sample:
    """The entity F1 of R pairs of targets and outputs for the same rows, (B, R); the rows' texts, and so their targets, may differ."""
    return ratio_sample([(2 * hits, given + due) for hits, given, due in (_counts(*pair) for pair in pairs)])


def entity_rows(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """(N,) F1 of each row, 1 where nothing is due and nothing given."""
    hits, given, due = _counts(targets, outputs)
    return np.where(given + due == 0, 1.0, 2 * hits / np.maximum(given + due, 1))


def entity_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> dict[str, Sample]:
    """entity_f1, precision and recall of R predictors on the same rows, (B, R) each."""
    counted = [_counts(targets, each) for each in outputs]
    return {
        "entity_f1": ratio_sample([(2 * hits, given + due) for hits, given, due in counted]),
        "precision": ratio_sample([(hits, given) for hits, given, _ in counted]),
        "recall": ratio_sample([(hits, due) for hits, _, due in counted]),
    }


def entity_table(task: Task, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each of the task's labels; see `classification.label_table`."""
    hits, given, due = (Counter[str]() for _ in range(3))
    for mine, theirs in zip(spans_of(outputs), spans_of(targets), strict=True):
        for counter, spans in ((hits, mine & theirs), (given, mine), (due, theirs)):
            counter.update(label for _, _, label in spans)
    return label_table(*(np.array([counter[label] for label in task.labels]) for counter in (hits, due, given)))


def _counts(targets: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) spans hit, given and due."""
    check_objects(targets, outputs)
    pairs = list(zip(spans_of(outputs), spans_of(targets), strict=True))
    columns = np.array([(len(mine & theirs), len(mine), len(theirs)) for mine, theirs in pairs], dtype=np.float64)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def spans_of(rows: np.ndarray) -> list[set[Span]]:
    """The spans (start, end, label) of each row of targets or outputs.

    Raises:
        DataError: an output is no tuple of spans.
    """
    try:
        return [{(int(span[0]), int(span[1]), str(span[2])) for span in row} for row in rows]
    except (TypeError, ValueError, IndexError) as error:
        raise DataError(f"Outputs are tuples of spans (start, end, label, confidence). An output is none: {error}.") from error

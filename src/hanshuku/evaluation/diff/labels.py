"""Label by label: where the second of two functions is better or worse than the first, corrected for how many labels were looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.diff.given import Given
from hanshuku.metrics.base import LEVEL, Sample
from hanshuku.metrics.classification import UNKNOWN, confusion, label_table
from hanshuku.metrics.entities import entity_table, spans_of
from hanshuku.metrics.intervals import z_quantile
from hanshuku.metrics.paired import holm, mcnemar, paired_bootstrap
from hanshuku.metrics.rows import mean_sample, ratio_sample


@dataclass(frozen=True)
class LabelChange:
    """One label under two functions. Its recall is compared: the rows (tag: the entities) that have the label and are given it."""

    label: str
    n: int  # rows, or entities, that have the label
    before: float  # recall of the first, 0..1
    after: float
    difference: float  # after minus before
    low: float  # 95% interval
    high: float
    p: float  # exact McNemar; tag: paired bootstrap over rows
    p_holm: float  # corrected for all the labels that have rows
    real: bool  # p_holm <= 0.05
    f1_before: float | None  # None where the label neither occurs nor is given
    f1_after: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(vars(self))


def label_changes(rows: Encoded, given: tuple[Given, Given], seed: int = 0) -> tuple[LabelChange, ...]:
    """The labels that occur in the rows, those that changed surest first; () for a task without labels.

    Args:
        rows: N labelled rows of the joint task.
        given: what the two functions answered.
        seed: of the bootstrap.
    """
    task, targets = rows.task, rows.targets
    if not task.labels or targets is None:
        return ()
    tables = [_table(rows, each) for each in given]
    found: list[tuple[LabelChange, float]] = []
    for place, label in enumerate(task.labels):
        sample, right = _recall(rows, given, place)
        if sample is None:
            continue
        n = int(tables[0][place]["support"])
        paired = paired_bootstrap(sample, seed=seed)  # the second stands first: after minus before
        more = 1 / (n + 2) ** 2 if right is not None else 0.0  # one more row on which they differ, as for the accuracy
        half = float(np.hypot(paired.high - paired.difference, z_quantile() * math.sqrt(more)))
        p = paired.p if right is None else mcnemar(*right).p_exact
        after, before = np.asarray(sample.value, dtype=np.float64).tolist()
        f1 = [None if table[place]["f1"] is None else float(table[place]["f1"]["value"]) for table in tables]
        change = LabelChange(label, n, before, after, paired.difference, paired.difference - half, paired.difference + half, p, p, False, f1[0], f1[1])
        found.append((change, p))
    adjusted = holm([p for _, p in found])
    changes = [replace(change, p_holm=p_holm, real=p_holm <= 1 - LEVEL + 1e-12) for (change, _), p_holm in zip(found, adjusted, strict=True)]
    return tuple(sorted(changes, key=lambda change: (change.p_holm, change.p, -abs(change.difference))))


def _recall(rows: Encoded, given: tuple[Given, Given], place: int) -> tuple[Sample | None, tuple[np.ndarray, np.ndarray] | None]:
    """The recall of a label, second function first, as a statistic (B, 2), and which of its rows each got right, where a row has it once at most."""
    task, targets = rows.task, rows.targets
    assert targets is not None
    if task.kind == "tag":
        due = [{span for span in spans if span[2] == task.labels[place]} for spans in spans_of(targets)]
        own = [i for i, spans in enumerate(due) if spans]
        parts = [[len(due[i] & spans) for i, spans in enumerate(spans_of(each)) if due[i]] for each in (given[1].outputs, given[0].outputs)]
        below = np.array([len(due[i]) for i in own], dtype=np.float64)
        return (ratio_sample([(np.array(part, dtype=np.float64), below) for part in parts]), None) if own else (None, None)
    has = targets[:, place] > 0 if task.several else targets == place
    if not has.any():
        return None, None
    answers = [each.labels(task)[has] for each in given]
    right = [each[:, place] > 0 if task.several else each == place for each in answers]
    return mean_sample(list(reversed(right))), (right[0], right[1])


def _table(rows: Encoded, given: Given) -> list[dict[str, Any]]:
    task, targets = rows.task, rows.targets
    assert targets is not None
    if task.kind == "tag":
        return entity_table(task, targets, given.outputs)
    if task.several:
        true, named = targets > 0, given.labels(task) > 0
        return label_table((true & named).sum(axis=0), true.sum(axis=0), named.sum(axis=0))
    answered = ~given.refused
    table, unknown = confusion(targets[answered], given.labels(task)[answered], len(task.labels))
    support = np.bincount(targets[targets != UNKNOWN], minlength=len(task.labels))
    return label_table(table.diagonal(), support, table.sum(axis=0) + unknown)

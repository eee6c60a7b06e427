"""groups: the rows parted by a column that names their group; accuracy in each, and gaps between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from hanshuku.errors import UnknownName
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.metrics.base import LEVEL
from hanshuku.metrics.classification import answers_of
from hanshuku.metrics.fairness import SIZE, clustered
from hanshuku.metrics.group_gaps import Gap, Rows, error_gaps, label_gaps
from hanshuku.metrics.intervals import wilson
from hanshuku.metrics.paired import holm
from hanshuku.tasks import Task

FEWEST = 10  # rows of a group that is compared
MOST = 20  # groups, the largest; of a number with more values the quarters are the groups
SHOWN = 6  # labels whose share of answers is told for each group
NEEDS = "The check 'groups' compares groups of rows: say which column names them, groups=\"COLUMN\" or --groups COLUMN."


def suits(task: Task) -> bool:
    """Whether answers can be compared: labels or numbers."""
    return task.kind in {"classify", "rate"}


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """Accuracy (of numbers: errors) of each group with its interval; the gaps, which of them are more than chance, and groups too small to tell.

    Returns:
        column, n, left_out (rows without a group), small (groups of fewer than FEWEST rows: group, n), small_count, size, looked_at; groups: group, n, accuracy
        (value, low, high, n), answered (label -> share), or mean_error and absolute_error; gaps: measure, value, low, high, n, chance, p, p_holm, share (of
        the range), most, least, label; unequal: measures whose gap stands after Holm's correction and is at least `size`.

    Raises:
        UnknownName: there is no such column.
    """
    if wanted.groups not in seen.columns:
        raise UnknownName("column", wanted.groups, seen.columns)
    names = named(seen.columns[wanted.groups])
    found = sorted({name for name in names if name}, key=lambda name: (-names.count(name), name))
    kept, empty = [name for name in found if names.count(name) >= FEWEST][:MOST], names.count("")
    small = [{"group": name, "n": names.count(name)} for name in found if name not in kept]
    data: dict[str, Any] = {"column": wanted.groups, "n": len(names) - empty, "left_out": empty, "small": small[:MOST], "small_count": len(small), "size": SIZE}
    rows = np.flatnonzero([name in kept for name in names])
    group = np.array([kept.index(names[i]) for i in rows], dtype=np.int64)
    if not len(rows):
        return {**data, "groups": [], "gaps": [], "unequal": [], "looked_at": 0}
    told = _numbers(seen, rows, group) if seen.encoded.task.kind == "rate" else _labels(seen, rows, group)
    groups = [{"group": name, **own} for name, own in zip(kept, told, strict=True)]
    gaps = _gaps(seen, rows, group, kept) if len(kept) > 1 else []
    unequal = [gap["measure"] for gap in gaps if gap["p_holm"] < 1 - LEVEL and gap["share"] >= SIZE]
    return {**data, "groups": groups, "gaps": gaps, "unequal": unequal, "looked_at": len(gaps)}


def named(cells: Sequence[Any]) -> list[str]:
    """The group of each row as text, "" where none is given; a number of many values is parted into quarters."""
    texts = ["" if cell is None or (isinstance(cell, float) and cell != cell) else str(cell).strip() for cell in cells]
    try:
        numbers = [float(text) for text in texts if text]
    except ValueError:
        return texts
    if len(set(numbers)) <= MOST:
        return texts
    edges = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75]))
    ends = ["", *(f"{edge:g}" for edge in edges), ""]
    ranges = [f"{low} < x ≤ {high}" if low and high else f"≤ {high}" if high else f"> {low}" for low, high in pairwise(ends)]
    return [ranges[int(np.searchsorted(edges, float(text)))] if text else "" for text in texts]


def _answers(seen: Seen, rows: np.ndarray, group: np.ndarray) -> Rows:
    task, outputs = seen.encoded.task, np.asarray(seen.outputs)[rows]
    targets: Any = seen.encoded.targets
    targets = targets[rows]
    refused = None if seen.refused is None else seen.refused[rows]
    if task.several:
        true, given = targets > 0, answers_of(outputs, seen.predictor.threshold, refused) > 0
    else:
        labels = np.arange(len(task.labels))
        true, given = targets[:, None] == labels, answers_of(outputs, refused=refused)[:, None] == labels
    right = (true == given).all(axis=1) if task.several else (true & given).any(axis=1)
    return Rows(group, right if refused is None else right & ~refused, true, given)


def _labels(seen: Seen, rows: np.ndarray, group: np.ndarray) -> list[dict[str, Any]]:
    made, labels = _answers(seen, rows, group), seen.encoded.task.labels
    shown = np.argsort(-made.given.mean(axis=0), kind="stable")[:SHOWN].tolist()
    found = []
    for own in range(made.groups):
        at = group == own
        n, right = int(at.sum()), int(made.right[at].sum())
        low, high = wilson(right, n)
        answered = {labels[label]: float(made.given[at, label].mean()) for label in sorted(shown)}
        found.append({"n": n, "accuracy": {"value": right / n, "low": low, "high": high, "n": n}, "answered": answered})
    return found


def _numbers(seen: Seen, rows: np.ndarray, group: np.ndarray) -> list[dict[str, Any]]:
    errors = _errors(seen)[rows]
    found = []
    for own in range(int(group.max()) + 1):
        at = np.flatnonzero(group == own)
        told = {name: clustered(values[at], at) for name, values in (("mean_error", errors), ("absolute_error", np.abs(errors)))}
        found.append({"n": len(at), **{name: {"value": each.value, "low": each.low, "high": each.high, "n": len(at)} for name, each in told.items()}})
    return found


def _errors(seen: Seen) -> np.ndarray:
    return np.asarray(seen.outputs, dtype=np.float64) - np.asarray(seen.encoded.targets, dtype=np.float64)


def _gaps(seen: Seen, rows: np.ndarray, group: np.ndarray, kept: Sequence[str]) -> list[dict[str, Any]]:
    task = seen.encoded.task
    is_rate = task.kind == "rate"
    found: list[Gap] = error_gaps(group, _errors(seen)[rows], seed=seen.seed) if is_rate else label_gaps(_answers(seen, rows, group), seed=seen.seed)
    wide = task.high - task.low if is_rate else 1.0
    return [
        {
            "measure": gap.measure, **gap.metric.to_json(), "p": gap.p, "p_holm": p, "share": gap.metric.value / wide,
            "most": kept[gap.most], "least": kept[gap.least], "label": "" if is_rate or gap.measure == "accuracy" else task.labels[gap.label % len(task.labels)],
        }
        for gap, p in zip(found, holm([gap.p for gap in found]), strict=True)
    ]  # fmt: skip

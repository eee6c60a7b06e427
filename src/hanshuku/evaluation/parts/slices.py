"""Slices: is it worse on some kind of rows? By length, language, label and every column of few values; Holm for how many were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hanshuku.data.language import script_of
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.metrics.apart import apart
from hanshuku.metrics.paired import holm
from hanshuku.metrics.rows import mean_metric
from hanshuku.tasks import Task
from hanshuku.tasks.classify import label_text

LEAST_ROWS = 10  # of a slice, and of the rest, to be looked at
MOST_VALUES = 200  # of a column, to be taken as kinds of rows
BINS = 4  # parts of equal size that lengths and numbers are cut into
LEVEL = 0.05
RESAMPLES = 400  # for each slice whose scores are not 0 or 1
Slice = tuple[str, str, str, np.ndarray]  # by what, the column where it is one, the value, (N,) bool


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """The score of each slice against that of all other rows.

    Returns:
        metric (what a row's score is), whole, looked_at, too_small, least_rows; slices: by, column, name, n, value, low, high, difference, difference_low,
        difference_high, p, p_holm, worse; worst: the slice that is lowest among those that are worse, else the lowest. None where no slice is large enough.
    """
    scores = seen.right
    sizes, found = [], []
    for by, column, name, rows in slices_of(seen):
        n = int(rows.sum())
        if n == len(rows):
            continue
        sizes.append(n)
        if min(n, len(rows) - n) >= LEAST_ROWS:
            found.append(_slice(by, column, name, scores, rows, seen.seed))
    if not found:
        return None
    for one, adjusted in zip(found, holm([one["p"] for one in found]), strict=True):
        one |= {"p_holm": adjusted, "worse": adjusted < LEVEL and one["difference"] < 0}
    below = [one for one in found if one["worse"]] or found
    whole = mean_metric(scores, 0.0, resamples=RESAMPLES, seed=seen.seed).to_json()
    return {
        "metric": score_name(seen.encoded.task),
        "whole": {key: whole[key] for key in ("value", "low", "high", "n")},
        "looked_at": len(found),
        "too_small": len(sizes) - len(found),
        "least_rows": LEAST_ROWS,
        "worst": min(below, key=lambda one: (one["value"], one["p"])),
        "slices": found,
    }


def score_name(task: Task) -> str:
    """What the score of one row is: "accuracy", "row_f1" (sets of labels), "closeness" (numbers), else "row_score", the primary metric of the row alone."""
    if task.kind == "classify":
        return "row_f1" if task.several else "accuracy"
    return "closeness" if task.kind == "rate" else "row_score"


def _slice(by: str, column: str, name: str, scores: np.ndarray, rows: np.ndarray, seed: int) -> dict[str, Any]:
    value = mean_metric(scores[rows], 0.0, resamples=RESAMPLES, seed=seed)
    gap = apart(scores[rows], scores[~rows])
    return {
        "by": by, "column": column, "name": name, "n": value.n, "value": value.value, "low": value.low, "high": value.high,
        "difference": gap.difference, "difference_low": gap.low, "difference_high": gap.high, "p": gap.p,
    }  # fmt: skip


def slices_of(seen: Seen) -> Iterator[Slice]:
    """All slices of the rows, small ones too."""
    texts = [" ".join(row) for row in seen.encoded.inputs]
    yield from _ranges("length", "", np.array([len(text) for text in texts], dtype=np.float64))
    yield from _kinds("language", "", [_language(text) for text in texts])
    yield from _labels(seen)
    for column, cells in seen.columns.items():
        if all(cell is None or isinstance(cell, (str, int, float, bool)) for cell in cells):
            yield from _column(column, [label_text(cell) for cell in cells])


def _language(text: str) -> str:
    """Characters that both scripts have count as simplified: a short text may hold no other."""
    found = script_of(text)
    return "zh" if found == "zh-Hans" else found


def _labels(seen: Seen) -> Iterator[Slice]:
    task, targets = seen.encoded.task, seen.encoded.targets
    assert targets is not None
    if task.kind == "rate":
        yield from _ranges("label", "", np.asarray(targets, dtype=np.float64))
        return
    for i, label in enumerate(task.labels):
        if task.kind == "classify":
            yield "label", "", label, targets[:, i] > 0 if task.several else targets == i
        else:
            yield "label", "", label, np.array([any(span[2] == label for span in target) for target in targets], dtype=bool)


def _column(name: str, cells: Sequence[str]) -> Iterator[Slice]:
    """A column of few values by value, one of many numbers by range; other texts are no kinds of rows."""
    values = set(cells)
    numbers = _numbers(cells)
    if numbers is not None and len(values) > 2 * BINS:
        yield from _ranges("column", name, numbers)
    elif len(values) <= min(MOST_VALUES, max(2, len(cells) // 2)):
        yield from _kinds("column", name, cells)


def _numbers(cells: Sequence[str]) -> np.ndarray | None:
    try:
        found = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return found if np.isfinite(found).all() else None


def _kinds(by: str, column: str, values: Sequence[str]) -> Iterator[Slice]:
    every = np.array(values, dtype=object)
    for value in sorted(set(values)):
        yield by, column, value, every == value


def _ranges(by: str, column: str, numbers: np.ndarray) -> Iterator[Slice]:
    """Parts of nearly equal size; fewer where the rows are few or many are alike."""
    bins = min(BINS, len(numbers) // LEAST_ROWS)
    if bins < 2:
        return
    cuts = np.unique(np.quantile(numbers, np.arange(1, bins) / bins, method="lower"))
    places = np.searchsorted(cuts, numbers)  # a part holds its upper end
    for place in np.unique(places):
        rows = places == place
        low, high = numbers[rows].min(), numbers[rows].max()
        yield by, column, f"{low:g}" if low == high else f"{low:g}–{high:g}", rows

"""A summary of the rows that a function learned from, small and without any text, so that it can be compared with what it is asked later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.drift.features import word_features
from hanshuku.evaluation.drift.looks import languages, lengths

WIDTH = 32  # directions whose means and products are kept
MOST = 5000  # rows that are looked at, evenly taken
EDGES = tuple(round(2 ** (i / 2)) for i in range(2, 29))  # upper ends of the bins of lengths in characters: 2, 3, 4, 6 ... 16,384


@dataclass(frozen=True)
class Summary:
    """Counts and means of rows. No text can be read from it.

    Attributes:
        rows: how many were looked at.
        lengths: rows of each bin of EDGES, and of longer ones last.
        languages: language -> rows.
        labels: label -> rows; {} where the answer is no label.
        mean: (WIDTH,) of `word_features`.
        covariance: its upper triangle, row by row.
    """

    rows: int
    lengths: tuple[int, ...]
    languages: Mapping[str, int]
    labels: Mapping[str, int] = field(default_factory=dict)
    mean: tuple[float, ...] = ()
    covariance: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {key: dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Summary:
        """The summary that `to_json` wrote."""
        return cls(
            int(data["rows"]), tuple(data["lengths"]), dict(data["languages"]), dict(data.get("labels", {})), tuple(data.get("mean", ())), tuple(data.get("covariance", ()))
        )

    @property
    def moments(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Mean (WIDTH,), covariance (WIDTH, WIDTH) and rows."""
        whole = np.zeros((WIDTH, WIDTH))
        whole[np.triu_indices(WIDTH)] = self.covariance
        return np.array(self.mean), whole + np.triu(whole, 1).T, self.rows

    def with_more(self, other: Summary) -> Summary:
        """The summary of the rows of both."""
        (mean_a, cov_a, n), (mean_b, cov_b, m) = self.moments, other.moments
        if not n or not m:
            return other if not n else self
        gap = mean_b - mean_a
        covariance = ((n - 1) * cov_a + (m - 1) * cov_b + n * m / (n + m) * np.outer(gap, gap)) / (n + m - 1)
        return Summary(
            n + m, tuple(a + b for a, b in zip(self.lengths, other.lengths, strict=True)), _added(self.languages, other.languages), _added(self.labels, other.labels),
            tuple(np.round((n * mean_a + m * mean_b) / (n + m), 6).tolist()), tuple(np.round(covariance[np.triu_indices(WIDTH)], 8).tolist()),
        )  # fmt: skip


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in dict.fromkeys((*first, *second))}


def summarise(inputs: Sequence[tuple[str, ...]], rows: Encoded | None = None) -> Summary:
    """The summary of rows.

    Args:
        inputs: their texts.
        rows: the same with targets, for the shares of labels; all of them count.
    """
    step = max(1, math.ceil(len(inputs) / MOST))
    part = list(inputs[::step])
    bins = np.bincount(np.searchsorted(EDGES, lengths(part), side="left"), minlength=len(EDGES) + 1) if part else np.zeros(len(EDGES) + 1, dtype=np.int64)
    features = word_features(part, WIDTH) if part else np.zeros((0, WIDTH))
    covariance = np.cov(features.T) if len(part) > 1 else np.zeros((WIDTH, WIDTH))
    mean = features.mean(axis=0) if part else np.zeros(WIDTH)
    return Summary(
        len(part), tuple(map(int, bins)), dict(sorted(Counter(languages(part)).items())), label_counts(rows),
        tuple(np.round(mean, 6).tolist()), tuple(np.round(covariance[np.triu_indices(WIDTH)], 8).tolist()),
    )  # fmt: skip


def label_counts(rows: Encoded | None) -> dict[str, int]:
    """Label -> rows that have it; {} where the rows have none."""
    if rows is None or rows.targets is None or rows.task.kind != "classify":
        return {}
    counts = (rows.targets > 0).sum(axis=0) if rows.task.several else np.bincount(rows.targets[rows.targets >= 0], minlength=len(rows.task.labels))
    return dict(zip(rows.task.labels, map(int, counts), strict=True))

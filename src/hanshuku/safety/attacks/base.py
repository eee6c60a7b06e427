"""What an attack is made of, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import mean, median
from typing import Any

import numpy as np

from hanshuku.metrics.base import Metric
from hanshuku.metrics.classification import accuracy_sample
from hanshuku.metrics.intervals import bootstrap, wilson
from hanshuku.metrics.paired import paired_difference

SAMPLES = 5  # broken rows that are shown
HELD, BROKEN, WRONG = "held", "broken", "wrong"  # of a row: never turned, turned, and wrong without any attack


@dataclass(frozen=True)
class Unit:
    """A stretch of a text that may change: text[start:end] of the side-th text of a row."""

    side: int
    start: int
    end: int


@dataclass(frozen=True)
class How:
    """A way to attack.

    Attributes:
        help: what it does, in a line.
        units: the stretches of a text that may change.
        candidates: what may stand for text[start:end], the best first.
        size: how many words or characters a text has, of which `share` may change.
        share: most of them that change, 0..1; one always may.
        alike: similarity of texts before and after around a changed stretch, (text, new texts, start, end) -> numbers 0..1; None: none is asked for.
        least: similarity that is due.
        check: raises MissingExtra where a package is missing.
    """

    help: str
    units: Callable[[str], list[tuple[int, int]]]
    candidates: Callable[[str, int, int, Random], list[str]]
    size: Callable[[str], int]
    share: float
    alike: Callable[[str, Sequence[str], int, int], np.ndarray] | None = None
    least: float = 0.0
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Attacked:
    """One row and what came of it.

    Attributes:
        line: of the file it came from; 0: none.
        texts: as they are.
        due: the right answer, as text.
        status: HELD, BROKEN or WRONG.
        answer: what was answered before.
        new: the texts that turn it, where BROKEN; else ().
        new_answer: what those are answered with.
        queries: texts that were asked; 0 where WRONG.
        edits: stretches that changed.
        share: of the words or characters that changed, 0..1.
        similarity: of the changed stretches' surroundings before and after, the least of them; None where none was asked for.
    """

    line: int
    texts: tuple[str, ...]
    due: str
    status: str
    answer: str
    new: tuple[str, ...] = ()
    new_answer: str = ""
    queries: int = 0
    edits: int = 0
    share: float = 0.0
    similarity: float | None = None


@dataclass(frozen=True)
class Attack:
    """What came of an attack on a function.

    Attributes:
        how: name of the way.
        inputs: names of the inputs of the function.
        rows: one for each row that was drawn.
        of: rows there were.
        queries: most texts that were asked for a row.
        seed: of what was drawn.
    """

    how: str
    inputs: tuple[str, ...]
    rows: tuple[Attacked, ...]
    of: int
    queries: int
    seed: int = 0

    @property
    def broken(self) -> tuple[Attacked, ...]:
        """The rows whose right answer was turned."""
        return tuple(row for row in self.rows if row.status == BROKEN)

    @property
    def success(self) -> Metric:
        """The share of the rows that were right at first which were turned, with Wilson's interval; of no such row it is 0, anywhere from 0 to 1."""
        right = sum(row.status != WRONG for row in self.rows)
        hits = len(self.broken)
        return Metric(hits / right, *wilson(hits, right), right, 0.0) if right else Metric(0.0, 0.0, 1.0, 0, 0.0)

    def to_json(self) -> dict[str, Any]:
        """how, n, of, attacked, broken, success, accuracy (before, after, drop), queries (mean, median, total, most), changed, similarity, samples."""
        asked = [row.queries for row in self.rows if row.status != WRONG]
        similar = [row.similarity for row in self.broken if row.similarity is not None]
        before = np.array([row.status != WRONG for row in self.rows])
        after = np.array([row.status == HELD for row in self.rows])
        success = self.success
        return {
            "how": self.how, "n": len(self.rows), "of": self.of, "attacked": success.n, "broken": len(self.broken),
            "success": {"value": success.value, "low": success.low, "high": success.high, "n": success.n},
            "accuracy": {"before": _share(before), "after": _share(after), "drop": _drop(before, after)},
            "queries": {"mean": mean(asked) if asked else None, "median": median(asked) if asked else None, "total": sum(asked), "most": self.queries},
            "changed": mean(row.share for row in self.broken) if self.broken else None, "similarity": mean(similar) if similar else None,
            "samples": [_sample(row) for row in self.broken[:: max(1, len(self.broken) // SAMPLES)][:SAMPLES]],
        }  # fmt: skip

    def examples(self) -> list[dict[str, Any]]:
        """The turned rows as rows to learn from or to look at: the texts that turn them under the names of the inputs, the right label, and the texts as they were."""
        return [
            {**dict(zip(self.inputs, row.new, strict=True)), "label": row.due, "answer": row.new_answer, **{f"{name}_before": text for name, text in zip(self.inputs, row.texts, strict=True)}}
            for row in self.broken
        ]


def _share(right: np.ndarray) -> dict[str, Any] | None:
    if not len(right):
        return None
    low, high = wilson(float(right.sum()), len(right))
    return {"value": float(right.mean()), "low": low, "high": high, "n": len(right)}


def _drop(before: np.ndarray, after: np.ndarray) -> dict[str, float] | None:
    if len(before) < 2:
        return None
    sample = accuracy_sample(np.ones(len(before), dtype=bool), [before, after])
    values, drawn = sample.value, bootstrap(sample)
    found = paired_difference((values[:1], values[1:]), (drawn[:, :1], drawn[:, 1:]), sample.n, extra_row=True)
    return {"value": found.difference, "low": found.low, "high": found.high}


def _sample(row: Attacked) -> dict[str, Any]:
    return {"line": row.line, "before": list(row.texts), "after": list(row.new), "answers": [row.answer, row.new_answer], "queries": row.queries}

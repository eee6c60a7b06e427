"""Which rows are answered otherwise by the second of two functions, and whether for better or worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.diff.given import Given
from hanshuku.methods.row_values import right_rows
from hanshuku.safety.parts import changed
from hanshuku.tasks import Prediction, kind_of
from hanshuku.tasks.base import plain
from hanshuku.tasks.due import due

CHANGES = ("broken", "fixed", "otherwise")
GRADED = 1e-6  # least change of a row's own score that counts, where an answer can be more or less right
STEP = {"rate": 0.05}  # of numbers: as a part of the range


@dataclass(frozen=True)
class ChangedRow:
    """A row with another answer.

    Attributes:
        place: position among the rows, from 0.
        file: that it came from.
        line: 1-based line of that file.
        inputs: name -> text.
        due: what is right, see `tasks.due.due`; None: a label that neither knows.
        before: the first function's prediction, plain data: output, confidence, refused.
        after: the second one's.
        change: "fixed" (wrong before, right now; where answers are more or less right: better now), "broken" (the other way
            round), "otherwise" (another answer that is no better and no worse).
        scores: how right each is, 0..1: before, after.
    """

    place: int
    file: str
    line: int
    inputs: dict[str, str]
    due: Any
    before: dict[str, Any]
    after: dict[str, Any]
    change: str
    scores: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**vars(self), "due": plain(self.due), "scores": list(self.scores)}

    def with_texts(self, change: Callable[[str], str]) -> ChangedRow:
        """The same with each text as `change` gives it."""
        return replace(self, **{name: changed(plain(getattr(self, name)), change) for name in ("inputs", "due", "before", "after")})


def changed_rows(rows: Encoded, origins: Sequence[tuple[str, int]], given: tuple[Given, Given]) -> tuple[ChangedRow, ...]:
    """The rows with another answer: the broken ones first, then fixed, then otherwise; those of a kind by how sure the second function is.

    Args:
        rows: N labelled rows of the joint task.
        origins: file and line of each.
        given: what the two functions answered.
    """
    task, targets = rows.task, rows.targets
    assert targets is not None
    moved = np.flatnonzero(~given[0].same(task, given[1]))
    if not len(moved):
        return ()
    inputs = [rows.inputs[i] for i in moved.tolist()]
    parts = [each.take(moved) for each in given]
    said = [kind_of(task).decode(task, each.outputs, each.threshold, inputs) for each in parts]
    scores = [np.where(each.refused, 0.0, np.maximum(right_rows(task, targets[moved], each.outputs, each.threshold), each.right(task, targets[moved]))) for each in parts]
    found = []
    for k, i in enumerate(moved.tolist()):
        pair = (float(scores[0][k]), float(scores[1][k]))
        file, line = origins[i]
        texts = dict(zip(task.inputs, rows.inputs[i], strict=True))
        before, after = (_told(told[k], refused=bool(part.refused[k])) for told, part in zip(said, parts, strict=True))
        found.append(ChangedRow(i, file, line, texts, due(task, targets[i], rows.inputs[i]), before, after, _change(task.kind, pair), pair))
    return tuple(sorted(found, key=lambda row: (CHANGES.index(row.change), -(row.after["confidence"] or 0.0), row.place)))


def _change(kind: str, scores: tuple[float, float]) -> str:
    gain = scores[1] - scores[0]
    return "otherwise" if abs(gain) <= STEP.get(kind, GRADED) else "fixed" if gain > 0 else "broken"


def _told(prediction: Prediction, *, refused: bool) -> dict[str, Any]:
    return {"output": None if refused else plain(prediction.output), "confidence": prediction.confidence, "refused": refused}

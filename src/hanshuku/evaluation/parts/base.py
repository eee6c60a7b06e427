"""What a part of a report is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.inference.base import Inputs, Predictor, judged_by
from hanshuku.inference.calibrated import heard
from hanshuku.methods.row_values import right_rows
from hanshuku.metrics.base import LEVEL
from hanshuku.metrics.paired import holm
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

BATCH = 4096  # rows handed to the predictor at once


@dataclass(frozen=True, eq=False)
class Seen:
    """The rows that were measured, and what was answered."""

    predictor: Predictor
    encoded: Encoded  # N labelled rows
    outputs: np.ndarray  # of the predictor, see Predictor.outputs
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # N cells each: what else the file says of the rows
    seed: int = 0
    report: Callable[[Step], None] = silent
    reasons: np.ndarray | None = None  # (N,) why a row was refused, "" where it was answered; None where none can be

    @property
    def refused(self) -> np.ndarray | None:
        """(N,) bool: which rows were given no answer; None where none can be."""
        return None if self.reasons is None else self.reasons != ""

    @property
    def heard(self) -> Seen:
        """Of these the rows whose probabilities are the predictor's own: all but those that a guard kept from it."""
        if self.reasons is None or (own := heard(self.reasons)).all():
            return self
        columns = {name: [cell for cell, kept in zip(cells, own, strict=True) if kept] for name, cells in self.columns.items()}
        return replace(self, encoded=self.encoded.take(np.flatnonzero(own)), outputs=self.outputs[own], columns=columns, reasons=self.reasons[own])

    def ask(self, inputs: Inputs, note: str = "") -> tuple[np.ndarray, np.ndarray | None]:
        """Outputs for other rows, and (N,) bool which of them are given no answer; None where none can be. `note`: what progress is told as."""
        parts = []
        for first in range(0, len(inputs), BATCH):
            parts.append(judged_by(self.predictor, inputs[first : first + BATCH]))
            if note:
                self.report(Step(min(first + BATCH, len(inputs)), len(inputs), note=note))
        reasons = [why for _, why in parts if why is not None]
        return np.concatenate([outputs for outputs, _ in parts]), np.concatenate(reasons) != "" if reasons else None

    @cached_property
    def right(self) -> np.ndarray:
        """How right each answer is, (N,) 0..1; see `right_rows`; 0 where a row was refused. Found once for all parts."""
        task, outputs, targets = self.encoded.task, self.outputs, self.encoded.targets
        assert targets is not None  # `evaluate` has seen to it
        given = np.clip(outputs, task.low, task.high) if task.kind == "rate" else outputs
        found = right_rows(task, targets, given, self.predictor.threshold)
        return found if self.reasons is None else np.where(self.reasons == "", found, 0.0)


@dataclass(frozen=True, eq=False)
class Wanted:
    """Which parts are measured, and what they look at."""

    checks: tuple[str, ...] | None = None  # names in PARTS; None: all that suit; (): those alone that ask nothing again
    ood: Mapping[str, Encoded] = field(default_factory=dict)  # sets of another domain, by name
    behaviours: tuple[Any, ...] = ()  # CheckList-style tests, as read from their files
    groups: str = ""  # column that names the group of a row
    paraphrase: Any = None  # a Function, or a callable that takes a list of texts and gives as many in other words
    rows: int = 200  # most rows that a part asks again in another form


def always(_wanted: Wanted) -> bool:
    """Asked for by itself."""
    return True


@dataclass(frozen=True)
class Part:
    """A part of a report.

    Attributes:
        measure: plain JSON data (dicts, lists, text, numbers, None), or None where these rows give nothing to say.
        suits: whether it can be measured for a task.
        asks_again: whether the predictor is asked more than once, so that it costs time.
        is_asked: whether it is measured although nobody named it; for one that needs a file or a column, where these are given.
        needs: of such a one: what to give, said where it was named and that is not given.
    """

    measure: Callable[[Seen, Wanted], dict[str, Any] | None]
    suits: Callable[[Task], bool]
    asks_again: bool = False
    is_asked: Callable[[Wanted], bool] = always
    needs: str = ""

    def asked(self, seen: Seen, wanted: Wanted) -> bool:
        """Whether it is measured although nobody named it. What asks again unbidden is left out for a model on a server, which costs money."""
        costs = self.asks_again and not self.given(wanted) and bool(getattr(seen.predictor, "spending", None))
        return self.suits(seen.encoded.task) and self.is_asked(wanted) and not costs

    def given(self, wanted: Wanted) -> bool:
        """Whether it was asked for by what it looks at: a file or a column."""
        return self.is_asked is not always and self.is_asked(wanted)


def corrected(drops: Sequence[dict[str, Any]]) -> int:
    """Put `p_holm` and `clear` (a drop that stands after Holm's correction) into drops that were looked at together; how many have a `p`."""
    tested = [one for one in drops if one["p"] is not None]
    for one in drops:
        one |= {"p_holm": None, "clear": False}
    for one, p in zip(tested, holm([one["p"] for one in tested]), strict=True):
        one |= {"p_holm": p, "clear": p < 1 - LEVEL and one["drop"]["value"] > 0}
    return len(tested)

"""Cases: a row whose answer is to be explained, and how rows made from it are scored. One class a family of kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import UnknownName
from hanshuku.explain.base import LOG_ODDS, SCORE, log_odds
from hanshuku.explain.remarks import Remark
from hanshuku.explain.words import Cutter, words_of_row
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.calibrated import CalibratedPredictor
from hanshuku.tasks import kind_of

BATCH = 2048  # variants handed to a predictor at once: enough to sort by length, little enough to keep memory flat


@dataclass(frozen=True)
class Case:
    """A row, its words, and what is explained of it.

    Attributes:
        row: one text per input.
        cutter: its words, and rows made by leaving some out.
        output: what the function answered.
        keys: K names of what is explained.
        label: the one of them that matters most.
        notes: what a reader should know.
    """

    UNIT: ClassVar[str] = LOG_ODDS
    row: tuple[str, ...]
    cutter: Cutter
    output: Any
    keys: tuple[str, ...]
    label: str
    notes: tuple[Remark, ...] = ()

    def variant(self, kept: np.ndarray) -> tuple[str, ...]:
        """The row with the words alone for which (W,) `kept` is true."""
        return self.cutter.variant(kept)

    def ask(self, predictor: Predictor, rows: Inputs, cases: Sequence[Case]) -> Iterable[Any]:
        """What the predictor says of rows of this class; `cases` are the ones they were made from, one a row."""
        return predictor.outputs(rows)

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """(K,) float64, from what was said of one variant."""
        raise NotImplementedError


@dataclass(frozen=True)
class LabelCase(Case):
    """classify: the log-odds of labels."""

    places: tuple[int, ...] = ()  # of the keys among the task's labels

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """The log-odds of each label."""
        return log_odds(np.asarray(said)[None], several=predictor.task.several)[0][list(self.places)]


@dataclass(frozen=True)
class NumberCase(Case):
    """rate: the number itself."""

    UNIT: ClassVar[str] = SCORE

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """The number."""
        return np.array([float(said)])


def label_cases(predictor: Predictor, rows: list[tuple[str, ...]], label: str | Sequence[str] | None) -> list[Case]:
    """A case a row, for the labels wanted, or for those that were given.

    Raises:
        UnknownName: no label has that name.
    """
    task = predictor.task
    wanted = () if label is None else (label,) if isinstance(label, str) else tuple(dict.fromkeys(label))
    for name in wanted:
        if name not in task.labels:
            raise UnknownName("label", name, task.labels)
    answers = kind_of(task).decode(task, predictor.outputs(rows), predictor.threshold, rows) if rows else []
    reasons = list(predictor.judged(rows)[1]) if rows and isinstance(predictor, CalibratedPredictor) and predictor.refuses else [""] * len(rows)
    found: list[Case] = []
    for row, answer, reason in zip(rows, answers, reasons, strict=True):
        likely = sorted(task.labels, key=lambda name: -answer.scores[name])
        given = [name for name in likely if name in answer.output] if task.several else likely[:1]
        keys = wanted or tuple(given or likely[:1])
        places = tuple(map(task.labels.index, keys))
        none = task.several and not given and not wanted
        notes = (Remark(f"refused_{reason}"),) if reason else (Remark("none_given"),) if none else ()
        found.append(LabelCase(row, Cutter.of(row, words_of_row(row)), None if reason else answer.output, keys, keys[0], notes, places=places))
    return found


def number_cases(predictor: Predictor, rows: list[tuple[str, ...]], label: Any) -> list[Case]:
    """A case a row, for its number."""
    answers = kind_of(predictor.task).decode(predictor.task, predictor.outputs(rows), predictor.threshold, rows) if rows else []
    return [NumberCase(row, Cutter.of(row, words_of_row(row)), answer.output, ("",), "") for row, answer in zip(rows, answers, strict=True)]


def values(predictor: Predictor, cases: Sequence[Case], masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The scores of variants of many cases, all asked together: for each case (M, K) float64.

    Args:
        predictor: what answers.
        cases: C of one kind.
        masks: C arrays (M, W) of bool: the words that each variant keeps.
    """
    owner = np.repeat(np.arange(len(cases)), [len(own) for own in masks])
    place = np.concatenate([np.arange(len(own)) for own in masks]) if len(masks) else np.zeros(0, dtype=np.int64)
    found = [np.empty((len(own), len(case.keys))) for case, own in zip(cases, masks, strict=True)]
    for start in range(0, len(owner), BATCH):
        chunk = list(zip(owner[start : start + BATCH].tolist(), place[start : start + BATCH].tolist(), strict=True))
        rows = [cases[c].variant(masks[c][m]) for c, m in chunk]
        said = cases[0].ask(predictor, rows, [cases[c] for c, _ in chunk])
        for (c, m), one in zip(chunk, said, strict=True):
            found[c][m] = cases[c].scores(predictor, one, masks[c][m])
    return found

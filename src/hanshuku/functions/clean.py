"""wrong_labels: the rows of labelled examples whose label seems wrong, by file and line, and the examples without or with them mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.examples import Examples
from hanshuku.data.infer import infer_task
from hanshuku.data.match import match_columns
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.learn import default_model, encoded
from hanshuku.methods import get_method
from hanshuku.methods.checks import check_range
from hanshuku.methods.confident import suspects, unlikely
from hanshuku.methods.out_of_fold import FOLDS, OutOfFold, folds_for, out_of_fold
from hanshuku.models.pull import pull
from hanshuku.models.remote import is_remote
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

KINDS = ("classify", "rate")
FAR = 0.5  # rate: rows as far off as this one that one would expect among as many normal errors (Chauvenet's criterion)


@dataclass(frozen=True)
class WrongLabel:
    """A row whose label seems wrong."""

    row: int  # position among the examples, from 0
    file: str
    line: int  # 1-based
    text: str  # its inputs, parted by " | "
    given: Any  # a label, a tuple of labels, or a number
    proposed: Any
    confidence: float  # probability of what is proposed as out-of-fold answers tell; rate: that an error so large is no chance
    score: float  # how improbable what is given is, 0..1: the list is sorted by it; several labels: 1 minus its lift; rate: the error as a part of the range

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        as_list = {key: list(value) for key in ("given", "proposed") if isinstance(value := getattr(self, key), tuple)}
        return {**self.__dict__, **as_list}


@dataclass(frozen=True)
class WrongLabels:
    """What was found in examples, the surest first.

    Attributes:
        examples: the rows that were looked at.
        task: what they state.
        found: the rows whose label seems wrong.
        noise: estimated share of wrong labels, 0..1: what was found, whatever its confidence; several labels: of what is given, there or not.
        method: what gave the out-of-fold answers, with its model.
        notes: what to know of the answers before one trusts in them.
    """

    examples: Examples
    task: Task
    found: tuple[WrongLabel, ...]
    noise: float
    method: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Any:
        return iter(self.found)

    def drop(self) -> Examples:
        """The examples without the rows found."""
        keep = np.ones(len(self.examples), dtype=bool)
        keep[[wrong.row for wrong in self.found]] = False
        return self.examples.take(np.flatnonzero(keep))

    def relabel(self) -> Examples:
        """The examples with what is proposed in the place of what was given."""
        column = match_columns(self.task, self.examples).target or ""
        cells = list(self.examples.column(column))
        for wrong in self.found:
            cells[wrong.row] = list(wrong.proposed) if isinstance(wrong.proposed, tuple) else _like(cells[wrong.row], wrong.proposed)
        return replace(self.examples, columns={**self.examples.columns, column: cells})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"rows": len(self.examples), "noise": round(self.noise, 4), "method": self.method, "notes": list(self.notes), "found": [wrong.to_json() for wrong in self.found]}


def wrong_labels(
    examples: Any, *, task: Task | None = None, method: str = "probe", model: str | None = None, folds: int = FOLDS, at_least: float = 0.0,
    seed: int = 0, report: Callable[[Step], None] = silent, **settings: Any,
) -> WrongLabels:  # fmt: skip
    """The rows whose label seems wrong, by confident learning (arXiv 1911.00068) from out-of-fold answers.

    One label: see `methods.confident.suspects`. Several labels: see `methods.confident.unlikely`. rate: rows whose
    error is larger than a normal spread (1.4826 times the median absolute error) lets one expect (Chauvenet's criterion).

    Args:
        examples: labelled Examples, or whatever `read` takes.
        task: what they fit; None: found from the columns.
        method: what answers, by name; "probe" takes seconds, "finetune" sees more.
        model: catalogue name, hub name or folder; None: the method's default.
        folds: parts that are held out in turn; the usual 5 are fewer where there are fewer different texts.
        at_least: least confidence of a row that is given, 0..1.
        seed: of the folds.
        report: called with progress.
        **settings: fields of the method.

    Raises:
        ConfigError: the task has no labels and no numbers, or a setting is outside its range.
        DataError: the examples do not fit the task.
        ModelError: the model cannot be had.
    """
    check_range("at_least", at_least, 0, 1)
    rows_of = examples_of(examples)
    task = task or infer_task(rows_of)
    if task.kind not in KINDS:
        raise ConfigError(f"Wrong labels are found where a task is to {' or '.join(KINDS)}. Received a task of kind {task.kind!r}.")
    rows, _ = encoded(task, rows_of)
    name = model or default_model(get_method(method, **settings), task, rows)
    if not is_remote(name):
        pull(name)
    folds = folds_for(rows) if folds == FOLDS else folds
    answers = out_of_fold(rows, method=method, model=name, folds=folds, seed=seed, report=report, **settings)
    assert rows.targets is not None
    find = _far if task.kind == "rate" else _sets if task.several else _labels
    found, noise, notes = find(task, rows.targets, answers)
    wrong = []
    for at, given, proposed, confidence, score in found:
        if confidence >= at_least:
            file, line = rows_of.origin(at)
            wrong.append(WrongLabel(at, file, line, " | ".join(rows.inputs[at]), given, proposed, confidence, score))
    return WrongLabels(rows_of, task, tuple(wrong), noise, f"{method} with {name}", notes)


_Found = list[tuple[Any, ...]]  # row, given, proposed, confidence, score
_Told = tuple[_Found, float, tuple[str, ...]]  # and the share of wrong labels, and what to know of the answers


def _labels(task: Task, targets: np.ndarray, answers: OutOfFold) -> _Told:
    alone = _alone(targets, answers.fold)
    judged = np.flatnonzero(~alone)
    if not len(judged):
        raise DataError(f"To tell whether a label is wrong, another text with the same label is due. Received: {len(targets)} rows of {len(set(targets.tolist()))} labels, no two alike.")
    chances = answers.outputs.astype(np.float64)
    seen = suspects(targets[judged], chances[judged])
    found = []
    for at, label in zip(judged[seen.rows].tolist(), seen.proposed.tolist(), strict=True):
        sure, given = float(chances[at, label]), int(targets[at])
        found.append((at, task.labels[given], task.labels[label], round(sure, 4), round(1 - float(chances[at, given]), 4)))
    return found, seen.noise, _notes(targets, answers, alone)


def _alone(targets: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(N,) whether no row outside its fold has the row's label: what answered it had never seen that label."""
    folds_of = np.array([len(set(fold[targets == label].tolist())) for label in range(int(targets.max()) + 1)])
    return np.asarray(folds_of[targets] < 2)


def _notes(targets: np.ndarray, answers: OutOfFold, alone: np.ndarray) -> tuple[str, ...]:
    """One label: rows that cannot be judged, and where the answers are no better than a guess."""
    notes = []
    if alone.any():
        notes.append(f"{int(alone.sum())} of {len(targets)} rows have a label that no other text has: whether it is wrong cannot be told")
    judged = targets[~alone]
    right, most = int((answers.outputs[~alone].argmax(axis=1) == judged).sum()), int(np.bincount(judged).max())
    if right <= most:
        notes.append(
            f"the answers out of fold are right for {right} of {len(judged)} rows, no more than if all had the commonest label ({most}): "
            "what is found here is hardly better than a guess. Give more rows, or a method that tells the labels apart (--method finetune)"
        )
    return tuple(notes)


def _sets(task: Task, targets: np.ndarray, answers: OutOfFold) -> _Told:
    """Each label by itself: is it there, or not? A row is found if any of its labels is."""
    given = targets > 0
    seen = unlikely(given, answers.outputs.astype(np.float64))
    found = []
    for at in np.flatnonzero(seen.wrong.any(axis=1)).tolist():
        turned = seen.wrong[at]
        right = given[at] ^ turned
        chance = np.where(right, answers.outputs[at], 1 - answers.outputs[at])[turned].astype(np.float64)
        both = [tuple(name for name, there in zip(task.labels, row, strict=True) if there) for row in (given[at], right)]
        found.append((at, *both, round(float(chance.prod()), 4), round(1 - float(seen.lift[at][turned].min()), 4)))
    unknown = [name for name, judged in zip(task.labels, seen.judged.tolist(), strict=True) if not judged]
    told = f"{len(unknown)} of {len(task.labels)} labels are answered no better than by a guess, so that none of their rows is judged: {', '.join(unknown[:8])}{', ...' * (len(unknown) > 8)}"
    return sorted(found, key=lambda row: -row[-1]), float(seen.wrong.mean()), (told,) if unknown else ()


def _far(task: Task, targets: np.ndarray, answers: OutOfFold) -> _Told:
    from scipy.stats import norm

    error = targets.astype(np.float64) - answers.outputs
    error -= np.median(error)
    spread = max(1.4826 * float(np.median(np.abs(error))), 1e-9)
    tail = 2 * norm.sf(np.abs(error) / spread)
    rows = np.flatnonzero(tail * len(error) < FAR)
    rows = rows[np.argsort(-np.abs(error[rows]), kind="stable")]
    width = task.high - task.low
    found = [(at, float(targets[at]), round(float(answers.outputs[at]), 3), round(1 - float(tail[at]), 4), round(float(abs(error[at]) / width), 4)) for at in rows.tolist()]
    return found, len(found) / max(len(error), 1), ()


def _like(cell: Any, label: Any) -> Any:
    """The label as the file writes labels: numbers and truths stay what they are."""
    if isinstance(cell, bool):
        return str(label) == "true"
    return type(cell)(label) if isinstance(cell, (int, float)) and not isinstance(label, float) else label

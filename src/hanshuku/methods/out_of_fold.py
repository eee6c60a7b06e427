"""out_of_fold: what a method answers to each row after learning from other rows only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.split import codes, normal_text
from hanshuku.errors import ConfigError, DataError
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.linear import folds as stratified_folds
from hanshuku.training.run import Run, Step, silent

FOLDS = 5


@dataclass(frozen=True)
class OutOfFold:
    """Answers of N rows, each from what was learned without it.

    Attributes:
        outputs: classify (N, L) probabilities; rate (N,); other kinds (N,) objects, as their predictors give them.
        threshold: several labels: the mean threshold of the folds.
        fold: (N,) int64, the fold that held the row out.
    """

    outputs: np.ndarray
    threshold: float
    fold: np.ndarray


def folds_for(rows: Encoded, wanted: int = FOLDS) -> int:
    """As many folds as are wanted, or fewer where there are fewer different texts; at least 2."""
    return max(2, min(wanted, len({tuple(map(normal_text, row)) for row in rows.inputs})))


def fold_of_rows(rows: Encoded, count: int, seed: int) -> np.ndarray:
    """(N,) int64 fold of each row, stratified; rows with the same text (case, width and white space aside) share a fold.

    Raises:
        ConfigError: count < 2.
        DataError: there are fewer different texts than folds.
    """
    groups = codes([tuple(map(normal_text, row)) for row in rows.inputs])
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if count < 2:
        raise ConfigError(f"folds is at least 2. Received: {count}.")
    if len(first) < count:
        raise DataError(f"For {count} folds at least {count} different texts are due. Received: {len(first)}.")
    fold = np.zeros(len(first), dtype=np.int64)
    for number, (_, held) in enumerate(stratified_folds(rows.strata[first], count, seed)):
        fold[held] = number
    return fold[member]


def out_of_fold(
    rows: Encoded, *, method: str = "probe", model: str, folds: int = FOLDS, seed: int = 0, frozen: FrozenRows | None = None,
    report: Callable[[Step], None] = silent, **settings: Any,
) -> OutOfFold:  # fmt: skip
    """Answers to labelled rows by `method`, learned `folds` times, each time without a part of the rows, which it then answers.

    A probe reads the rows once; its penalty is chosen once, by cross-validation inside all rows.

    Args:
        rows: N labelled rows.
        method: a name in METHODS.
        model: catalogue name, hub name or folder.
        folds: parts, >= 2.
        seed: of the folds and of each fit.
        frozen: the rows as a probe has read them already; None: they are read here.
        report: called after each fold.
        **settings: fields of the method.

    Raises:
        ConfigError: the method cannot do this kind of task, or a setting is outside its range.
        DataError: there are too few rows.
    """
    from hanshuku.methods import check_kind, get_method

    chosen = get_method(method, **settings)
    check_kind(chosen, rows.task.kind)
    fold = fold_of_rows(rows, folds, seed)
    if method == "probe":
        frozen = frozen or FrozenRows.read(rows.task, rows.inputs, chosen, model, Run(seed, report=report))
        answer = _by_probe(rows, frozen, seed)
    else:
        answer = _by_fits(rows, chosen, model, seed)
    outputs: np.ndarray | None = None
    thresholds = []
    for number in range(folds):
        held = np.flatnonzero(fold == number)
        found, threshold = answer(np.flatnonzero(fold != number), held)
        outputs = np.empty((len(rows), *found.shape[1:]), dtype=found.dtype) if outputs is None else outputs
        outputs[held] = found
        thresholds.append(threshold)
        report(Step(number + 1, folds, note="out of fold"))
    assert outputs is not None
    return OutOfFold(outputs, float(np.mean(thresholds)), fold)


_Answer = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, float]]  # rows to learn from, rows to answer -> outputs, threshold


def _by_probe(rows: Encoded, frozen: FrozenRows, seed: int) -> _Answer:
    like = frozen.learn(rows, seed=seed)

    def answer(kept: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, float]:
        learned = frozen.learn(rows, kept, like=like, seed=seed)
        return frozen.outputs(learned, held), learned.threshold

    return answer


def _by_fits(rows: Encoded, method: Any, model: str, seed: int) -> _Answer:
    def answer(kept: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, float]:
        train = rows.take(kept) if method.LEARNS else None
        predictor = method.fit(rows.task, train, model=model, run=Run(seed))
        return predictor.outputs(rows.take(held).inputs), float(predictor.threshold)

    return answer

"""Row by row, for every kind of task: is an answer right, and do two functions give the same one?"""

from __future__ import annotations

import numpy as np

from hanshuku.metrics.answers import accepted_texts, answer_rows, answer_texts, is_chinese
from hanshuku.metrics.entities import spans_of
from hanshuku.metrics.programs import can_run, verdicts
from hanshuku.metrics.rows import texts_of
from hanshuku.metrics.structures import equal_objects
from hanshuku.metrics.texts import exact_rows, references_of
from hanshuku.tasks import Task

NEAR = 0.05  # part of the range within which two numbers count as the same


def right_answers(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float = 0.5, refused: np.ndarray | None = None) -> np.ndarray:
    """(N,) bool: whether each answer is wholly right.

    classify: the label, or the whole set; rate: within NEAR of the range; tag: every entity; answer and texts: one of the accepted ones, by the
    rules of their metrics; extract: the whole object; rank: the best candidate is relevant; complete_code: all tests pass, where the row has some.

    Args:
        task: what was answered.
        targets: as in `Encoded`.
        outputs: as a predictor gives them.
        threshold: several labels: least probability of a label that is given.
        refused: (N,) whether a row was given no answer, so no right one; None: none was.
    """
    if refused is not None:
        return right_answers(task, targets, outputs, threshold) & ~refused
    if task.kind == "classify":
        return ((outputs >= threshold) == (targets > 0)).all(axis=1) if task.several else outputs.argmax(axis=1) == targets
    if task.kind == "rate":
        return np.asarray(np.abs(np.clip(outputs, task.low, task.high) - targets) <= NEAR * (task.high - task.low) + 1e-9)
    if task.kind == "tag":
        return np.array([mine == theirs for mine, theirs in zip(spans_of(outputs), spans_of(targets), strict=True)], dtype=bool)
    if task.kind == "answer":
        return answer_rows(answer_texts(outputs), accepted_texts(targets), chinese=is_chinese(task, targets))[0] > 0
    if task.kind == "extract":
        return equal_objects(texts_of(outputs), list(targets))
    if task.kind == "rank":
        return np.array([bool(target) and int(np.argmax(given)) in target for given, target in zip(outputs, targets, strict=True)], dtype=bool)
    return _right_texts(task, targets, outputs)


def _right_texts(task: Task, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    right = exact_rows(texts_of(outputs), references_of(task, targets)) > 0
    if can_run(task, targets):
        tested = np.array([bool(tests) for _, tests in targets])
        right[tested] = [verdict.passed for verdict in verdicts(targets, outputs)]
    return right


def same_answers(task: Task, first: np.ndarray, second: np.ndarray, thresholds: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """(N,) bool: whether two functions answer the same; of numbers whether they are within NEAR of the range, of rankings whether the order is one.

    Args:
        task: what was answered.
        first: outputs of one.
        second: outputs of the other, for the same rows.
        thresholds: several labels: of the two.
    """
    if task.kind == "classify":
        if task.several:
            return ((first >= thresholds[0]) == (second >= thresholds[1])).all(axis=1)
        return np.asarray(first.argmax(axis=1) == second.argmax(axis=1))
    if task.kind == "rate":
        return np.asarray(np.abs(first - second) <= NEAR * (task.high - task.low) + 1e-9)
    pairs = list(zip(first, second, strict=True))
    if task.kind == "tag":
        return np.array([mine == theirs for mine, theirs in zip(spans_of(first), spans_of(second), strict=True)], dtype=bool)
    if task.kind == "rank":
        return np.array([_order(mine) == _order(theirs) for mine, theirs in pairs], dtype=bool)
    if task.kind == "extract":
        return equal_objects(texts_of(first), texts_of(second))
    return np.array([mine[0].strip() == theirs[0].strip() for mine, theirs in pairs], dtype=bool)


def _order(scores: tuple[float, ...]) -> list[int]:
    return sorted(range(len(scores)), key=lambda place: -scores[place])

"""One label a row: accuracy, macro F1, MCC, log loss, and a table of labels.

A target of -1 is a label that the function does not know. Such a row is wrong everywhere: for accuracy, as one more label
with F1 0 in macro F1, as one more true class in MCC, and at the floor in log loss. A row that was refused is not right: its label misses
it in macro F1, it is one more answer in MCC; log loss looks at the probabilities alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import POSITIVE, SIGNED, UNIT, measured, wilson

UNKNOWN = -1  # target of a row whose label the function does not know
REFUSED = -2  # answer of a row that was refused
FLOOR = 1e-7  # least probability in a log loss, about the least step of float32 below 1; 16.1 nats


def classification_metrics(targets: np.ndarray, probabilities: np.ndarray, refused: np.ndarray | None = None, **draws: Any) -> dict[str, Metric]:
    """accuracy, macro_f1, mcc and log_loss; where rows may be refused also coverage and risk.

    Chance: 1/L; the macro F1 of guessing every label equally often; 0; ln L.

    Args:
        targets: (N,) int64 label indices, -1 for an unknown label.
        probabilities: (N, L), rows sum to 1.
        refused: (N,) whether a row was given no answer; None: none can be.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: the shapes do not fit, or there is no row.
    """
    check_shapes(targets, probabilities)
    answers = answers_of(probabilities, refused=refused)
    n, labels = probabilities.shape
    right = int((answers == targets).sum())
    counted = measured(counts_sample(targets, answers), (UNIT, SIGNED), (uniform_macro_f1(targets, labels), 0.0), **draws)
    losses = row_losses(targets, probabilities)
    loss = measured(Sample(lambda weights: weights @ losses / n, np.ones(n, dtype=np.int64)), (POSITIVE,), (math.log(labels),), **draws)
    accuracy = Metric(right / n, *wilson(right, n), n, 1 / labels)
    found = {"accuracy": accuracy, "macro_f1": counted[0], "mcc": counted[1], "log_loss": loss[0]}
    return found if refused is None else found | refusal_metrics(answers == targets, refused)


def refusal_metrics(right: np.ndarray, refused: np.ndarray) -> dict[str, Metric]:
    """coverage, the share of rows that is answered, and risk, the share wrong among these; both have no value that guessing would get.

    Args:
        right: (N,) whether a row was answered rightly.
        refused: (N,) whether it was given no answer.
    """
    n, answered = len(refused), int((~refused).sum())
    wrong = answered - int(right[~refused].sum())
    risk = (wrong / answered, *wilson(wrong, answered)) if answered else (math.nan,) * 3
    return {"coverage": Metric(answered / n, *wilson(answered, n), n, math.nan), "risk": Metric(*risk, answered, math.nan)}


def answers_of(outputs: np.ndarray, threshold: float | None = None, refused: np.ndarray | None = None) -> np.ndarray:
    """What was answered: (N,) places of labels or, where several are given, (N, L) 1 for those and 0 for the others; REFUSED throughout a row that was given no answer.

    Args:
        outputs: (N, L) probabilities.
        threshold: several labels: least probability of a label that is given; None: one label a row.
        refused: (N,) whether a row was given no answer; None: none was.
    """
    given = outputs.argmax(axis=1) if threshold is None else (outputs >= threshold).astype(np.int64)  # ties: the earlier label, as `decode` has it
    if refused is None:
        return np.asarray(given)
    return np.where(refused if threshold is None else refused[:, None], REFUSED, given)


def check_shapes(targets: np.ndarray, outputs: np.ndarray) -> None:
    """Refuse what cannot be measured.

    Raises:
        DataError: no rows, not as many targets as outputs, or an output that is no number.
    """
    if not len(targets) or len(targets) != len(outputs):
        raise DataError(f"To measure, as many targets as outputs are due, at least one. Received: {len(targets)} and {len(outputs)}.")
    bad = int((~np.isfinite(outputs)).reshape(len(outputs), -1).any(axis=1).sum())
    if bad:
        raise DataError(f"The outputs of {bad} of {len(outputs)} rows are no finite numbers, so there is nothing to measure.")


def row_losses(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(N,) minus the natural logarithm of the probability given to the right label."""
    given = np.take_along_axis(probabilities, np.maximum(targets, 0)[:, None], axis=1)[:, 0].astype(np.float64)
    return -np.log(np.where(targets == UNKNOWN, 0.0, given).clip(FLOOR, 1.0))


def counts_sample(targets: np.ndarray, answers: np.ndarray) -> Sample:
    """Macro F1 and MCC, (B, 2), as a statistic of the cells of the confusion matrix.

    Macro F1 is the mean over the labels that occur among targets or answers. MCC for L labels: Gorodkin 2004,
    https://doi.org/10.1016/j.compbiolchem.2004.09.006, equation 8; 0 where one side is constant.
    """
    present = np.union1d(targets, answers)
    named = present != REFUSED  # a refusal is no label
    cells, counts = np.unique(np.stack([targets, answers]), axis=1, return_counts=True)
    true, given = (np.searchsorted(present, side) for side in cells)
    diagonal = np.flatnonzero(true == given)
    # float32 products are exact: counts stay below 2^24
    of_true, of_given = (np.eye(len(present), dtype=np.float32)[side] for side in (true, given))

    def statistic(weights: np.ndarray) -> np.ndarray:
        light = weights.astype(np.float32)
        support, predicted = light @ of_true, light @ of_given  # (B, labels)
        hits = np.zeros_like(support)
        hits[:, true[diagonal]] = light[:, diagonal]
        return np.stack([_macro_f1(hits[:, named], (support + predicted)[:, named]), _mcc(hits, support, predicted)], axis=1)

    return Sample(statistic, counts)


def counts_samples(targets: np.ndarray, answers: Sequence[np.ndarray]) -> tuple[Sample, Sample]:
    """Macro F1 and MCC of R sets of answers to the same rows, (B, R) each."""
    alone = [counts_sample(targets, given) for given in answers]
    cell = [np.unique(np.stack([targets, given]), axis=1, return_inverse=True)[1].ravel() for given in answers]  # the cell of each row, as `counts_sample` numbers them
    joint, counts = np.unique(np.stack(cell), axis=1, return_counts=True)
    into = [np.eye(len(sample.counts))[cells] for sample, cells in zip(alone, joint, strict=True)]

    def part(which: int) -> Sample:
        return Sample(lambda weights: np.stack([one.statistic(weights @ cells)[:, which] for one, cells in zip(alone, into, strict=True)], axis=1), counts)

    return part(0), part(1)


def _macro_f1(hits: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """(B,) mean of 2 hits / sums over the labels with sums > 0; both (B, labels)."""
    occurs = sums > 0
    scores = np.divide(2 * hits, sums, out=np.zeros_like(sums), where=occurs)
    return scores.sum(axis=1, dtype=np.float64) / occurs.sum(axis=1)


def _mcc(hits: np.ndarray, support: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    hits, support, predicted = (part.astype(np.float64) for part in (hits, support, predicted))
    n = support.sum(axis=1)
    covariance = hits.sum(axis=1) * n - (support * predicted).sum(axis=1)
    spread = (n * n - (support * support).sum(axis=1)) * (n * n - (predicted * predicted).sum(axis=1))
    return np.divide(covariance, np.sqrt(spread), out=np.zeros_like(covariance), where=spread > 0)


def uniform_macro_f1(targets: np.ndarray, labels: int) -> float:
    """Macro F1 of guessing each of the labels equally often: a label of share p has precision p and recall 1/L."""
    counts = np.bincount(targets[targets != UNKNOWN], minlength=labels)
    shares = counts / len(targets)
    unknown = int((targets == UNKNOWN).any())
    return float((2 * shares / (1 + labels * shares)).sum() / (labels + unknown))


def accuracy_sample(targets: np.ndarray, answers: Sequence[np.ndarray]) -> Sample:
    """The accuracies of R sets of answers to the same rows, (B, R)."""
    right = np.stack([given == targets for given in answers], axis=1)
    patterns, counts = np.unique(right, axis=0, return_counts=True)
    return Sample(lambda weights: weights @ patterns / len(targets), counts)


def confusion(targets: np.ndarray, answers: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts (L, L), true label down, answer across; and (L,) the answers to rows of an unknown label."""
    known = targets != UNKNOWN
    table = np.bincount(targets[known] * labels + answers[known], minlength=labels * labels).reshape(labels, labels)
    return table, np.bincount(answers[~known], minlength=labels)


def label_table(hits: np.ndarray, support: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall and F1 of each label with Wilson intervals, from (L,) counts.

    F1 is 2q / (1 + q), where q is the share of hits among the rows that have the label or were given it, so q's interval
    gives that of F1. A number without any row is None.
    """
    rows = []
    for hit, true, given in zip(hits.tolist(), support.tolist(), predicted.tolist(), strict=True):
        touched = true + given - hit
        f1 = _share(hit, touched)
        row: dict[str, Any] = {"precision": _share(hit, given), "recall": _share(hit, true)}
        row["f1"] = None if f1 is None else {key: 2 * q / (1 + q) for key, q in f1.items()}
        rows.append({**row, "support": int(true), "predicted": int(given)})
    return rows


def _share(part: float, whole: float) -> dict[str, float] | None:
    if not whole:
        return None
    low, high = wilson(part, int(whole))
    return {"value": part / whole, "low": low, "high": high}

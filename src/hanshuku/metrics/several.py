"""Several labels a row: accuracy (the whole set is right), micro F1, macro F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import check_shapes, refusal_metrics
from hanshuku.metrics.intervals import UNIT, measured, wilson
from hanshuku.metrics.rows import mean_sample


def several_metrics(targets: np.ndarray, probabilities: np.ndarray, threshold: float = 0.5, refused: np.ndarray | None = None, **draws: Any) -> dict[str, Metric]:
    """micro_f1, macro_f1, and accuracy: the share of rows with exactly the right set (subset accuracy); where rows may be refused also coverage and risk.

    Chance is guessing each label as often as it occurs, without looking. Macro F1 is the mean over the labels that occur
    among targets or answers.

    Args:
        targets: (N, L) of 0 and 1.
        probabilities: (N, L), each 0..1.
        threshold: least probability of a label that is given.
        refused: (N,) whether a row was given no answer, so no label, and is not right; None: none can be.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: the shapes do not fit, or there is no row.
    """
    check_shapes(targets, probabilities)
    true, given = targets > 0, probabilities >= threshold
    fits = (true == given).all(axis=1)
    if refused is not None:
        given, fits = given & ~refused[:, None], fits & ~refused
    n = len(true)
    shares = true.mean(axis=0)
    right = int(fits.sum())
    by_prior = float(np.where(true, shares, 1 - shares).prod(axis=1).mean())
    # guessed like this, a label of share p is hit p * p of the time and is true or given 2 p of the time
    chance = float((shares**2).sum() / shares.sum()) if shares.any() else 0.0
    occurs = (true | given).any(axis=0)
    micro = measured(micro_f1_sample(targets, [given]), (UNIT,), (chance,), **draws)[0]
    macro = measured(macro_f1_sample(targets, [given]), (UNIT,), (float(shares[occurs].mean()) if occurs.any() else 0.0,), **draws)[0]
    found = {"micro_f1": micro, "macro_f1": macro, "accuracy": Metric(right / n, *wilson(right, n), n, by_prior)}
    return found if refused is None else found | refusal_metrics(fits, refused)


def micro_f1_sample(targets: np.ndarray, answers: Sequence[np.ndarray]) -> Sample:
    """The micro F1 of R sets of answers to the same rows, (B, R); answers (N, L) bool. 0 where nothing is true or given."""
    true = targets > 0
    hits = np.stack([(true & given).sum(axis=1) for given in answers], axis=1)  # (N, R)
    sums = np.stack([given.sum(axis=1) for given in answers], axis=1) + true.sum(axis=1)[:, None]
    groups, counts = np.unique(np.hstack([hits, sums]), axis=0, return_counts=True)
    hits, sums = np.hsplit(groups.astype(np.float64), 2)

    def statistic(weights: np.ndarray) -> np.ndarray:
        whole = weights @ sums
        return np.divide(2 * (weights @ hits), whole, out=np.zeros_like(whole), where=whole > 0)

    return Sample(statistic, counts)


def macro_f1_sample(targets: np.ndarray, answers: Sequence[np.ndarray]) -> Sample:
    """The macro F1 of R sets of answers to the same rows, (B, R); answers (N, L) bool. The mean is over labels that are true or given."""
    true = targets > 0
    _packed, first, counts = np.unique(np.packbits(np.hstack([true, *answers]), axis=1), axis=0, return_index=True, return_counts=True)
    hits = np.stack([(true & given)[first] for given in answers], axis=1).astype(np.float32)  # (groups, R, L)
    sums = np.stack([given[first] for given in answers], axis=1).astype(np.float32) + true[first].astype(np.float32)[:, None]

    def statistic(weights: np.ndarray) -> np.ndarray:
        light = weights.astype(np.float32)
        whole = np.tensordot(light, sums, axes=1)  # (B, R, L)
        occurs = whole > 0
        scores = np.divide(2 * np.tensordot(light, hits, axes=1), whole, out=np.zeros_like(whole), where=occurs)
        return scores.sum(axis=2, dtype=np.float64) / np.maximum(occurs.sum(axis=2), 1)

    return Sample(statistic, counts)


def sets_sample(targets: np.ndarray, answers: Sequence[np.ndarray]) -> Sample:
    """The share of rows with exactly the right set of R sets of answers, (B, R); answers (N, L) bool."""
    return mean_sample([((targets > 0) == given).all(axis=1) for given in answers])

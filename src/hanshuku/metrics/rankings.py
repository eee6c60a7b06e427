"""Rankings: nDCG of the first ten, and the mean reciprocal rank of the first relevant candidate.

Järvelin & Kekäläinen 2002, https://doi.org/10.1145/582415.582418; Voorhees 1999, The TREC-8 Question Answering Track Report. A
candidate is relevant or not. Ties keep the order in which the candidates were given. A row without any relevant candidate gets 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale
from hanshuku.metrics.rows import check_objects, mean_metric, mean_sample
from hanshuku.tasks import Task

TOP = 10
DISCOUNTS = 1 / np.log2(np.arange(2, TOP + 2))  # of ranks 1..TOP


def ranking_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """ndcg_at_10 and mrr, 0..1. Chance is what candidates in a random order get on average.

    Args:
        task: of kind rank.
        targets: (N,) tuples of the relevant candidates' positions.
        outputs: (N,) tuples of scores, one a candidate; greater is better.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit, or a score is no number.
    """
    ranks = _ranks(targets, outputs)
    sizes = [(len(scores), len(target)) for scores, target in zip(outputs, targets, strict=True)]
    chances = np.array([_by_chance(*size) for size in sizes]).mean(axis=0)
    return {"ndcg_at_10": mean_metric(_ndcg(ranks), float(chances[0]), **draws), "mrr": mean_metric(_reciprocal(ranks), float(chances[1]), **draws)}


def ranking_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The nDCG of R predictors on the same rows, (B, R), and its scale."""
    return ranking_samples(task, targets, outputs)["ndcg_at_10"], UNIT


def ranking_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> dict[str, Sample]:
    """ndcg_at_10 and mrr of R predictors on the same rows, (B, R) each."""
    ranks = [_ranks(targets, each) for each in outputs]
    return {"ndcg_at_10": mean_sample(list(map(_ndcg, ranks))), "mrr": mean_sample(list(map(_reciprocal, ranks)))}


def _ranks(targets: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
    """Of each row the ranks, from 1, of its relevant candidates, best first."""
    check_objects(targets, outputs)
    found = []
    for target, given in zip(targets, outputs, strict=True):
        try:
            scores = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            scores = np.array(np.nan)
        if scores.ndim != 1 or not np.isfinite(scores).all() or (target and max(target) >= len(scores)):
            raise DataError(f"Outputs are tuples of finite scores, one a candidate. Received: {given!r} where candidate {max(target, default=0)} is relevant.")
        place = np.empty(len(scores), dtype=np.int64)
        place[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        found.append(np.sort(place[list(target)]))
    return found


def _ndcg(ranks: Sequence[np.ndarray]) -> np.ndarray:
    best = np.concatenate([[1.0], np.cumsum(DISCOUNTS)])  # of no relevant candidate 1, so that 0 / 1 is 0
    return np.array([DISCOUNTS[row[row <= TOP] - 1].sum() / best[min(len(row), TOP)] for row in ranks])


def _reciprocal(ranks: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([1 / row[0] if len(row) else 0.0 for row in ranks])


def _by_chance(candidates: int, relevant: int) -> tuple[float, float]:
    """The expected nDCG and reciprocal rank of a random order."""
    if not relevant:
        return 0.0, 0.0
    ndcg = relevant / candidates * DISCOUNTS[:candidates].sum() / DISCOUNTS[:relevant].sum()
    orders = math.comb(candidates, relevant)
    first = sum(math.comb(candidates - rank, relevant - 1) / orders / rank for rank in range(1, candidates - relevant + 2))
    return float(ndcg), first

"""How good answers are on held-out rows: the threshold of having none, and how likely the right ones were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanshuku.inference.answer_reading import Spans
from hanshuku.tasks import Task

Places = list[tuple[int, int]]  # first and last unit of each accepted answer
FLOOR = 1e-4  # probability of an answer that is not among the listed ones


def best_threshold(task: Task, spans: Sequence[Spans], places: Sequence[Places]) -> tuple[float, float]:
    """The least probability of there being an answer at which one is given, and the score that it comes to.

    Args:
        task: where its answer is not optional the threshold is 0.5 and has no effect.
        spans: N rows of spans that may be the answer.
        places: N rows of accepted answers; [] where there is none.

    Returns:
        threshold, 0.05..0.95; mean share of units that the given and an accepted answer have in common (F1), 0..1.
    """
    shared = np.array([_overlap(each, own) for each, own in zip(spans, places, strict=True)])
    if not task.optional:
        return 0.5, float(shared.mean())
    chances = np.array([1.0 / (1.0 + np.exp(-np.clip(each.total, -60, 60))) for each in spans])
    empty = np.array([not own for own in places])
    order = np.argsort(-chances, kind="stable")
    given = np.concatenate([[0.0], np.cumsum(shared[order])])  # the k likeliest rows are answered
    left = empty.sum() - np.concatenate([[0.0], np.cumsum(empty[order])])  # the others are not
    best = int(np.argmax(given + left))
    edges = np.concatenate([[1.0], chances[order], [0.0]])
    return float(np.clip((edges[best] + edges[best + 1]) / 2, 0.05, 0.95)), float((given + left)[best] / len(spans))


def mean_log_chance(task: Task, spans: Sequence[Spans], places: Sequence[Places]) -> float:
    """The mean log probability of what is right."""
    found = []
    for each, own in zip(spans, places, strict=True):
        whole = float(np.logaddexp(each.total, 0.0)) if task.optional else each.total
        right = [k for k, span in enumerate(zip(each.starts.tolist(), each.ends.tolist(), strict=True)) if span in own]
        chance = float(np.exp(each.odds[right] - whole).sum()) if own else float(np.exp(-whole))
        found.append(np.log(max(chance, FLOOR)))
    return float(np.mean(found))


def _overlap(spans: Spans, places: Places) -> float:
    """F1 of the units of the best span and of the accepted answer nearest to it."""
    if not len(spans.odds) or not places:
        return 0.0
    start, end = int(spans.starts[0]), int(spans.ends[0])
    shared = [(max(0, min(end, last) - max(start, first) + 1), end - start + last - first + 2) for first, last in places]
    return max(2 * common / total for common, total in shared)

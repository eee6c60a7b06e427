"""How good logits are on held-out rows, as one number where more is better; and the threshold that several labels need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.inference.heads import answers
from hanshuku.tasks import Task


def score(task: Task, logits: np.ndarray, targets: np.ndarray) -> float:
    """One number to choose the best weights by; more is better.

    classify: accuracy, and a hundredth of the log loss to tell equals apart; several labels: micro-F1 at the best
    threshold; rate: minus the root mean square error in parts of the range.

    Args:
        task: what was asked.
        logits: (N, O).
        targets: (N,) indices, (N, L) of 0 and 1, or (N,) of 0..1.
    """
    if task.kind == "rate":
        return -float(np.sqrt(np.mean((logits[:, 0].clip(0.0, 1.0) - targets) ** 2)))
    chances = answers(task, logits)
    if task.several:
        return best_threshold(chances, targets)[1]
    own = chances[np.arange(len(targets)), targets]
    return float((chances.argmax(1) == targets).mean() + 0.01 * np.log(own.clip(1e-6)).mean())


def best_threshold(chances: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """The one threshold for all labels with the best micro-F1, and that F1.

    Args:
        chances: (N, L) probabilities.
        targets: (N, L) of 0 and 1.

    Returns:
        threshold, 0.05..0.95, halfway between the two probabilities that it parts; micro-F1, 0..1. Without a single
        label in `targets`: 0.5 and 0.
    """
    flat, true = chances.reshape(-1), targets.reshape(-1)
    if not len(flat) or not true.any():
        return 0.5, 0.0
    order = np.argsort(-flat, kind="stable")
    hits = np.cumsum(true[order])
    given = np.arange(1, len(flat) + 1)
    f1 = 2 * hits / (given + true.sum())
    ends = np.append(flat[order][:-1] != flat[order][1:], True)  # equal probabilities fall on one side of any threshold
    best = int(np.argmax(np.where(ends, f1, -1.0)))
    below = flat[order][best + 1] if best + 1 < len(flat) else 0.0
    return float(np.clip((flat[order][best] + below) / 2, 0.05, 0.95)), float(f1[best])


def balanced_weights(task: Task, targets: np.ndarray) -> np.ndarray:
    """(L,) float32 weights of the labels, inverse to how often each stands, with mean 1 over the rows.

    King & Zeng 2001, https://doi.org/10.1093/oxfordjournals.pan.a004868. A label never seen weighs as the rarest.
    """
    counts = np.asarray(targets.sum(0) if task.several else np.bincount(targets, minlength=len(task.labels)), dtype=np.float64)
    rarest = counts[counts > 0].min() if counts.any() else 1.0
    weights = 1.0 / np.maximum(counts, rarest)
    return (weights * max(counts.sum(), 1.0) / max((weights * counts).sum(), 1e-9)).astype(np.float32)


def set_f1(found: Sequence[set[Any]], true: Sequence[set[Any]]) -> float:
    """F1, 0..1, of all that was found in N rows against what is there; 1 where both are empty."""
    right = sum(len(ours & theirs) for ours, theirs in zip(found, true, strict=True))
    total = sum(map(len, found)) + sum(map(len, true))
    return 2 * right / total if total else 1.0


def mean_reciprocal_rank(scores: Sequence[np.ndarray], relevant: Sequence[Sequence[int]]) -> float:
    """The mean of 1 / rank of the best relevant candidate, 0..1, over the queries that have one; equal scores count against it."""
    found = [1.0 / min(int((row >= row[place]).sum()) for place in own) for row, own in zip(scores, relevant, strict=True) if own]
    return float(np.mean(found)) if found else 0.0

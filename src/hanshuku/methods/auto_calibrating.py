"""Honest probabilities of what `auto` chose: one temperature, from answers to rows that it did not learn from, which were paid for already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hanshuku.inference.base import Predictor
from hanshuku.methods.modest import cooled
from hanshuku.metrics.classification import row_losses
from hanshuku.metrics.scaling import Temperature, fit_temperature
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from hanshuku.methods.auto_finals import Choice
    from hanshuku.methods.auto_search import Search

FEWEST = 100  # rows from which a temperature is fitted
SURE = 1.64  # standard errors by which it must lower the log loss: a chance of 0.95


def honest(search: Search, choice: Choice, predictor: Predictor) -> tuple[Predictor, str]:
    """The predictor with probabilities that say how often it is right, and a sentence of what was done; as it was where it is two, or nothing shows that this helps.

    Where an arm was chosen that no row has judged, for want of time, the sentence says that its confidences were not checked.

    Args:
        search: whose rows judged.
        choice: what was chosen.
        predictor: what it learned from all rows.
    """
    arm, targets = choice.arms[0], search.judges.rows.targets
    if search.task.kind != "classify" or len(choice.arms) > 1 or targets is None:
        return predictor, ""
    if arm.outputs is None:
        return predictor, f"{arm.name} was chosen by what is usual for such rows: the budget was too short to try it on some first, so its confidences are not checked and may say too much"
    judged = ~np.isnan(arm.right)
    scaling = temperature_of(search.task, targets[judged], arm.outputs[judged], predictor.threshold)
    found = None if scaling is None else cooled(predictor, scaling)
    if scaling is None or found is None:
        return predictor, ""
    return found, f"confidences are scaled by a temperature of {scaling.temperature:.2f}, fitted to {judged.sum():,} answers to rows it had not learned from; no answer changes"


def temperature_of(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float) -> Temperature | None:
    """The temperature of least log loss (Guo et al. 2017, arXiv 1706.04599); None where the rows are too few, or do not show that it helps.

    Args:
        task: classify.
        targets: (N,) label indices, or (N, L) of 0 and 1.
        outputs: (N, L) probabilities, given without having learned from these rows.
        threshold: several labels: of a label that is given.
    """
    if len(targets) < FEWEST:
        return None
    found = fit_temperature(targets, outputs)
    scaled = found.apply(outputs, threshold if task.several else None)
    gain = _losses(task, targets, outputs) - _losses(task, targets, scaled)
    return found if gain.mean() > SURE * gain.std() / np.sqrt(len(gain)) else None


def _losses(task: Task, targets: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """(N,) log losses; several labels: the mean over them."""
    if not task.several:
        return row_losses(targets, chances)
    right = np.where(targets > 0, chances, 1 - chances).astype(np.float64)
    return np.asarray(-np.log(right.clip(1e-6, 1.0)).mean(axis=1))

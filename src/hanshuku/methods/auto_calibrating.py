"""Honest probabilities of what `auto` chose: one temperature, from answers to rows that it did not learn from, which were paid for already."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hanshuku.inference.base import Predictor
from hanshuku.methods.modest import SPREAD, cooled
from hanshuku.metrics.scaling import LEAST, Temperature, fit_temperature

if TYPE_CHECKING:
    from hanshuku.methods.auto_finals import Choice
    from hanshuku.methods.auto_search import Search

LEAST_CHANGE = 0.05  # in that logarithm, below which nothing is scaled


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
        return predictor, f"{arm.name} was chosen by what is usual for such rows: the budget was too short to try it on some first, so its confidences are not checked: they are what the method foresees of itself"
    judged = ~np.isnan(arm.right)
    scaling = temperature_of(targets[judged], arm.outputs[judged])
    found = None if scaling is None else cooled(predictor, scaling)
    if scaling is None or found is None:
        return predictor, ""
    return found, f"confidences are scaled by a temperature of {scaling.temperature:.2f}, fitted to {judged.sum():,} answers to rows it had not learned from; no answer changes"


def temperature_of(targets: np.ndarray, outputs: np.ndarray) -> Temperature | None:
    """The likeliest temperature (Guo et al. 2017, arXiv 1706.04599), given how far it is from 1 as a rule, so that few rows change little; None where that is next to nothing.

    Args:
        targets: (N,) label indices, or (N, L) of 0 and 1.
        outputs: (N, L) probabilities, given without having learned from these rows.
    """
    if len(targets) < LEAST:
        return None
    found = fit_temperature(targets, outputs, spread=SPREAD)
    return found if abs(math.log(found.temperature)) >= LEAST_CHANGE else None

"""The last steps of `auto`: switches on the best arm, several arms together, and what is fast enough for the user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.inference.base import Predictor
from hanshuku.methods.auto_arms import Arm
from hanshuku.methods.auto_cost import cost_of
from hanshuku.methods.auto_prior import Standing
from hanshuku.methods.auto_standing import RATE, joined, measurement
from hanshuku.methods.row_values import right_rows
from hanshuku.metrics.paired import sign_test

if TYPE_CHECKING:
    from hanshuku.methods.auto_search import Search

SWITCHES: dict[str, tuple[dict[str, Any], ...]] = {  # method -> settings that are tried on it, one after the other
    "finetune": ({"adversarial": "fgm"}, {"consistency": 1.0}, {"average": "ema"}, {"layer_decay": 0.9}),
    "contrastive": ({"adversarial": "fgm"}, {"average": "ema"}),
}
TWO_VIEWS: tuple[dict[str, Any], ...] = ({"two_views": "uda"}, {"two_views": "fixmatch"})  # tried on finetune besides, where there is unlabelled text
SURE = 0.05  # chance, over all switches tried, that one without effect is kept (Bonferroni)
ENOUGH = 100  # rows that judge from which a paired test can say anything about a switch
MEMBERS = Standing(0.005, 0.01)  # what the mean of two good arms usually gains over the better one
WINS = 1.28  # deviations by which two arms must be expected to gain over one: a chance of 0.9
STEPS = tuple(k / 20 for k in range(6, 20))  # of how sure the quick part of a cascade must be


@dataclass
class Choice:
    """What was chosen: one arm, or two that answer together."""

    arms: tuple[Arm, ...]
    latency_ms: float
    right: np.ndarray  # (J,)
    sure: float | None = None  # a cascade: how sure the first arm must be; None: one arm, or the mean of two
    note: str = ""


def switches_for(search: Search, base: Arm) -> tuple[dict[str, Any], ...]:
    """What may be tried on this arm: its switches, and for labels and unlabelled text the two views of it."""
    views = TWO_VIEWS if search.task.kind == "classify" and search.train.unlabelled and hasattr(base.method, "views") else ()
    return (*SWITCHES.get(base.name, ()), *views)


def try_switches(search: Search, base: Arm) -> Arm:
    """The base arm with the switches that a paired test on the same rows speaks for; each is tried on what was kept so far.

    Without a budget none is tried: they multiply the time, and nobody said that it may be spent.

    Args:
        search: whose time is spent.
        base: the best arm.
    """
    judged = int((~np.isnan(base.right)).sum())
    if judged < ENOUGH or search.run.budget_s is None:
        return base
    changes, best = switches_for(search, base), base
    for change in changes:
        arm = search.arm(best.name, **best.changes | change)
        dearer = cost_of(arm.method) / cost_of(best.method)
        if dearer * (search.fit_seconds(best, 0) * best.done + search.to_learn_again(best)) > search.left():
            arm.note = arm.note or "switch: not tried, it does not fit the time left"
        for part in range(0 if arm.note else best.done):
            search.try_part(arm, part)
        both = ~np.isnan(arm.right) & ~np.isnan(best.right)
        if arm.note or not both.any():
            arm.is_out = True  # nothing speaks for it
            continue
        gain, p = float((arm.right[both] - best.right[both]).mean()), sign_test(arm.right[both], best.right[both])
        is_kept = gain > 0 and p < SURE / len(changes)
        arm.note = f"switch: {100 * gain:+.1f} points, p {p:.3f}, {'kept' if is_kept else 'left off'}"
        best = arm if is_kept else best
    return best


def choose(search: Search, best: Arm) -> Choice:
    """The best arm, or two together, within the latency that the user allows.

    Without a limit it is the best arm alone. With one, arms that are too slow are out; the mean of two arms is taken where
    it probably gains; and where the best arm is too slow, a quick arm may answer what it is sure of and leave it the rest.
    """
    limit = search.settings.latency_ms
    single = _single(best)
    if not limit:
        return single
    judged = [arm for arm in search.arms if not arm.is_out and arm.outputs is not None and arm.latency_ms is not None]
    fast = [arm for arm in judged if (arm.latency_ms or 0.0) <= limit]
    standing = search.board()
    if single.latency_ms > limit:
        cascade = _cascade(search, best, fast, limit)
        if cascade is not None:
            return cascade
        if not fast:
            note = f"no method answers within {limit:g} ms; the fastest was taken"
            return replace(_single(min(judged, key=lambda arm: arm.latency_ms or 0.0, default=best)), note=note)
        single = _single(max(fast, key=lambda arm: float(standing.mean[standing.arms.index(arm)])))
    others = [arm for arm in fast if arm is not single.arms[0] and single.latency_ms + (arm.latency_ms or 0.0) <= limit]
    pairs = [found for arm in others if (found := _mean_of(search, single, arm)) is not None]
    return max(pairs, key=lambda pair: float(np.nanmean(pair.right)), default=single)


def _single(arm: Arm) -> Choice:
    return Choice((arm,), arm.latency_ms or 0.0, arm.right)


def _mean_of(search: Search, single: Choice, other: Arm) -> Choice | None:
    """Both arms' mean where it probably gains over the single one."""
    first, task, rows = single.arms[0], search.task, search.judges.rows
    assert first.outputs is not None
    assert other.outputs is not None
    assert rows.targets is not None
    both = ~np.isnan(first.right) & ~np.isnan(other.right)
    if not both.any():
        return None
    right = np.full(len(both), np.nan)
    mean = (first.outputs[both] + other.outputs[both]) / 2
    right[both] = right_rows(task, rows.targets[both], mean, 0.5)
    scale = RATE if task.kind == "rate" else 1.0
    usual = Standing(scale * MEMBERS.mean, scale * MEMBERS.sd)
    gain = joined(usual, measurement(right[both] - first.right[both], scale))
    if gain.mean <= WINS * gain.sd:
        return None
    return Choice((first, other), single.latency_ms + (other.latency_ms or 0.0), right, note=f"the mean of both: {100 * gain.mean:+.1f} points expected")


def _cascade(search: Search, best: Arm, fast: list[Arm], limit: float) -> Choice | None:
    """The most accurate cascade to the best arm that is quick enough on average, if it beats every fast arm."""
    if search.task.kind != "classify" or search.task.several or best.outputs is None:
        return None
    found: list[Choice] = []
    for quick in fast:
        both = ~np.isnan(quick.right) & ~np.isnan(best.right)
        if quick is best or quick.outputs is None or not both.any():
            continue
        surety = quick.outputs.max(axis=1)
        for sure in STEPS:
            passed = both & (surety < sure)
            latency = (quick.latency_ms or 0.0) + (best.latency_ms or 0.0) * passed.sum() / both.sum()
            if latency <= limit:
                right = np.where(passed, best.right, quick.right)
                found.append(Choice((quick, best), float(latency), right, sure, f"{passed.sum() / both.sum():.0%} of the texts go on to the second"))
    winner = max(found, key=lambda choice: float(np.nanmean(choice.right)), default=None)
    if winner is None or any(float(np.nanmean(arm.right)) >= float(np.nanmean(winner.right)) for arm in fast):
        return None
    return winner


def make(search: Search, choice: Choice) -> Predictor:
    """The predictor of what was chosen, learned from all rows."""
    from hanshuku.inference.ensemble import CascadePredictor, EnsemblePredictor

    made = [search.finish(arm) for arm in choice.arms]
    if len(made) == 1:
        return made[0]
    if choice.sure is None:
        return EnsemblePredictor(search.task, made)
    return CascadePredictor(search.task, made[0], made[1], choice.sure)

"""refusal: what is gained where only the sure answers are given, and what a function that refuses did on these rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.inference.base import causes
from hanshuku.metrics.classification import UNKNOWN
from hanshuku.metrics.detection import auroc, false_alarms
from hanshuku.metrics.exact import right_answers
from hanshuku.metrics.intervals import POSITIVE, around, wilson
from hanshuku.metrics.selective import aurc, risk_coverage
from hanshuku.tasks import Task
from hanshuku.tasks.classify import confidences

RISKS = (0.01, 0.05, 0.1)
POINTS = 100  # of the curve that are kept
RESAMPLES = 200


def suits(task: Task) -> bool:
    """Labels come with probabilities."""
    return task.kind == "classify"


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """Risk against coverage by confidence; refusals, sets of labels and rows out of scope where there are any.

    Returns:
        n (rows that a guard did not keep from the function), risk (value, low, high: where all of them are answered), aurc and excess (how far above the best order of the same answers), curve (coverage, risk, least),
        at (risk, coverage, low, high, least); refused: coverage, risk, n, answered, reasons (name, count), asked, sure; sets: held, size, coverage, empty, n; strangers:
        n, known, by, auroc, fpr95, refused, refused_known. The last three are None where there is nothing to say.
    """
    whole, seen = seen, seen.heard
    task, targets = seen.encoded.task, seen.encoded.targets
    assert targets is not None
    if not len(targets):
        return None
    sure = confidences(task, seen.outputs, seen.predictor.threshold)
    wrong = ~right_answers(task, targets, seen.outputs, seen.predictor.threshold)
    curve, n = risk_coverage(sure, wrong), len(sure)
    kept = np.unique(np.linspace(0, len(curve.coverage) - 1, min(POINTS, len(curve.coverage))).round().astype(int))
    low, high = wilson(int(wrong.sum()), n)
    return {
        "n": n,
        "risk": {"value": float(wrong.mean()), "low": low, "high": high},
        **_areas(sure, wrong, seen.seed),
        "curve": [{"coverage": float(curve.coverage[i]), "risk": float(curve.risk[i]), "least": float(curve.least[i])} for i in kept],
        "refused": _refused(whole),
        "sets": _sets(seen),
        "strangers": _strangers(seen, sure),
    }


def _areas(sure: np.ndarray, wrong: np.ndarray, seed: int) -> dict[str, Any]:
    """The area under the curve and the coverage at each risk, with bootstrap intervals."""
    rng, n = np.random.default_rng(seed), len(sure)
    area, excess = aurc(sure, wrong)
    curve = risk_coverage(sure, wrong)
    areas, coverages = [], []
    for _ in range(RESAMPLES):
        rows = rng.integers(0, n, n)
        areas.append(aurc(sure[rows], wrong[rows])[0])
        again = risk_coverage(sure[rows], wrong[rows])
        coverages.append([again.coverage_at(risk) for risk in RISKS])
    ends = np.quantile(coverages, [0.025, 0.975], axis=0)
    low, high = around(area, float(np.std(areas, ddof=1)), POSITIVE, n)
    at = []
    for i, risk in enumerate(RISKS):
        share = curve.coverage_at(risk)
        within = np.flatnonzero(curve.coverage <= share + 1e-12)
        least = float(curve.least[within[-1]]) if share else None
        at.append({"risk": risk, "coverage": share, "low": min(float(ends[0, i]), share), "high": max(float(ends[1, i]), share), "least": least})
    return {"aurc": {"value": area, "low": low, "high": high}, "excess": excess, "at": at}


def _refused(seen: Seen) -> dict[str, Any] | None:
    """What was refused and how often the others are wrong."""
    if seen.reasons is None:
        return None
    assert seen.encoded.targets is not None
    answered, n = seen.reasons == "", len(seen.reasons)
    right = right_answers(seen.encoded.task, seen.encoded.targets, seen.outputs, seen.predictor.threshold)
    many, errors = int(answered.sum()), int((answered & ~right).sum())
    low, high = wilson(many, n)
    risk_low, risk_high = wilson(errors, many) if many else (math.nan, math.nan)
    names, counts = np.unique(causes(seen.reasons[~answered]), return_counts=True)
    asked = getattr(seen.predictor, "about", {}).get("risk") or {}
    return {
        "n": n,
        "answered": many,
        "coverage": {"value": many / n, "low": low, "high": high},
        "risk": {"value": errors / many if many else math.nan, "low": risk_low, "high": risk_high},
        "reasons": [{"name": name, "count": count} for name, count in zip(names.tolist(), counts.tolist(), strict=True)],
        "asked": asked.get("bound"),
        "sure": asked.get("sure"),
    }


def _sets(seen: Seen) -> dict[str, Any] | None:
    """How often a set of labels holds the right one, of rows whose label the function knows."""
    sets, targets = getattr(seen.predictor, "sets", None), seen.encoded.targets
    if sets is None or targets is None or not (targets != UNKNOWN).any():
        return None
    held = seen.predictor.label_sets(seen.encoded.inputs, seen.outputs)  # type: ignore[attr-defined]
    labels = seen.encoded.task.labels
    known = [(labels[target], given) for target, given in zip(targets.tolist(), held, strict=True) if target != UNKNOWN]
    times, n = sum(label in given for label, given in known), len(known)
    low, high = wilson(times, n)
    sizes = [len(given) for _, given in known]
    return {
        "coverage": sets.coverage,
        "held": {"value": times / n, "low": low, "high": high},
        "size": float(np.mean(sizes)),
        "empty": float(np.mean([size == 0 for size in sizes])),
        "n": n,
    }


def _strangers(seen: Seen, sure: np.ndarray) -> dict[str, Any] | None:
    """How well rows with a label that the function does not know are told from the others."""
    targets, task = seen.encoded.targets, seen.encoded.task
    if targets is None or task.several or not (targets == UNKNOWN).any() or not (targets != UNKNOWN).any():
        return None
    outside, scope = targets == UNKNOWN, getattr(seen.predictor, "scope", None)
    strange = 1 - sure if scope is None else seen.predictor.strangeness(seen.encoded.inputs)  # type: ignore[attr-defined]
    refused = None if seen.reasons is None else seen.reasons != ""
    return {
        "n": int(outside.sum()),
        "known": int((~outside).sum()),
        "by": "confidence" if scope is None else scope.KIND,
        "auroc": _ends(auroc(strange[~outside], strange[outside]).to_json()),
        "fpr95": _ends(false_alarms(strange[~outside], strange[outside], seed=seen.seed).to_json()),
        "refused": None if refused is None else float(refused[outside].mean()),
        "refused_known": None if refused is None else float(refused[~outside].mean()),
    }


def _ends(metric: dict[str, Any]) -> dict[str, Any]:
    return {key: metric[key] for key in ("value", "low", "high")}

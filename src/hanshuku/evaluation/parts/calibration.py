"""calibration: whether a confidence can be taken at its word, before anything is refused."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.metrics.calibration import (
    brier_score,
    calibration_error,
    corrected_error,
    expected_calibration_error,
    reliability_bins,
)
from hanshuku.metrics.intervals import z_quantile
from hanshuku.tasks import Task


def suits(task: Task) -> bool:
    """Labels come with probabilities."""
    return task.kind == "classify"


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """Confidence against how often it came true; of several labels each label's probability is one confidence.

    Returns:
        n (rows), judged (confidences), ece, ece_corrected, rms and brier (value, low, high), sure (mean confidence), right (share), gap (the first less the second: value, low,
        high), bins (low, high, confidence, right, right_low, right_high, n); scaling: what `calibrate` measured, or None.
    """
    seen = seen.heard
    outputs, targets = seen.outputs, seen.encoded.targets
    assert targets is not None
    if not len(outputs):
        return None
    if seen.encoded.task.several:
        sure, right = outputs.ravel(), targets.ravel() > 0
    else:
        sure, right = outputs.max(axis=1), outputs.argmax(axis=1) == targets
    bins = reliability_bins(sure, right)
    gaps = sure.astype(np.float64) - right
    # of N equal gaps the spread is that of one row more that is the other way
    reach = z_quantile() * math.sqrt(max(float(gaps.var()), 0.5 / (len(gaps) + 1)) / len(gaps))
    gap = float(gaps.mean())
    return {
        "n": len(outputs),
        "judged": len(sure),
        "ece": expected_calibration_error(sure, right),
        "ece_corrected": corrected_error(bins),
        "rms": _ends(calibration_error(bins).to_json()),
        "brier": _ends(brier_score(targets, outputs, seed=seen.seed).to_json()),
        "sure": float(sure.mean()),
        "right": float(right.mean()),
        "gap": {"value": gap, "low": max(gap - reach, -1.0), "high": min(gap + reach, 1.0)},
        "bins": [asdict(each) for each in bins],
        "scaling": getattr(seen.predictor, "about", {}).get("scaling"),
    }


def _ends(metric: dict[str, Any]) -> dict[str, Any]:
    return {key: metric[key] for key in ("value", "low", "high")}

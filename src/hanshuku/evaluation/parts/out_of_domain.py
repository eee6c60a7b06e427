"""out_of_domain: how good the function is on rows from elsewhere, how far that is below the test rows, and how far off they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.distance import distance
from hanshuku.evaluation.parts.base import Seen, Wanted, corrected
from hanshuku.metrics.apart import Apart, apart
from hanshuku.metrics.base import Metric
from hanshuku.metrics.classification import UNKNOWN
from hanshuku.metrics.exact import right_answers
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.measure import measure as measure_metrics
from hanshuku.metrics.measure import primary_metric, primary_sample
from hanshuku.metrics.paired import paired_difference
from hanshuku.tasks import Task
from hanshuku.training.run import Step

RESAMPLES = 500
NEEDS = "The check 'out_of_domain' looks at other labelled sets: give ood=[FILE, ...] (--ood FILE)."


def suits(task: Task) -> bool:
    """Whether rows from elsewhere can be measured: any task."""
    return True


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """The metrics on every set of `wanted.ood`, and the drop from the test rows.

    Returns:
        metric; own: the metric on the test rows; tested: sets; sets: name, n, value (a Metric), metrics (all of them), drop (value, low, high: test
        rows less this set), p, p_holm, clear, unknown (rows whose label the function has not: wrong in every metric), missing (labels without a row), distance.
    """
    task, targets = seen.encoded.task, seen.encoded.targets
    assert targets is not None
    texts = [" ".join(row) for row in seen.encoded.inputs]
    name = primary_metric(task, targets)
    sets = []
    for number, (title, rows) in enumerate(wanted.ood.items()):
        seen.report(Step(number, len(wanted.ood), note=f"out of domain: {title}"))
        sets.append({"name": title, **_set(seen, rows, name), "distance": distance(texts, [" ".join(row) for row in rows.inputs], seed=seen.seed)})
    tested = corrected(sets)
    own = _metrics(seen, targets, seen.outputs, seen.refused)
    return {"metric": name, "own": own[name].to_json(), "tested": tested, "sets": sets}


def _set(seen: Seen, rows: Encoded, name: str) -> dict[str, Any]:
    task = seen.encoded.task
    assert rows.targets is not None
    outputs, refused = seen.ask(rows.inputs)
    metrics = _metrics(seen, rows.targets, outputs, refused)
    fall = _drop(seen, rows.targets, outputs, refused, name) if name in metrics else None
    is_one = task.kind == "classify" and not task.several
    return {
        "n": len(rows),
        "value": metrics[name].to_json() if name in metrics else None,
        "metrics": {key: metric.to_json() for key, metric in metrics.items()},
        "drop": None if fall is None else {"value": fall.difference, "low": fall.low, "high": fall.high},
        "p": None if fall is None else fall.p,
        "unknown": int((rows.targets == UNKNOWN).sum()) if is_one else 0,
        "missing": [label for i, label in enumerate(task.labels) if not (rows.targets == i).any()] if is_one else [],
    }


def _metrics(seen: Seen, targets: np.ndarray, outputs: np.ndarray, refused: np.ndarray | None) -> dict[str, Metric]:
    """Every metric; a row that is refused is not right."""
    more = {} if refused is None else {"refused": refused}
    return measure_metrics(seen.encoded.task, targets, outputs, threshold=seen.predictor.threshold, seed=seen.seed, resamples=RESAMPLES, **more)


def _drop(seen: Seen, targets: np.ndarray, outputs: np.ndarray, refused: np.ndarray | None, name: str) -> Apart | None:
    """The metric on the test rows less that on these; they share no row, so the intervals are those of two samples."""
    task, threshold, mine = seen.encoded.task, seen.predictor.threshold, seen.encoded.targets
    assert mine is not None
    if name == "accuracy" and not task.several:
        return apart(right_answers(task, mine, seen.outputs, refused=seen.refused), right_answers(task, targets, outputs, refused=refused))
    given = [each if none is None else np.where(none[:, None], 0.0, each) for each, none in ((seen.outputs, seen.refused), (outputs, refused))]  # refused: no label
    samples = [primary_sample(task, due, [each], (threshold,))[0] for due, each in zip((mine, targets), given, strict=True)]
    values = [float(np.ravel(sample.value)[0]) for sample in samples]
    n = min(sample.n for sample in samples)
    if not all(map(math.isfinite, values)) or n < 2:
        return None
    draws = [bootstrap(sample, resamples=RESAMPLES, seed=seen.seed + i).reshape(RESAMPLES, 1) for i, sample in enumerate(samples)]
    found = paired_difference(([values[0]], [values[1]]), (draws[0], draws[1]), n)  # drawn apart, so their variances add up
    return Apart(found.difference, found.low, found.high, found.p) if math.isfinite(found.p) else None

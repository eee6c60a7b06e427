"""robustness: the same rows with typos, other casing, other marks, near words ... : how far the metric falls, and whether that is more than chance.

A row that is refused is not right, before or after, as in the metrics of the report. What is compared are the same rows before and after, those alone that a way could change; a drop has the paired interval, and p-values are
corrected for all ways that were looked at (Holm). After Wang et al. 2021 (TextFlint, https://aclanthology.org/2021.acl-demo.41).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hanshuku.data.augment.writing import rewritten
from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra, ModelError
from hanshuku.evaluation.parts.answers import answer_text
from hanshuku.evaluation.parts.base import Seen, Wanted, corrected
from hanshuku.evaluation.perturb import KINDS, PARAPHRASE, Way, drawn, model_of, paraphrased, perturbed, ways_of
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import wilson
from hanshuku.metrics.measure import measure as measure_metrics
from hanshuku.metrics.measure import primary_metric
from hanshuku.metrics.twice import Asked, changed, drop, scores
from hanshuku.tasks import Task, kind_of
from hanshuku.training.run import Step

NAME = "robustness"
FEWEST = 10  # rows that a way must change, so that its drop means anything
SAMPLES = 5  # rows a way that are shown
Form = Callable[[Encoded], tuple[np.ndarray, Encoded]]
Given = tuple[np.ndarray, np.ndarray | None]  # outputs, and which rows were refused


def suits(task: Task) -> bool:
    """Whether rows of the task can be put in another form."""
    return task.kind in KINDS


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any] | None:
    """The drop of the primary metric under each way that suits the rows.

    Returns:
        metric, n (rows drawn), of (rows there were), tested (ways), kinds: name, share, n, before, after, drop (value, low, high), p, p_holm,
        clear, changed (count, n, value, low, high), refused (shares before and after; None where none can be), worse, better, samples; left_out: name, why, need (a number or a name). None where nothing suits.
    """
    places = drawn(len(seen.encoded), wanted.rows, seed=seen.seed)
    rows, before = seen.encoded.take(places), (seen.outputs[places], None if seen.refused is None else seen.refused[places])
    found: list[dict[str, Any]] = []
    left_out: list[dict[str, Any]] = []
    forms = _forms(rows, seen, wanted)
    for number, (name, share, form, needs) in enumerate(forms):
        seen.report(Step(number, len(forms), note=f"robustness: {name}"))
        if needs:
            left_out.append({"name": name, "why": "model", "need": needs})
            continue
        try:
            changed_places, new = form(rows)
        except (MissingExtra, ModelError) as error:
            left_out.append({"name": name, "why": "missing", "need": str(error)})
            continue
        if len(changed_places) < min(FEWEST, len(rows)) or len(changed_places) < 2:
            left_out.append({"name": name, "why": "few", "need": len(changed_places)})
            continue
        found.append({"name": name, "share": share, **_kind(seen, rows.take(changed_places), _part(before, changed_places), new)})
    return _with_holm(found, left_out, seen, len(rows)) if found or left_out else None


def _forms(rows: Encoded, seen: Seen, wanted: Wanted) -> list[tuple[str, float | None, Form, str]]:
    """Name, share, what makes the form, and the model that is needed but was not asked for."""
    named = wanted.checks is not None and NAME in wanted.checks
    forms: list[tuple[str, float | None, Form, str]] = []
    for way in ways_of(rows):
        needs = model_of(way, rows)
        forms.append((way.name, way.share, _way(way, seen.seed), "" if named else needs))
    if wanted.paraphrase is not None and rows.task.kind in {"classify", "rate"}:
        forms.append((PARAPHRASE, None, lambda encoded: paraphrased(encoded, lambda texts: rewritten(texts, wanted.paraphrase)), ""))
    return forms


def _way(way: Way, seed: int) -> Form:
    return lambda encoded: perturbed(encoded, way.name, seed=seed)


def _part(given: Given, places: np.ndarray) -> Given:
    return given[0][places], None if given[1] is None else given[1][places]


def _kind(seen: Seen, old: Encoded, given: Given, new: Encoded) -> dict[str, Any]:
    """What one way does to the rows that it could change."""
    task, threshold = old.task, seen.predictor.threshold
    assert old.targets is not None
    assert new.targets is not None
    before, after = Asked(old.targets, *given), Asked(new.targets, *seen.ask(new.inputs))
    fall = drop(task, before, after, threshold=threshold, seed=seen.seed)
    others = changed(task, before, after, threshold)
    gain = scores(task, after, threshold) - scores(task, before, threshold)
    low, high = wilson(float(others.sum()), len(old))
    return {
        "n": len(old),
        "before": _metric(task, before, seen).to_json(),
        "after": _metric(task, after, seen).to_json(),
        "drop": None if fall is None else {"value": fall.difference, "low": fall.low, "high": fall.high},
        "p": None if fall is None else fall.p,
        "changed": {"count": int(others.sum()), "n": len(old), "value": float(others.mean()), "low": low, "high": high},
        "refused": None if before.refused is None or after.refused is None else {"before": float(before.refused.mean()), "after": float(after.refused.mean())},
        "worse": int((gain < 0).sum()),
        "better": int((gain > 0).sum()),
        "samples": _samples(task, (old, before), (new, after), np.argsort(gain, kind="stable"), gain, threshold),
    }


def _metric(task: Task, asked: Asked, seen: Seen) -> Metric:
    found = measure_metrics(task, asked.targets, asked.outputs, threshold=seen.predictor.threshold, seed=seen.seed, resamples=200, **({} if asked.refused is None else {"refused": asked.refused}))
    return found[primary_metric(task, asked.targets)]


def _samples(task: Task, old: tuple[Encoded, Asked], new: tuple[Encoded, Asked], order: np.ndarray, gain: np.ndarray, threshold: float) -> list[dict[str, Any]]:
    """The rows whose answers became worst."""
    shown = [int(i) for i in order[:SAMPLES] if gain[i] < 0]
    answers = [_answers(task, rows.take(shown), _part((asked.outputs, asked.refused), np.array(shown, dtype=np.int64)), threshold) for rows, asked in (old, new)]
    return [
        {"line": int(old[0].lines[i]), "before": list(old[0].inputs[i]), "after": list(new[0].inputs[i]), "answers": [answers[0][k], answers[1][k]]}
        for k, i in enumerate(shown)
    ]  # fmt: skip


def _answers(task: Task, rows: Encoded, given: Given, threshold: float) -> list[str | None]:
    """The answers as they are shown; None where a row is refused."""
    if not len(rows):
        return []
    outputs, refused = given
    said = kind_of(task).decode(task, outputs, threshold, rows.inputs)
    return [None if refused is not None and refused[i] else answer_text(prediction.output) for i, prediction in enumerate(said)]


def _with_holm(found: list[dict[str, Any]], left_out: list[dict[str, Any]], seen: Seen, n: int) -> dict[str, Any]:
    tested = corrected(found)
    found.sort(key=lambda kind: -(kind["drop"]["value"] if kind["drop"] else 0.0))
    task, targets = seen.encoded.task, seen.encoded.targets
    return {"metric": primary_metric(task, targets), "n": n, "of": len(seen.encoded), "tested": tested, "kinds": found, "left_out": left_out}

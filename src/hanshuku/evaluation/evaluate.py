"""evaluate: predictor + labelled rows -> Report. It never trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import DataError, TaskError
from hanshuku.evaluation.cost import library_versions, machine, peak_memory_mb, reset_peak
from hanshuku.evaluation.parts import check_named, measure_parts, within_patience
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.report import Report, plain_json
from hanshuku.inference.base import Predictor, causes, judged_by
from hanshuku.inference.calibrated import heard
from hanshuku.metrics.calibration import expected_calibration_error
from hanshuku.metrics.classification import FLOOR, UNKNOWN, confusion, label_table
from hanshuku.metrics.entities import entity_table
from hanshuku.metrics.likelihood import likelihood_metrics
from hanshuku.metrics.measure import measure
from hanshuku.metrics.preferences import preference_metrics
from hanshuku.metrics.programs import has_tests, program_note
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

FORETOLD = frozenset({"generate", "chat"})  # kinds of which it is measured how well a language model foretells the references
BATCH = 4096  # rows handed to a predictor at once: enough to sort by length


def evaluate(
    predictor: Predictor,
    encoded: Encoded,
    *,
    seed: int = 0,
    batch: int = BATCH,
    notes: Sequence[str] = (),
    report: Callable[[Step], None] = silent,
    columns: Mapping[str, Sequence[Any]] | None = None,
    wanted: Wanted | None = None,
) -> Report:
    """Measured quality and cost of a predictor.

    Args:
        predictor: what answers.
        encoded: labelled rows that it has not learned from.
        seed: of the bootstrap.
        batch: rows handed over at once.
        notes: what was counted and said of the rows before; kept in the report.
        report: called after each batch.
        columns: what else the file says of the rows, N cells each.
        wanted: the parts that are measured beside the metrics; None: none.

    Raises:
        DataError: there is no row, no target, or an output is no number.
        TaskError: the rows are those of another task.
        UnknownName: a part that is wanted has no such name.
        ConfigError: a part that is wanted does not suit the task.
    """
    check(predictor, encoded)
    if wanted is not None:
        check_named(wanted, encoded.task)  # before hours of answering
    outputs, cost, reasons = answer(predictor, encoded, batch=batch, report=report)
    bits = likelihood(predictor, encoded)
    margins = preferences(predictor, encoded, bits)
    notes = [*notes, *(note for note in getattr(predictor, "notes", ()) if note not in notes)]
    found = judge(encoded, outputs, threshold=predictor.threshold, seed=seed, cost=cost, notes=notes, likelihood=bits, margins=margins, reasons=reasons)
    if wanted is None:
        return found
    seen = Seen(predictor, encoded, outputs, columns or {}, seed, report, reasons)
    wanted, note = within_patience(seen, wanted, float(cost["seconds"] or 0.0) / len(encoded))
    return replace(found, parts=plain_json(measure_parts(seen, wanted)), notes=(*found.notes, *([note] if note else [])))


def check(predictor: Predictor, encoded: Encoded) -> None:
    """Refuse rows that the predictor cannot be measured on.

    Raises:
        DataError: there is no row or no target.
        TaskError: the rows are those of another task.
    """
    if encoded.targets is None or not len(encoded):
        raise DataError(f"To evaluate, labelled rows are due, at least one. Received: {len(encoded)} rows{'' if len(encoded) == 0 else ' without labels'}.")
    mine, theirs = predictor.task, encoded.task
    if (mine.kind, mine.labels, mine.several, len(mine.inputs)) != (theirs.kind, theirs.labels, theirs.several, len(theirs.inputs)):
        raise TaskError("The rows were encoded for another task than the function has learned: kind, labels and number of inputs must be the same.")


def answer(
    predictor: Predictor, encoded: Encoded, *, batch: int = BATCH, report: Callable[[Step], None] = silent
) -> tuple[np.ndarray, dict[str, float | int | None], np.ndarray | None]:
    """The outputs for all rows, what they cost, and (N,) why each row is refused, "" where it is answered; None where the predictor refuses none.

    The cost: seconds, rows_per_second, peak_memory_mb, parameters, moved_parameters; asking a
    server also requests, kept_answers, tokens_in, tokens_out and, where prices were set, price.
    """
    getattr(predictor, "count_anew", lambda: None)()  # what the report says is of these rows alone
    before = getattr(predictor, "spending", {})
    reset_peak()
    start = time.perf_counter()
    parts, reasons = [], []
    for first in range(0, len(encoded), batch):
        outputs, why = judged_by(predictor, encoded.inputs[first : first + batch])
        parts.append(outputs)
        reasons += [] if why is None else [why]
        report(Step(min(first + batch, len(encoded)), len(encoded), note="evaluate"))
    seconds = time.perf_counter() - start
    peak = peak_memory_mb()
    cost: dict[str, float | int | None] = {
        "seconds": round(seconds, 4),
        "rows_per_second": round(len(encoded) / max(seconds, 1e-9), 3),
        "peak_memory_mb": None if peak is None else round(peak, 1),
        "parameters": getattr(predictor, "total_parameters", None),
        "moved_parameters": getattr(predictor, "moved_parameters", None),
    }
    cost |= {name: value - before[name] for name, value in getattr(predictor, "spending", {}).items()}
    return np.concatenate(parts), cost, np.concatenate(reasons) if reasons else None


def likelihood(predictor: Predictor, encoded: Encoded) -> np.ndarray | None:
    """(N, 3) bits, tokens and bytes of the references, where the task is one of FORETOLD and the predictor can tell; else None."""
    tell = getattr(predictor, "reference_bits", None)
    if tell is None or encoded.task.kind not in FORETOLD or encoded.targets is None:
        return None
    return np.asarray(tell(encoded.inputs, [target[0] for target in encoded.targets]), dtype=np.float64)


def preferences(predictor: Predictor, encoded: Encoded, bits: np.ndarray | None = None) -> np.ndarray | None:
    """(N,) log-probability of the better answer less that of the worse one, in nats; None where rows have no worse one or the predictor cannot tell.

    Args:
        predictor: what is asked.
        encoded: rows of which `rejected` may hold worse answers.
        bits: what `likelihood` gave, if it did.
    """
    tell = getattr(predictor, "reference_bits", None)
    if tell is None or encoded.rejected is None or encoded.targets is None or len(encoded) < 2:
        return None
    better = tell(encoded.inputs, [target[0] for target in encoded.targets]) if bits is None else bits
    return np.asarray((tell(encoded.inputs, [str(text) for text in encoded.rejected])[:, 0] - better[:, 0]) * np.log(2), dtype=np.float64)


def judge(
    encoded: Encoded,
    outputs: np.ndarray,
    *,
    threshold: float = 0.5,
    seed: int = 0,
    cost: dict[str, float | int | None] | None = None,
    notes: Sequence[str] = (),
    likelihood: np.ndarray | None = None,
    margins: np.ndarray | None = None,
    reasons: np.ndarray | None = None,
) -> Report:
    """The report on outputs that were made before.

    Args:
        encoded: labelled rows.
        outputs: (N, L) probabilities, (N,) numbers or (N,) objects, as a predictor gives them.
        threshold: several labels: least probability of a label that is given.
        seed: of the bootstrap.
        cost: what making the outputs cost.
        notes: what was counted and said of the rows.
        likelihood: what `likelihood` gave, for bits_per_byte, loss and perplexity beside the other metrics.
        margins: what `preferences` gave, for preference_accuracy and preference_margin.
        reasons: (N,) why each row was refused, "" where it was answered; a refused row is not right. None: none can be.

    Raises:
        DataError: the outputs do not fit the rows, or one is no number.
    """
    task, targets = encoded.task, encoded.targets
    width = (len(task.labels),) if task.kind == "classify" else ()
    if targets is None or outputs.shape != (len(encoded), *width):
        raise DataError(f"Outputs of shape {(len(encoded), *width)} and targets are due. Received: outputs of shape {outputs.shape}.")
    refused = None if reasons is None else reasons != ""
    metrics = measure(task, targets, outputs, threshold=threshold, seed=seed, **({"refused": refused} if refused is not None and task.kind == "classify" else {}))
    if likelihood is not None:
        metrics |= likelihood_metrics(*likelihood.T, seed=seed)
    if margins is not None:
        metrics |= preference_metrics(margins)
    unknown = int((targets == UNKNOWN).sum()) if task.kind == "classify" and not task.several else 0
    if unknown:
        rows = "row has" if unknown == 1 else "rows have"
        notes = [*notes, f"{unknown} {rows} a label that the function does not know: wrong in every metric, probability {FLOOR:g} in log_loss"]
    if reasons is not None:
        notes = [*notes, _refusals(reasons)]
    if has_tests(task, targets):
        notes = [*notes, program_note(targets, outputs)]
    return Report(
        task=task,
        metrics=metrics,
        n=len(encoded),
        unknown=unknown,
        **_parts(task, targets, outputs, threshold, reasons),
        cost=cost or {},
        notes=tuple(notes),
        data=fingerprint(encoded),
        seed=seed,
        versions=library_versions(),
        machine=machine(),
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def _refusals(reasons: np.ndarray) -> str:
    why, counts = np.unique(causes(reasons[reasons != ""]), return_counts=True)
    told = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in zip(why.tolist(), counts.tolist(), strict=True))
    refused = int(counts.sum())
    return f"{refused:,} of {len(reasons):,} rows {'was' if refused == 1 else 'were'} refused{f' ({told})' if told else ''}: not right in any metric; risk is the share wrong among those answered"


def _parts(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, reasons: np.ndarray | None) -> dict[str, Any]:
    """What the report says beside the metrics: of labels and of kinds of entities, each one's own numbers."""
    if task.kind == "tag":
        return {"per_label": _named(task, entity_table(task, targets, outputs))}
    return _classify_parts(task, targets, outputs, threshold, reasons) if task.kind == "classify" else {}


def _classify_parts(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, reasons: np.ndarray | None) -> dict[str, Any]:
    """majority, confusion, per_label and ece; refused rows are in no cell of the confusion, and missed by their label."""
    answered = np.ones(len(outputs), dtype=bool) if reasons is None else reasons == ""
    told = answered if reasons is None else heard(reasons)
    if task.several:
        true, given = targets > 0, (outputs >= threshold) & answered[:, None]
        sets, counts = np.unique(true, axis=0, return_counts=True)
        commonest = ", ".join(label for label, held in zip(task.labels, sets[counts.argmax()], strict=True) if held)
        rows = label_table((true & given).sum(axis=0), true.sum(axis=0), given.sum(axis=0))
        return {
            "majority": (commonest, float(counts.max() / len(true))),
            "per_label": _named(task, rows),
            "ece": expected_calibration_error(outputs[told].ravel(), true[told].ravel()) if told.any() else None,
        }
    answers = outputs.argmax(axis=1)
    table, unknown = confusion(targets[answered], answers[answered], len(task.labels))
    support = np.bincount(targets[targets != UNKNOWN], minlength=len(task.labels))
    rows = label_table(table.diagonal(), support, table.sum(axis=0) + unknown)
    return {
        "majority": (task.labels[int(support.argmax())], float(support.max() / len(targets))),
        "confusion": {"counts": tuple(map(tuple, table.tolist())), "unknown": tuple(unknown.tolist())},
        "per_label": _named(task, rows),
        "ece": expected_calibration_error(outputs[told].max(axis=1), (answers == targets)[told]) if told.any() else None,
    }


def _named(task: Task, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple({"label": label, **row} for label, row in zip(task.labels, rows, strict=True))

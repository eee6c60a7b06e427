"""diff: what two or more functions answer to the same rows, measured pairwise against the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.evaluation.cost import library_versions, machine
from hanshuku.evaluation.diff.agree import agreement
from hanshuku.evaluation.diff.found import FunctionDiff, Measured, MetricChange, Pair
from hanshuku.evaluation.diff.given import Given
from hanshuku.evaluation.diff.joint import onto
from hanshuku.evaluation.diff.labels import label_changes
from hanshuku.evaluation.diff.rows import changed_rows
from hanshuku.evaluation.differences import Difference
from hanshuku.evaluation.evaluate import BATCH, answer, judge, likelihood
from hanshuku.inference.base import Predictor
from hanshuku.metrics.base import LEVEL, LOWER_IS_BETTER, Sample
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.measure import every_sample, primary_metric
from hanshuku.metrics.paired import Paired, holm, mcnemar, paired_difference, rows_to_settle
from hanshuku.metrics.rows import ratio_sample
from hanshuku.training.run import Step, silent

WARM = 16  # rows that each function answers before its time is taken
ROUNDS, ROUND_ROWS, ROUND_S = 5, 256, 3.0  # rounds in which speeds are compared, rows of each, and the seconds that one may take


@dataclass(frozen=True, eq=False)
class Compared:
    """A function that is compared."""

    name: str
    predictor: Predictor
    facts: Mapping[str, Any] = field(default_factory=dict)  # what a reader wants beside the numbers: method, model, size on disk


def diff(
    functions: Sequence[Compared], rows: Encoded, origins: Sequence[tuple[str, int]], *, notes: Sequence[str] = (), seed: int = 0, report: Callable[[Step], None] = silent
) -> FunctionDiff:
    """Measure functions on the same rows and say what differs; see `functions.diff.diff`.

    Args:
        functions: at least two; the others are compared with the first.
        rows: N labelled rows of the joint task, see `joint_task`.
        origins: file and line of each row.
        notes: what was counted and said before.
        seed: of the bootstrap.
        report: called after each batch.
    """
    task, targets = rows.task, rows.targets
    assert targets is not None
    answered = [_answered(function, rows, seed, report) for function in functions]
    given = [each[1] for each in answered]
    drawn = _drawn(rows, given, [each[2] for each in answered], seed)
    primary = primary_metric(task, targets)
    primary = primary if primary in drawn else next(iter(drawn))
    measured = _timed(functions, tuple(each[0] for each in answered), rows)
    right = [each.right(task, targets) for each in given]
    others = list(range(1, len(functions)))
    exact = [mcnemar(right[0], right[i]) for i in others]
    paired = {name: [_paired(name, (values, draws), i, len(rows)) for i in others] for name, (values, draws) in drawn.items()}
    verdicts = _verdicts(primary, measured, paired[primary], [found.p_exact for found in exact], len(rows))
    changes = _changes(primary, drawn, paired, verdicts)
    pairs = []
    for place, i in enumerate(others):
        both = (given[0], given[i])
        pairs.append(
            Pair(
                measured[0].name, measured[i].name, verdicts[place], changes[place], exact[place], agreement(task, *both, seed),
                changed_rows(rows, origins, both), label_changes(rows, both, seed),
            )
        )  # fmt: skip
    told = [f"{m.name} refuses {m.facts['refused']:,} of {len(rows):,} rows: no right answers; log_loss alone takes the probabilities that it holds back" for m in measured if m.facts["refused"]]
    return FunctionDiff(
        task, len(rows), primary, measured, tuple(pairs), (*notes, *told), fingerprint(rows), seed, library_versions(), machine(),
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )  # fmt: skip


def _answered(function: Compared, rows: Encoded, seed: int, report: Callable[[Step], None]) -> tuple[Measured, Given, np.ndarray | None]:
    """How well a function answered, its answers on the joint task, and the bits of the references where it can tell."""
    predictor = function.predictor
    if not getattr(predictor, "spending", None):  # what is asked of a server costs money
        predictor.outputs(rows.inputs[:WARM])
    raw, cost, reasons = answer(predictor, rows, batch=BATCH, report=report)
    outputs = onto(rows.task, predictor.task, raw)
    bits = likelihood(predictor, rows)
    found = judge(rows, outputs, threshold=predictor.threshold, seed=seed, likelihood=bits, reasons=reasons)
    refused = np.zeros(len(rows), dtype=bool) if reasons is None else reasons != ""
    facts = {**function.facts, "refused": int(refused.sum())}
    measured = Measured(function.name, found.metrics, float(predictor.threshold), cost, found.ece, facts)
    return measured, Given(outputs if outputs.dtype == object else outputs.astype(np.float64), float(predictor.threshold), refused), bits


def _timed(functions: Sequence[Compared], measured: tuple[Measured, ...], rows: Encoded) -> tuple[Measured, ...]:
    """Rows a second in the best of some rounds in which all functions answer the same rows in turn, so that a busy machine slows them alike; one that is slow or costs money keeps what answering took."""
    part = rows.inputs[:ROUND_ROWS]
    quick = [not getattr(f.predictor, "spending", None) and len(part) / max(m.cost.get("rows_per_second") or 0, 1e-9) < ROUND_S for f, m in zip(functions, measured, strict=True)]
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS if any(quick) else 0):
        for function, mine, is_quick in zip(functions, seconds, quick, strict=True):
            if is_quick:
                start = time.perf_counter()
                function.predictor.outputs(part)
                mine.append(time.perf_counter() - start)
    return tuple(replace(m, cost={**m.cost, "rows_per_second": round(len(part) / max(min(s), 1e-9), 3)}) if s else m for m, s in zip(measured, seconds, strict=True))


def _drawn(rows: Encoded, given: Sequence[Given], bits: Sequence[np.ndarray | None], seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Metric -> its (R,) values and (resamples, R) draws, of the same rows for all functions."""
    assert rows.targets is not None
    refused = [each.refused for each in given] if any(each.refused.any() for each in given) else None
    samples: dict[str, Sample] = every_sample(rows.task, rows.targets, [each.outputs for each in given], [each.threshold for each in given], refused)
    known = [each for each in bits if each is not None]
    if len(known) == len(given):
        samples["bits_per_byte"] = ratio_sample([(each[:, 0], each[:, 2]) for each in known])
    return {name: (np.asarray(sample.value, dtype=np.float64), bootstrap(sample, seed=seed)) for name, sample in samples.items()}


def _paired(name: str, drawn: tuple[np.ndarray, np.ndarray], place: int, n: int) -> Paired:
    """The function at this place minus the first."""
    values, draws = drawn
    return paired_difference((values[[place]], values[[0]]), (draws[:, [place]], draws[:, [0]]), n, extra_row=name in {"accuracy", "exact_match"})


def _verdicts(primary: str, measured: Sequence[Measured], paired: Sequence[Paired], exact: Sequence[float], n: int) -> list[Difference]:
    """Of each pair which is better by the primary metric, the better one first; of accuracies by McNemar's exact test."""
    is_accuracy = primary == "accuracy"
    ps = list(exact) if is_accuracy else [found.p for found in paired]
    found = []
    for other, pair, p, p_holm in zip(measured[1:], paired, ps, holm(ps), strict=True):
        sign = 1.0 if pair.difference >= 0 else -1.0
        names = (other.name, measured[0].name) if sign > 0 else (measured[0].name, other.name)
        low, high = sorted((sign * pair.low, sign * pair.high))
        real = p_holm <= 1 - LEVEL + 1e-12
        more = None if real else rows_to_settle(pair, n, tests=len(paired))
        found.append(Difference(*names, sign * pair.difference, low, high, p, p_holm, "McNemar exact" if is_accuracy else "paired bootstrap", 1, real, more))
    return found


def _changes(
    primary: str, drawn: Mapping[str, tuple[np.ndarray, np.ndarray]], paired: Mapping[str, Sequence[Paired]], verdicts: Sequence[Difference]
) -> list[tuple[MetricChange, ...]]:
    """Of each pair every metric; those beside the primary one are corrected together, for all metrics of all pairs."""
    beside = [(name, i) for name in drawn if name != primary for i in range(len(verdicts))]
    corrected = dict(zip(beside, holm([paired[name][i].p for name, i in beside]), strict=True))
    found = []
    for i, verdict in enumerate(verdicts):
        changes = []
        for name, (values, _draws) in drawn.items():
            pair = paired[name][i]
            p, p_holm = (verdict.p, verdict.p_holm) if name == primary else (pair.p, corrected[name, i])
            sign = -1 if name in LOWER_IS_BETTER else 1
            after, before = float(values[i + 1]), float(values[0])
            changes.append(MetricChange(name, before, after, pair.difference, pair.low, pair.high, p, p_holm, p_holm <= 1 - LEVEL + 1e-12, sign * pair.difference > 0))
        found.append(tuple(changes))
    return found

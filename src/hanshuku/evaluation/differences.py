"""Which methods differ: means over seeds, paired tests on the same rows, Holm's correction, rows that would settle the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.runs import DONE, FAILED, NOT_RUN, Candidate, RunRecord
from hanshuku.metrics.base import CORRELATIONS, LEVEL, LOWER_IS_BETTER, PERCENTAGES, Metric
from hanshuku.metrics.intervals import PLAIN, around, bootstrap, t_quantile, z_quantile
from hanshuku.metrics.measure import primary_metric, primary_sample
from hanshuku.metrics.paired import Paired, combined_error, holm, mcnemar, paired_difference, rows_to_settle


@dataclass(frozen=True)
class MethodResult:
    """A candidate over all its seeds."""

    name: str
    model: str
    status: str  # "done" where at least one run was done, else "failed" or "not run"
    message: str = ""  # the first reason why a run is missing
    seeds: tuple[int, ...] = ()  # of the runs that were done
    metrics: Mapping[str, Metric] = field(default_factory=dict)  # means over seeds; intervals over rows and seeds
    rows: int = 0  # labelled rows learned from
    fit_seconds: float | None = None  # mean over seeds
    fit_peak_memory_mb: float | None = None  # most over seeds
    rows_per_second: float | None = None  # mean over seeds, answering the test rows
    moved_parameters: int | None = None
    total_parameters: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON data."""
        return {**vars(self), "seeds": list(self.seeds), "metrics": {name: metric.to_json() for name, metric in self.metrics.items()}}


@dataclass(frozen=True)
class Difference:
    """Two candidates on the same rows and seeds, the better one first."""

    first: str
    second: str
    difference: float  # of the primary metric, first minus second, >= 0
    low: float  # 95% interval
    high: float
    p: float
    p_holm: float  # corrected for all the pairs of the comparison
    test: str  # "McNemar mid-p" or "paired bootstrap"
    seeds: int  # that both have
    real: bool  # p_holm <= 0.05
    more_rows: int | None = None  # where it is not real: about how many more test rows would settle it; None: rows alone would not

    def to_json(self) -> dict[str, Any]:
        """The difference as plain JSON data."""
        return dict(vars(self))


def analyse(test: Encoded, candidates: Sequence[Candidate], runs: Sequence[RunRecord]) -> tuple[tuple[MethodResult, ...], tuple[Difference, ...]]:
    """Results in the order of the candidates, and the differences of all their pairs.

    With one seed a mean's interval covers the choice of test rows; with several it covers test rows and seeds. The
    variance over rows comes from a bootstrap that draws the same rows for every run, that over seeds from the runs.
    """
    done = [run for run in runs if run.status == DONE and run.outputs is not None]
    by_name = {candidate.name: [i for i, run in enumerate(done) if run.name == candidate.name] for candidate in candidates}
    drawn, values = np.zeros((0, 0)), np.zeros(0)
    if done and test.targets is not None:
        sample, _ = primary_sample(test.task, test.targets, [run.outputs for run in done if run.outputs is not None], [run.threshold for run in done])
        drawn, values = bootstrap(sample), sample.value
    columns = {name: _Columns([done[i] for i in places], drawn[:, places], values[places]) for name, places in by_name.items() if places}
    results = tuple(_result(c, columns.get(c.name), [run for run in runs if run.name == c.name], test) for c in candidates)
    learns = {candidate.name: candidate.method.LEARNS for candidate in candidates}
    pairs = [_pair(a, b, columns, test, several=learns[a] or learns[b]) for a, b in combinations(columns, 2)]
    return results, _corrected([pair for pair in pairs if pair], test)


@dataclass(frozen=True, eq=False)
class _Columns:
    """The runs of a candidate with their columns of the shared bootstrap."""

    runs: list[RunRecord]
    drawn: np.ndarray  # (resamples, S)
    values: np.ndarray  # (S,)

    def at(self, seeds: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        places = [i for seed in seeds for i, run in enumerate(self.runs) if run.seed == seed]
        return self.drawn[:, places], self.values[places]


def _result(candidate: Candidate, columns: _Columns | None, runs: list[RunRecord], test: Encoded) -> MethodResult:
    missing = [run for run in runs if run.status != DONE]
    message = next((run.message for run in missing if run.status == FAILED), missing[0].message if missing else "")
    if columns is None:
        status = FAILED if any(run.status == FAILED for run in missing) else NOT_RUN
        return MethodResult(candidate.name, candidate.model, status, message)
    done = columns.runs
    speeds, moved = [run.cost.get("rows_per_second") for run in done], done[0].cost.get("moved_parameters")
    peaks, total = [run.fit_peak_memory_mb for run in done], done[0].cost.get("parameters")
    return MethodResult(
        name=candidate.name,
        model=candidate.model,
        status=DONE,
        message=message,
        seeds=tuple(run.seed for run in done),
        metrics={name: _mean(name, columns, test) for name in done[0].metrics},
        rows=done[0].rows,
        fit_seconds=_average([run.fit_seconds for run in done]),
        fit_peak_memory_mb=max((peak for peak in peaks if peak is not None), default=None),
        rows_per_second=_average(speeds),
        moved_parameters=None if moved is None else int(moved),
        total_parameters=None if total is None else int(total),
    )


def _average(numbers: Sequence[float | int | None]) -> float | None:
    known = [float(number) for number in numbers if number is not None]
    return sum(known) / len(known) if known else None


def _mean(name: str, columns: _Columns, test: Encoded) -> Metric:
    """A metric over seeds. For one that is not the primary one the error over rows is taken from the runs' own intervals."""
    each = [run.metrics[name] for run in columns.runs]
    if len(each) == 1:
        return each[0]
    values = np.array([metric.value for metric in each])
    if name == primary_metric(test.task, test.targets):
        rows = float(columns.drawn.mean(axis=1).var(ddof=1))
    else:
        rows = float(np.mean([(metric.high - metric.low) / (2 * z_quantile()) for metric in each])) ** 2
    error, df = combined_error(rows, float(values.var(ddof=1)) / len(each), each[0].n, len(each))
    value = float(values.mean())
    low, high = around(value, error, PLAIN, each[0].n, quantile=t_quantile(df)) if math.isfinite(value) else (math.nan, math.nan)
    floor, roof = (-1.0 if name in CORRELATIONS else 0.0), (math.inf if name in LOWER_IS_BETTER else 100.0 if name in PERCENTAGES else 1.0)
    return Metric(value, max(low, floor), min(high, roof), each[0].n, each[0].chance)


def _pair(a: str, b: str, columns: Mapping[str, _Columns], test: Encoded, *, several: bool) -> tuple[str, str, str, int, Paired] | None:
    """First, second, test, seeds, measured difference; None where the two share no seed or have no defined metric.

    Args:
        a: name of a candidate.
        b: name of another.
        columns: their runs.
        test: the rows.
        several: whether seeds matter to either of them; a method that does not learn answers the same with each.
    """
    seeds = sorted({run.seed for run in columns[a].runs} & {run.seed for run in columns[b].runs})
    seeds = seeds if several else seeds[:1]
    if not seeds:
        return None
    (drawn_a, values_a), (drawn_b, values_b) = columns[a].at(seeds), columns[b].at(seeds)
    if not (np.isfinite(values_a).all() and np.isfinite(values_b).all()):
        return None
    if values_b.mean() > values_a.mean():
        return _pair(b, a, columns, test, several=several)
    accuracy = primary_metric(test.task, test.targets) == "accuracy"
    paired = paired_difference((values_a, values_b), (drawn_a, drawn_b), len(test), extra_row=accuracy)
    if accuracy and len(seeds) == 1:
        right = [run.outputs.argmax(axis=1) == test.targets for name in (a, b) for run in columns[name].runs if run.seed == seeds[0] and run.outputs is not None]
        p = mcnemar(right[0], right[1]).p_mid
        return a, b, "McNemar mid-p", 1, Paired(paired.difference, paired.low, paired.high, p, paired.row_variance, 0.0)
    return a, b, "paired bootstrap", len(seeds), paired


def _corrected(pairs: list[tuple[str, str, str, int, Paired]], test: Encoded) -> tuple[Difference, ...]:
    adjusted = holm([pair[-1].p for pair in pairs])
    found = []
    for (first, second, name, seeds, paired), p_holm in zip(pairs, adjusted, strict=True):
        real = p_holm <= 1 - LEVEL + 1e-12
        more = None if real else rows_to_settle(paired, len(test), seed_count=seeds, tests=len(pairs))
        found.append(Difference(first, second, paired.difference, paired.low, paired.high, paired.p, p_holm, name, seeds, real, more))
    return tuple(found)

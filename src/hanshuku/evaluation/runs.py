"""A run: one candidate learned with one seed and measured on the test rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, HanshukuError
from hanshuku.evaluation.cost import peak_memory_mb, reset_peak
from hanshuku.evaluation.evaluate import answer, check, judge, likelihood, preferences
from hanshuku.evaluation.imports import ImportClock
from hanshuku.methods import check_kind
from hanshuku.methods.base import Method
from hanshuku.methods.switching import flat_settings, make
from hanshuku.metrics.base import Metric
from hanshuku.training.run import Run, Step, silent

DONE, FAILED, NOT_RUN = "done", "failed", "not run"


@dataclass(frozen=True)
class Candidate:
    """A method with its settings and its model, under the name that tables and plots show."""

    name: str
    method: Method
    model: str  # catalogue name, hub name or local folder
    isolated: bool = True  # fit in a fresh process, so that its peak memory is its own; False: in this one

    def to_json(self) -> dict[str, Any]:
        """Class, settings and model as plain data, from which another process makes the method again.

        Raises:
            ConfigError: another process could not: the class stands in no module, or a setting is not plain.
        """
        kind = type(self.method)
        data = {"class": f"{kind.__module__}:{kind.__qualname__}", "settings": flat_settings(self.method), "model": self.model}
        if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__ or method_from_json(data) != self.method:
            raise ConfigError(
                f"Method {self.name!r} cannot be made again in a process of its own. Define {kind.__qualname__} at the top of a module that "
                "can be imported, with numbers and text as settings, or give Candidate(..., isolated=False)."
            )
        return data


def method_from_json(data: Mapping[str, Any]) -> Method:
    """The method that `Candidate.to_json` wrote; lists become tuples again."""
    module, _, path = data["class"].partition(":")
    kind: Any = import_module(module)
    for part in path.split("."):
        kind = getattr(kind, part)
    method: Method = make(kind, {key: tuple(value) if isinstance(value, list) else value for key, value in data["settings"].items()})
    return method


@dataclass(frozen=True)
class Job:
    """What a run is made from."""

    method: Method
    model: str
    train: Encoded
    test: Encoded
    seed: int
    budget_s: float | None = None  # wall seconds the fit may take
    folder: Path | None = None  # for checkpoints: a killed fit goes on from them


@dataclass(frozen=True, eq=False)
class RunRecord:
    """What came of a run."""

    name: str  # of the candidate
    model: str
    seed: int
    status: str  # "done", "failed" or "not run"
    message: str = ""  # why it failed or was not run, or what else there is to know
    rows: int = 0  # labelled rows learned from
    fit_seconds: float | None = None  # wall time, the loading of the model included, that of libraries not
    import_seconds: float | None = None  # the loading of libraries: paid once a process, whatever the method
    fit_peak_memory_mb: float | None = None  # of the whole process while it learned
    threshold: float = 0.5
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    ece: float | None = None
    cost: Mapping[str, float | int | None] = field(default_factory=dict)  # of answering the test rows; see `answer`
    budget_s: float | None = None  # wall seconds the fit was granted
    outputs: np.ndarray | None = None  # of the test rows, (N, L) or (N,) float32, or (N,) objects; not in the JSON

    def to_json(self) -> dict[str, Any]:
        """Everything but the outputs."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "outputs"}
        return {**plain, "metrics": {name: metric.to_json() for name, metric in self.metrics.items()}, "cost": dict(self.cost)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], outputs: np.ndarray | None) -> RunRecord:
        """The record that `to_json` wrote, with its outputs."""
        return cls(**{**data, "metrics": {name: Metric.from_json(metric) for name, metric in data["metrics"].items()}}, outputs=outputs)


def perform(name: str, job: Job, report: Callable[[Step], None] = silent) -> RunRecord:
    """Learn and measure in this process. A failure becomes a record of status "failed", so that other runs go on."""
    record = {"name": name, "model": job.model, "seed": job.seed, "budget_s": job.budget_s}
    try:
        return RunRecord(**record, **_learn_and_measure(job, report))  # type: ignore[arg-type]
    except HanshukuError as error:
        return RunRecord(**record, status=FAILED, message=str(error))  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - whatever one method does, the others must go on
        return RunRecord(**record, status=FAILED, message=f"{type(error).__name__}: {error}")  # type: ignore[arg-type]


def _learn_and_measure(job: Job, report: Callable[[Step], None]) -> dict[str, Any]:
    task = job.train.task
    check_kind(job.method, task.kind)
    reset_peak()
    start = time.perf_counter()
    learns = job.method.LEARNS
    run = Run(job.seed, job.folder, job.budget_s, report)
    with ImportClock() as imports:
        predictor = job.method.fit(task, job.train if learns else None, model=job.model, run=run)
    seconds, peak = time.perf_counter() - start - imports.seconds, peak_memory_mb()
    check(predictor, job.test)
    outputs, cost, _ = answer(predictor, job.test, report=report)
    bits = likelihood(predictor, job.test)
    measured = judge(job.test, outputs, threshold=predictor.threshold, likelihood=bits, margins=preferences(predictor, job.test, bits))
    return {
        "status": DONE,
        "rows": len(job.train) if learns else 0,
        "fit_seconds": round(seconds, 3),
        "import_seconds": round(imports.seconds, 3),
        "fit_peak_memory_mb": None if peak is None else round(peak, 1),
        "threshold": float(predictor.threshold),
        "metrics": measured.metrics,
        "ece": measured.ece,
        "cost": cost,
        "outputs": outputs if outputs.dtype == object else outputs.astype(np.float32),
    }

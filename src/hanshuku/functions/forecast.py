"""forecast: seconds and peak memory of a fit before it runs, from short fits of a few rows on this machine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError
from hanshuku.evaluation.child import run_in_child
from hanshuku.evaluation.run_files import save_rows
from hanshuku.evaluation.runs import DONE, Candidate
from hanshuku.functions.compare import examples_of
from hanshuku.functions.learn import default_model, encoded, with_unlabelled
from hanshuku.methods import get_method
from hanshuku.methods.auto_cost import free_mb
from hanshuku.methods.finetune import Finetune
from hanshuku.models.pull import pull
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

SMALL, LARGE = 64, 256  # rows of the two fits between which time is drawn as a line
STEPS = 8, 24  # steps of the two fits between which time is drawn as a line, where a method plans steps
BATCH = 16  # rows of the longest that the memory fit holds, where the method names no batch size
SPREAD = (0.7, 1.5)  # on a shared machine the same fit has taken from 0.7 to 1.5 of its median


@dataclass(frozen=True)
class Forecast:
    """What a fit is expected to cost."""

    method: str
    model: str
    rows: int
    seconds: float  # wall time of the fit, model loading included
    seconds_low: float
    seconds_high: float
    memory_mb: float  # peak of the whole process
    available_mb: float  # free on this machine now
    probe_seconds: float  # what finding out took

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)


def forecast(
    examples: Any, *, task: Task | None = None, method: str = "finetune", model: str | None = None, unlabelled: Any = None, seed: int = 0,
    accept_licence: bool = False, report: Callable[[Step], None] = silent, **settings: Any,
) -> Forecast:  # fmt: skip
    """Time and peak memory of learning from these examples by this method.

    Three or four short fits run, each in a process of its own: of few and of more rows, between which the time of a row is
    read off; of more steps, where a method plans steps; and of the longest rows, whose peak memory is that of the whole run.

    Args:
        examples: Examples, or whatever `read` takes.
        task: what would be learned; None: found from the columns.
        method: a name in METHODS; "auto" spends its budget and is not forecast.
        model: catalogue name, hub name or folder; None: the method's default.
        unlabelled: rows without an answer, for methods that learn from these too; the short fits read them as the whole one would.
        seed: of the rows drawn.
        accept_licence: accept the model's licence where it is a restricted one.
        report: called with progress.
        **settings: fields of the method, and switches where it has any.

    Raises:
        ConfigError: the method cannot be forecast, or a short fit failed.
    """
    if method == "auto":
        raise ConfigError("'auto' takes the budget that it is given. Forecast the methods it would try: probe, contrastive, finetune.")
    begin = time.monotonic()
    chosen = get_method(method, **settings)
    if task is None:
        examples = examples_of(examples)
        task = infer_task(examples)
    rows, _ = encoded(task, examples, drop_empty=True, drop_repeated=True)
    if unlabelled is not None:
        rows, _ = with_unlabelled(method, chosen, task, rows, unlabelled, ())
    model = model or default_model(chosen, task, rows)
    pull(model, accept_licence=accept_licence)
    probe = _Probe(model, rows, seed, report)
    if len(rows) <= SMALL or not (chosen.LEARNS or getattr(chosen, "learn", False)):
        seconds, memory = probe.fit(chosen, np.arange(len(rows)))
    else:
        seconds, memory = _extrapolated(probe, chosen, rows)
    low, high = (seconds * factor for factor in SPREAD)
    return Forecast(method, model, len(rows), seconds, low, high, memory, free_mb(), time.monotonic() - begin)


@dataclass
class _Probe:
    """Short fits of one method."""

    model: str
    rows: Encoded
    seed: int
    report: Callable[[Step], None]

    def fit(self, method: Any, rows: np.ndarray) -> tuple[float, float]:
        """Seconds and peak memory in MB of a fit of these rows, in a process of its own.

        Raises:
            ConfigError: it failed.
        """
        self.report(Step(0, 1, note=f"short fit of {len(rows)} rows"))
        taken = self.rows.take(rows)
        with tempfile.TemporaryDirectory(prefix="hanshuku-forecast-") as folder:
            place = Path(folder)
            paths = (place / "train", place / "test")
            save_rows(taken, paths[0])
            save_rows(taken.take([0]), paths[1])
            record = run_in_child(Candidate("probe", method, self.model), paths, place, seed=self.seed)
        if record.status != DONE:
            raise ConfigError(f"{type(method).__name__} could not be fitted to {len(rows)} rows, so nothing can be forecast: {record.message}")
        return float(record.fit_seconds or 0.0), float(record.fit_peak_memory_mb or 0.0)


def _passes(method: Any, rows: Encoded, learned: int) -> float:
    """Passes over what is learned, with what is made of the rows."""
    if isinstance(method, Finetune):
        from hanshuku.methods.few_rows import passes  # which loads torch

        return passes(method, rows, learned)
    return float(method.planned_epochs(learned, len(rows.task.labels), rows.task.kind))


def _extrapolated(probe: _Probe, method: Any, rows: Encoded) -> tuple[float, float]:
    """Seconds and peak memory from short fits: time is a line in the rows read, in the passes over them, and in the steps where a method plans these."""
    names = {f.name for f in fields(method)}
    passes, steps, short = 1.0, 0, method
    growth = getattr(getattr(method, "switches", None), "growth", 1)  # rows that are made of others are learned too
    if "epochs" in names:
        passes, short = _passes(method, rows, len(rows) * growth), replace(method, epochs=1.0)
    elif "steps" in names:
        steps = max(0, method.planned_steps(len(rows) * growth, len(rows.task.labels)) - STEPS[0])
        short = replace(method, steps=STEPS[0])
    drawn = np.random.default_rng(probe.seed).permutation(len(rows))
    counts = min(SMALL, len(rows) // 2), min(LARGE, len(rows))
    few, more = (probe.fit(short, np.sort(drawn[:n])) for n in counts)
    a_row = a_pass = max(0.0, (more[0] - few[0]) / (counts[1] - counts[0]))
    if passes > 1:  # a first pass may cost more than the others, where what does not move is computed once
        twice = probe.fit(replace(method, epochs=2.0), np.sort(drawn[: counts[1]]))[0]
        a_pass = min(a_row, max(0.0, (twice - more[0]) / counts[1]))
    a_step = 0.0
    if steps:
        a_step = max(0.0, probe.fit(replace(method, steps=STEPS[1]), np.sort(drawn[: counts[0]]))[0] - few[0]) / (STEPS[1] - STEPS[0])
    batch = method.planned_batch(len(rows.task.labels)) if hasattr(method, "planned_batch") else getattr(method, "batch_size", BATCH)
    longest = np.argsort([-sum(map(len, row)) for row in rows.inputs])[: 2 * batch]
    memory = max(few[1], more[1], probe.fit(short, np.sort(longest))[1])
    return few[0] + max(0.0, a_row * (len(rows) - counts[0])) + a_pass * len(rows) * (passes - 1) + a_step * steps, memory

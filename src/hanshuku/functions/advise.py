"""advise: what each method will probably cost and gain on these rows, and which model to start from, before anything is learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.learn import default_model, encoded
from hanshuku.methods import METHODS, get_method
from hanshuku.methods.auto import JUDGED, LADDERS
from hanshuku.methods.auto_prior import expected
from hanshuku.methods.auto_standing import rows_a_class
from hanshuku.methods.row_values import right_rows
from hanshuku.metrics.paired import sign_test
from hanshuku.models.pull import pull
from hanshuku.tasks import Task
from hanshuku.training.budget import Budget, parse_budget
from hanshuku.training.run import Step, silent

DRAWS = 4000  # of the chance that a method is the best one
DIFFERS = 0.05  # p from which a source is said to differ


@dataclass(frozen=True)
class MethodAdvice:
    """What is expected of a method.

    Attributes:
        method: its name.
        model: that it would take.
        gain: expected accuracy minus that of `probe`, 0.01 is a point; see `methods/auto_prior.py` for where it comes from.
        gain_sd: its deviation.
        chance: of being the best of those that are here and fit.
        seconds: of learning from all rows, foretold from the encoder's pace on a few of them.
        memory_mb: peak.
        fits: whether the budget and this machine's free memory allow it.
    """

    method: str
    model: str
    gain: float
    gain_sd: float
    chance: float
    seconds: float
    memory_mb: float
    fits: bool


@dataclass(frozen=True)
class SourceAdvice:
    """How well the vectors of an encoder tell these rows apart: out-of-fold accuracy of a probe.

    Attributes:
        source: a model, or a function that has learned something else.
        score: 0..1, mean over the rows; rate: 1 minus the error as a part of the range.
        gain: over the first source.
        p: of the paired sign test against the first source; None: it is the first.
    """

    source: str
    score: float
    gain: float
    p: float | None


@dataclass(frozen=True)
class Advice:
    """Methods, the likeliest best first; sources, the best first."""

    rows: int
    rows_a_class: float
    methods: tuple[MethodAdvice, ...]
    sources: tuple[SourceAdvice, ...]

    @property
    def doubt(self) -> str:
        """How far the order of the sources can be trusted, in words; "" where none were compared."""
        if not self.sources:
            return ""
        sure = [each.source for each in self.sources if each.p is not None and each.p < DIFFERS]
        told = f"by a paired test {', '.join(sure)} differ{'s' if len(sure) == 1 else ''} from {self._first}" if sure else f"no source differs from {self._first} by a paired test, so the order is a guess"
        return f"{told}; one row of {self.rows:,} is {100 / self.rows:.1f} points. A probe is not fine-tuning either: where it matters, learn from both and compare on rows that neither saw."

    @property
    def _first(self) -> str:
        return next(each.source for each in self.sources if each.p is None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self) | ({"doubt": self.doubt} if self.sources else {})


def advise(
    examples: Any, *, task: Task | None = None, model: str | None = None, sources: Sequence[str] = (), budget: str | float | Budget | None = None,
    seed: int = 0, accept_licence: bool = False, report: Callable[[Step], None] = silent,
) -> Advice:  # fmt: skip
    """What `auto` knows of these rows before it tries anything, and which source to learn from.

    The methods are told from the number of rows a class, the encoder's pace on a few rows, and what is usual. For each source, a
    probe on its vectors answers the rows out of fold: the better they are told apart, the better it is to start from.

    Args:
        examples: Examples, or whatever `read` takes; labels or numbers.
        task: what would be learned; None: found from the columns.
        model: encoder; None: the default for the language.
        sources: models, or folders of functions that have learned another task (NAME.fn), to be compared with `model`.
        budget: wall time that may be spent: "5 min", seconds, or None.
        seed: of folds and draws.
        accept_licence: accept the model's licence where it is a restricted one.
        report: called with progress.

    Raises:
        ConfigError: the task is of another kind.
        ModelError: a model cannot be had.
    """
    from hanshuku.methods.auto_cost import Pace, free_mb

    if task is None:
        examples = examples_of(examples)
        task = infer_task(examples)
    if task.kind not in JUDGED:
        raise ConfigError(f"advise is for {' and '.join(sorted(JUDGED))}. For tasks of kind {task.kind!r} learn with method auto, which tries {', '.join(LADDERS[task.kind])}.")
    rows, _ = encoded(task, examples, drop_empty=True, drop_repeated=True)
    model = model or default_model(get_method("probe"), task, rows)
    for name in (model, *sources):
        pull(name, accept_licence=accept_licence)
    report(Step(0, 1, note="read a few rows"))
    pace, limit, free = Pace.look(task, rows, model), parse_budget(budget).seconds, free_mb()
    found = []
    for name in LADDERS[task.kind]:
        method, usual = get_method(name), expected(name, rows_a_class(task, len(rows)))
        seconds, memory = pace.seconds(method, name, len(rows)), pace.memory_mb(method, name)
        fits = memory - pace.base_mb <= free and (limit is None or seconds <= limit)
        found.append(MethodAdvice(name, model if name != "static" else METHODS[name]().default_model(task, "en"), usual.mean, usual.sd, 0.0, seconds, memory, fits))
    ranked = sorted(_with_chances(found, seed), key=lambda each: (-each.chance, -each.gain))
    return Advice(len(rows), rows_a_class(task, len(rows)), tuple(ranked), _sources(rows, [model, *sources], seed, report) if sources else ())


def _with_chances(found: Sequence[MethodAdvice], seed: int) -> list[MethodAdvice]:
    draws = np.random.default_rng(seed).normal([each.gain for each in found], [max(each.gain_sd, 1e-9) for each in found], (DRAWS, len(found)))
    draws[:, [not each.fits for each in found]] = -np.inf
    wins = np.bincount(draws.argmax(axis=1), minlength=len(found)) / DRAWS if any(each.fits for each in found) else np.zeros(len(found))
    return [replace(each, chance=float(chance)) for each, chance in zip(found, wins, strict=True)]


def _sources(rows: Encoded, names: Sequence[str], seed: int, report: Callable[[Step], None]) -> tuple[SourceAdvice, ...]:
    from hanshuku.methods.out_of_fold import folds_for, out_of_fold

    assert rows.targets is not None
    found: list[SourceAdvice] = []
    first: np.ndarray | None = None
    for name in names:
        report(Step(0, 1, note=f"read the rows with {name}"))
        answers = out_of_fold(rows, method="probe", model=name, folds=folds_for(rows), seed=seed)
        right = right_rows(rows.task, rows.targets, answers.outputs, answers.threshold)
        first = right if first is None else first
        p = None if right is first else sign_test(right, first)
        found.append(SourceAdvice(name, float(right.mean()), float((right - first).mean()), p))
    return tuple(sorted(found, key=lambda each: -each.score))

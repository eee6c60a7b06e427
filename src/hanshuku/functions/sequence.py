"""run_sequence: one function learns task after task, and is asked all of them after each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.core import Function
from hanshuku.functions.learn import encoded
from hanshuku.functions.learn_on import with_new_labels
from hanshuku.methods import get_method
from hanshuku.metrics.base import LOWER_IS_BETTER, Metric
from hanshuku.metrics.measure import primary_metric
from hanshuku.tasks import Task
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.data.examples import Examples
    from hanshuku.evaluation.sequence import SequenceReport


@dataclass(frozen=True)
class Lesson:
    """The rows of one session."""

    name: str
    train: Any  # Examples, or whatever `read` takes
    test: Any  # the same, never learned from


def run_sequence(
    lessons: Sequence[Lesson],
    *,
    task: Task | None = None,
    model: str | None = None,
    together: bool = False,
    seed: int = 0,
    report: Callable[[Step], None] = silent,
    accept_licence: bool = False,
    **settings: Any,
) -> tuple[SequenceReport, Function[..., Any]]:
    """Learn the lessons one after the other, by the method `continual`, and measure all of them after each.

    There is one head for the labels of all lessons; no text is told which lesson it is from. A label that stands in two lessons is one label.

    Args:
        lessons: at least two, of the same kind of task.
        task: what the first one is; None: found from its columns.
        model: catalogue name, hub name or folder; None: the method's default.
        together: also learn all rows at once, with the same settings, as the bound from above.
        seed: of every session.
        report: called with progress.
        accept_licence: accept the model's licence where it is a restricted one.
        **settings: fields of the method `continual`.

    Returns:
        what was measured; the function after the last session.

    Raises:
        ConfigError: fewer than two lessons, or a setting outside its range.
        DataError: rows that do not fit, or labels spelt in two ways.
    """
    from hanshuku.evaluation.sequence import SequenceReport

    if len(lessons) < 2 or len({lesson.name for lesson in lessons}) < len(lessons):
        raise ConfigError(f"A sequence has two lessons or more, each with a name of its own. Received: {[lesson.name for lesson in lessons]}.")
    get_method("continual", **settings)  # a wrong setting is said before anything runs
    trains, tests = [examples_of(lesson.train) for lesson in lessons], [examples_of(lesson.test) for lesson in lessons]
    function: Function[..., Any] = Function(task or infer_task(trains[0]))
    start = {"model": model, "accept_licence": accept_licence}
    whole = _whole_task(function.task, trains)
    rows, seconds, strategies, notes = [], [], [], []
    for i, train in enumerate(trains):
        name = lessons[i].name
        function = function.learn(train, method="continual", seed=seed, report=_named(report, name), **(start if not i else {}), **settings)
        rows.append(tuple(score(function, test) for test in tests))
        seconds.append(function.history[-1].seconds)
        strategies.append(function.predictor().past.sessions[-1].strategy)  # type: ignore[attr-defined]
        notes += [f"{name}: {note}" for note in function.history[-1].notes]
    bound = at_once(lessons, task=task, model=model, seed=seed, report=report, accept_licence=accept_licence, **settings)[0] if together else ()
    names = tuple(lesson.name for lesson in lessons)
    return SequenceReport(names, primary_metric(whole), tuple(rows), tuple(seconds), tuple(strategies), bound, tuple(notes)), function


def at_once(
    lessons: Sequence[Lesson],
    *,
    task: Task | None = None,
    model: str | None = None,
    seed: int = 0,
    report: Callable[[Step], None] = silent,
    accept_licence: bool = False,
    **settings: Any,
) -> tuple[tuple[Metric, ...], Function[..., Any]]:
    """The score on each lesson of one function that learns the rows of all of them at once, and that function: the bound from above.

    Args:
        lessons: see `run_sequence`.
        task: what the first one is; None: found from its columns.
        model: catalogue name, hub name or folder; None: the method's default.
        seed: of the fit.
        report: called with progress.
        accept_licence: accept the model's licence where it is a restricted one.
        **settings: fields of the method `continual`; there is nothing to be kept from forgetting, so its strategy is plain and it stores nothing.
    """
    trains = [examples_of(lesson.train) for lesson in lessons]
    whole = _whole_task(task or infer_task(trains[0]), trains)
    plain = settings | {"strategy": "plain", "memory": 0}
    told = _named(report, "all at once")
    function: Function[..., Any] = Function(whole).learn(
        _joined(whole, trains), method="continual", model=model, seed=seed, report=told, accept_licence=accept_licence, **plain
    )
    scores = [score(function, examples_of(lesson.test)) for lesson in lessons]
    return tuple(cell for cell in scores if cell is not None), function


def score(function: Function[..., Any], test: Any) -> Metric | None:
    """The primary metric on these rows; None where the function knows none of their labels.

    Raises:
        ConfigError: less is better of that metric.
    """
    from hanshuku.metrics.measure import measure

    rows, _ = encoded(function.task, test, unknown_labels="keep")
    assert rows.targets is not None
    if function.task.kind == "classify" and not (rows.targets > (0 if function.task.several else -1)).any():
        return None
    predictor = function.predictor()
    metrics = measure(function.task, rows.targets, predictor.outputs(rows.inputs), threshold=predictor.threshold)
    name, found = next(iter(metrics.items()))
    if name in LOWER_IS_BETTER:
        raise ConfigError(f"A sequence is measured by a score of which more is better. Received: {name}.")
    return found


def _whole_task(task: Task, trains: Sequence[Examples]) -> Task:
    """The task with the labels of all lessons; a label spelt in two ways is found before the first session."""
    for train in trains:
        task, _ = with_new_labels(task, train)
    return task


def _joined(task: Task, trains: Sequence[Examples]) -> Encoded:
    """All rows as those of one task."""
    parts = [encoded(task, train, drop_empty=True, drop_repeated=True)[0] for train in trains]
    targets, lines = (np.concatenate([getattr(part, name) for part in parts]) for name in ("targets", "lines"))
    return Encoded(task, [row for part in parts for row in part.inputs], targets, lines)


def _named(report: Callable[[Step], None], name: str) -> Callable[[Step], None]:
    return lambda step: report(Step(**(asdict(step) | {"note": f"{name}: {step.note}"})))

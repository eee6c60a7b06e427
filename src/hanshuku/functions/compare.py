"""compare: several methods on the same rows and seeds, with paired tests and what each costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError
from hanshuku.functions.learn import MIN_ROWS, default_model, encoded
from hanshuku.methods import get_method
from hanshuku.methods.settings import parse_method
from hanshuku.training.budget import Budget, parse_budget

if TYPE_CHECKING:
    from hanshuku.data.examples import Examples
    from hanshuku.evaluation.compare import Comparison
    from hanshuku.tasks import Task


def compare(
    train: Any,
    test: Any,
    methods: Sequence[str],
    *,
    task: Task | None = None,
    model: str | None = None,
    seeds: int = 1,
    few: int = 0,
    budget: str | float | Budget | None = None,
    folder: str | Path | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Comparison:
    """Which method is best on this data, how sure that is, and what each costs.

    Args:
        train: labelled examples, or whatever `read` takes.
        test: labelled examples to measure on; every method sees the same.
        methods: names with optional model and settings: "probe", "finetune:tuning=lora:epochs=5", "probe@e5-multilingual".
        task: what to learn; None: found from the columns of train.
        model: for the methods that name none; None: each method's default.
        seeds: runs of each method.
        few: draw this many rows a class anew for each seed; 0: all rows.
        budget: wall time for all of it; what does not fit any more is reported as not run.
        folder: finished runs are kept here and not done again.
        report: called with a line of progress.

    Raises:
        UnknownName: no method or setting has that name.
        DataError: the rows do not fit the task.
    """
    from hanshuku.evaluation.compare import Candidate
    from hanshuku.evaluation.compare import compare as compare_candidates

    if len(methods) < 1 or seeds < 1:
        raise ConfigError(f"Give at least one method and one seed. Received: {list(methods)} and {seeds}.")
    examples: Examples | Any = train
    if task is None:
        examples = examples_of(train)
        task = infer_task(examples)
    rows, _ = encoded(task, examples, drop_empty=True, drop_repeated=True)
    held, _ = encoded(task, test, unknown_labels="keep")
    if len(rows) < MIN_ROWS or not len(held):
        raise ConfigError(f"To compare, give labelled rows to learn from and to measure on. Received: {len(rows)} and {len(held)}.")
    candidates = []
    for text in methods:
        name, chosen, settings = parse_method(text)
        method = get_method(name, **settings)
        candidates.append(Candidate(text, method, chosen or model or default_model(method, task, rows)))
    run_folder = Path(folder) if folder else None
    return compare_candidates(
        rows, held, candidates, seeds=seeds, few=few, budget_s=parse_budget(budget).seconds, run_folder=run_folder, report=report
    )


def examples_of(source: Any) -> Any:
    """Examples as they are; whatever `read` takes is read."""
    from hanshuku.data.examples import Examples
    from hanshuku.data.read import read

    return source if isinstance(source, Examples) else read(source)

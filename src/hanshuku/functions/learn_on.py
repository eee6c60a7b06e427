"""learn_on: a function that has learned already learns on, with the labels that the new rows bring."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.fingerprint import fingerprint
from hanshuku.data.match import match_columns
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.cost import library_versions
from hanshuku.evaluation.drift.summary import Summary, summarise
from hanshuku.functions.learn import MIN_ROWS, encoded
from hanshuku.functions.origin import CALIBRATE, Origin, learned_by
from hanshuku.inference.base import Predictor
from hanshuku.methods import METHODS, get_method
from hanshuku.methods.switching import flat_settings
from hanshuku.tasks import Task
from hanshuku.tasks.classify import label_text, split_labels
from hanshuku.training.budget import Budget, parse_budget
from hanshuku.training.run import Run, Step, silent

GOES_ON = frozenset({"encoder", "continual"})  # kinds of predictors that learn on


def has_learned(history: Sequence[Origin]) -> bool:
    """Whether a function with this history has learned from rows."""
    return any(origin.method not in METHODS or METHODS[origin.method].LEARNS for origin in history if origin.method != CALIBRATE)


def learn_on(
    task: Task,
    start: Predictor,
    history: Sequence[Origin],
    examples: Any,
    *,
    earlier: Any = None,
    budget: str | float | Budget | None = None,
    validation: Any = None,
    seed: int = 0,
    folder: str | Path | None = None,
    track: Sequence[str] = (),
    report: Callable[[Step], None] = silent,
    **settings: Any,
) -> tuple[Task, Predictor, Origin]:
    """The task with the labels that are new, a predictor that has learned them too, and the record of how.

    Args:
        task: what the function does so far.
        start: what has learned; it stays as it is.
        history: how it came to be.
        examples: the new rows; Examples, Encoded, or whatever `read` takes.
        earlier: rows learned from before, of which some are stored and replayed where the function has stored none.
        budget: wall time that may be spent.
        validation: labelled examples for the threshold of several labels.
        seed: same seed, same rows, same machine: same result.
        folder: checkpoints and logs go here, and a killed run resumes from here.
        track: "csv", "tensorboard", "wandb"; needs a folder.
        report: called with progress.
        **settings: fields of the method `continual`.

    Raises:
        ConfigError: what the function is made of cannot go on, or a setting does not fit.
        DataError: the examples do not fit the task.
    """
    if settings.pop("model", None) is not None:
        raise ConfigError("A function that learns on keeps its model. To learn anew with another one, name a method: learn(rows, method='auto', model=...).")
    settings.pop("accept_licence", None)  # it was accepted before
    if start.KIND not in GOES_ON or task.kind not in METHODS["continual"].KINDS:
        _cannot_go_on(task, start, history)
    method = get_method("continual", **settings)
    if track and folder is None:
        raise ConfigError(f"To track with {', '.join(track)}, give a folder for the logs: folder=... (or --folder).")
    grown, rows, notes = _rows(task, examples)
    before = None if earlier is None else encoded(grown, earlier, drop_empty=True, drop_repeated=True)[0]
    held = None if validation is None else encoded(grown, validation)[0]
    run = Run(seed, Path(folder) if folder else None, parse_budget(budget).seconds, report, tuple(track))
    begin = time.perf_counter()
    predictor = method.go_on(grown, rows, start=start, earlier=before, validation=held, run=run)
    origin = replace(
        history[-1], method="continual", settings=flat_settings(method), seed=seed, rows=len(rows), data=fingerprint(rows),
        seconds=round(time.perf_counter() - begin, 3), date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions=library_versions(), notes=(*notes, *predictor.fit_notes), trials=(), summary=_summary(history[-1], rows),
    )  # fmt: skip
    return grown, predictor, origin


def _summary(before: Origin, rows: Encoded) -> dict[str, Any]:
    """The summary of all rows so far, where the earlier ones have one."""
    new = summarise(rows.inputs, rows)
    return (Summary.from_json(before.summary).with_more(new) if before.summary else new).to_json()


def _cannot_go_on(task: Task, start: Predictor, history: Sequence[Origin]) -> NoReturn:
    last = learned_by(history)
    how = last.method if last else start.KIND
    raise ConfigError(
        f"{task.name}() has learned already, by {how!r} ({task.kind}), and only labels and numbers on an encoder (probe, contrastive, finetune, continual) "
        "learn on. To learn anew, from these rows alone, name a method: learn(rows, method='auto'), or --method auto; give it the earlier rows too, "
        "or they are forgotten."
    )


def _rows(task: Task, examples: Any) -> tuple[Task, Encoded, tuple[str, ...]]:
    """The task as it has grown, its rows, and what was counted."""
    if isinstance(examples, Encoded):
        if examples.task.labels[: len(task.labels)] != task.labels:
            raise DataError(f"The labels of these rows must begin with those of {task.name}(): {task.labels}. Received: {examples.task.labels}.")
        return examples.task, examples, ()
    if examples is None:
        raise DataError(f"Learning on needs at least {MIN_ROWS} labelled rows. Received: none.")
    examples = examples if isinstance(examples, Examples) else read(examples)
    grown, notes = with_new_labels(task, examples)
    rows, counted = encoded(grown, examples, drop_empty=True, drop_repeated=True)
    if len(rows) < MIN_ROWS:
        raise DataError(f"Learning on needs at least {MIN_ROWS} labelled rows with text. Received: {len(rows)}.")
    return grown, rows, (*(str(note.message) for note in counted), *notes)


def with_new_labels(task: Task, examples: Examples) -> tuple[Task, tuple[str, ...]]:
    """The task with the labels that only these rows have behind its own, and notes that name them.

    Raises:
        DataError: a label differs from a known one in case or blanks alone; or the function answers yes or no.
    """
    column = match_columns(task, examples).target if task.kind == "classify" else None
    if column is None or task.returns == "bool":  # for yes and no `encode` knows the spellings and refuses all else
        return task, ()
    known = {_folded(label): label for label in task.labels}
    new: dict[str, int] = {}
    for place, cell in enumerate(examples.column(column)):
        for label in split_labels(cell) if task.several else [label_text(cell)]:
            if label and label not in task.labels and label not in new:
                if _folded(label) in known:
                    raise DataError(
                        f"label {label!r} is the known label {known[_folded(label)]!r} in another spelling. Write it as that one, or give it another name.",
                        *examples.origin(place),
                    )
                if task.returns == "int" and not label.lstrip("-").isdecimal():
                    raise DataError(f"the labels of this function are whole numbers. Received: {label!r}.", *examples.origin(place))
                new[label] = place
    if not new:
        return task, ()
    labels = sorted(new)
    notes = [f"{len(labels)} new label{'s' if len(labels) > 1 else ''}: {', '.join(labels)}"]
    for label in labels:
        near = get_close_matches(label, task.labels, n=1, cutoff=0.85)
        notes += [f"new label {label!r} is much like the known {near[0]!r}: if it is a misspelling, mend the rows and learn again"] if near else []
    grown = replace(task, labels=(*task.labels, *labels), descriptions=())
    described = (*task.descriptions, *grown.label_texts[len(task.labels) :]) if task.descriptions else ()
    return replace(grown, descriptions=described), tuple(notes)


def grown_cast(cast: Callable[[Any], Any], plain: Callable[[Any], Any], known: Sequence[str]) -> Callable[[Any], Any]:
    """The cast of a signature for the answers that it knows, the plain one for those with a label that came later."""
    labels = frozenset(known)

    def either(output: Any) -> Any:
        return cast(output) if labels.issuperset(output if isinstance(output, tuple) else (output,)) else plain(output)

    return either


def _folded(label: str) -> str:
    return "".join(label.casefold().replace("_", " ").replace("-", " ").split())

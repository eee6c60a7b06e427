"""learn: from examples to a predictor, and the record of how."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.language import language_of
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.cost import library_versions
from hanshuku.evaluation.drift.summary import summarise
from hanshuku.functions.origin import Origin
from hanshuku.inference.base import Predictor
from hanshuku.methods import check_kind, get_method
from hanshuku.methods.switching import flat_settings
from hanshuku.models.cache import read_json
from hanshuku.models.catalogue import find, local_folder
from hanshuku.models.folders import FUNCTION
from hanshuku.models.pull import pull
from hanshuku.models.remote import is_remote
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.budget import Budget, parse_budget
from hanshuku.training.run import Run, Step, silent

ZERO_SHOT = {"classify": "similarity", "rate": "similarity", "rank": "similarity", **dict.fromkeys(sorted(WRITTEN_KINDS), "prompt")}  # kind -> method before learning
MIN_ROWS = 2  # labelled rows that any method needs


def encoded(task: Task, examples: Any, *, labelled: bool = True, **options: Any) -> tuple[Encoded, tuple[Any, ...]]:
    """Examples, or whatever `read` takes, as rows of the task, with the notes of what was counted."""
    if isinstance(examples, Encoded):
        return examples, ()
    if not isinstance(examples, Examples):
        examples = read(examples)
    return encode(task, examples, labelled=labelled, **options)


def learn(
    task: Task,
    examples: Any,
    *,
    method: str = "auto",
    model: str | None = None,
    budget: str | float | Budget | None = None,
    validation: Any = None,
    unlabelled: Any = None,
    seed: int = 0,
    folder: str | Path | None = None,
    track: Sequence[str] = (),
    report: Callable[[Step], None] = silent,
    accept_licence: bool = False,
    **settings: Any,
) -> tuple[Predictor, Origin]:
    """A predictor that has learned the task from examples, and the record of how.

    Args:
        task: what to learn.
        examples: Examples, Encoded, or whatever `read` takes. Empty and repeated rows are left out, counted and noted. None: for
            methods that learn nothing (prompt, similarity), to choose their model and settings.
        method: a name in METHODS; "auto" chooses by held-out score.
        model: catalogue name, hub name, folder, or that of a function (NAME.fn) whose network learning starts from, with a head of its own; None: the
            method's default for the task and language.
        budget: wall time that may be spent: "5 min", seconds, or None.
        validation: labelled examples for early stopping and thresholds; None: the method holds rows out where it must.
        unlabelled: rows of the task without an answer, for methods that learn from these too (self_train, finetune with two_views, and auto, which tries these then).
        seed: same seed, same rows, same machine: same result.
        folder: checkpoints and logs go here, and a killed run resumes from here; the last checkpoint stays until you remove it, as the function is yet to be saved.
        track: "csv", "tensorboard", "wandb"; needs a folder.
        report: called with progress.
        accept_licence: accept the model's licence where it is a restricted one.
        **settings: fields of the method, and switches where it has any.

    Raises:
        UnknownName: no method, setting or model has that name.
        ConfigError: a value is outside its range, or the method cannot do this kind of task.
        DataError: the examples do not fit the task.
        ModelError: the model cannot be had.
    """
    chosen = get_method(method, **settings)
    check_kind(chosen, task.kind)
    if track and folder is None:
        raise ConfigError(f"To track with {', '.join(track)}, give a folder for the logs: folder=... (or --folder).")
    rows, notes = _learnable(task, examples) if chosen.LEARNS or examples is not None else (None, ())
    held = None if validation is None else encoded(task, validation)[0]
    if unlabelled is not None:
        rows, notes = with_unlabelled(method, chosen, task, rows, unlabelled, notes)
    if model is None:
        model = default_model(chosen, task, rows)
    _fetch(model, accept_licence=accept_licence)
    run = Run(seed, Path(folder) if folder else None, parse_budget(budget).seconds, report, tuple(track))
    start = time.perf_counter()
    predictor = chosen.fit(task, rows, model=model, validation=held, run=run)
    texts = tuple(str(getattr(note, "message", note)) for note in (*_of_source(model), *notes, *getattr(predictor, "fit_notes", ())))
    return predictor, _origin(predictor, method, chosen, model, seed, rows, time.perf_counter() - start, texts)


def with_unlabelled(method: str, chosen: Any, task: Task, rows: Encoded | None, unlabelled: Any, notes: tuple[Any, ...]) -> tuple[Encoded, tuple[Any, ...]]:
    """The labelled rows with the unlabelled ones beside them.

    Args:
        method: its name.
        chosen: the method.
        task: what is learned.
        rows: labelled ones.
        unlabelled: Examples, whatever `read` takes, or a list of texts.
        notes: of the labelled rows; those of the unlabelled ones come behind them.

    Raises:
        ConfigError: the method would pass them over.
    """
    reads = method in {"auto", "self_train"} or getattr(getattr(chosen, "views", None), "is_on", False)
    if rows is None or not reads or task.kind != "classify":
        without = ", without two_views" if hasattr(chosen, "views") else ""
        raise ConfigError(f"Unlabelled rows are for labels and the methods self_train, auto, and finetune with two_views=uda or fixmatch. Received: a task of kind {task.kind!r} and method {method!r}{without}.")
    if isinstance(unlabelled, (list, tuple)) and all(isinstance(text, str) for text in unlabelled) and len(task.inputs) == 1:
        unlabelled = [{task.inputs[0]: text} for text in unlabelled]
    found, more = encoded(task, unlabelled, labelled=False, drop_empty=True)
    return replace(rows, unlabelled=tuple(found.inputs)), (*notes, *more)


def _learnable(task: Task, examples: Any) -> tuple[Encoded, tuple[Any, ...]]:
    """The rows to learn from, with the notes of what was counted.

    Raises:
        DataError: there are too few, or all have one label.
    """
    if examples is None:
        raise DataError(f"Learning needs at least {MIN_ROWS} labelled rows with text. Received: none; only methods that learn nothing, such as prompt, need none.")
    rows, notes = encoded(task, examples, drop_empty=True, drop_repeated=True)
    if len(rows) < MIN_ROWS:
        raise DataError(f"Learning needs at least {MIN_ROWS} labelled rows with text. Received: {len(rows)}.")
    _require_two_labels(rows)
    return rows, notes


def _require_two_labels(rows: Encoded) -> None:
    """Rows that all have one label teach nothing.

    Raises:
        DataError: they have one label.
    """
    if rows.task.kind == "classify" and not rows.task.several and rows.targets is not None and len(set(rows.targets.tolist())) < 2:
        only = rows.task.labels[int(rows.targets[0])]
        raise DataError(f"All {len(rows)} rows have the label {only!r}, so there is nothing to tell apart. Give rows of at least two labels.")


def zero_shot(task: Task, texts: Sequence[str]) -> tuple[Predictor, Origin]:
    """The predictor that answers before anything was learned, for the language of the task and these texts."""
    name = ZERO_SHOT.get(task.kind)
    if name is None:
        raise ConfigError(f"To {task.kind} there is no way without examples. Let {task.name}() learn from some first: {task.name}.learn(examples).")
    method = get_method(name)
    model = method.default_model(task, _language(task, texts))
    _fetch(model, accept_licence=False)
    predictor = method.fit(task, None, model=model, run=Run())
    return predictor, _origin(predictor, name, method, model, 0, None, 0.0, ())


def default_model(method: Any, task: Task, rows: Encoded | None) -> str:
    """Catalogue name that the method takes for the language of these rows."""
    return method.default_model(task, _language(task, [" ".join(row) for row in rows.inputs[:200]] if rows else []))


def _language(task: Task, texts: Sequence[str]) -> str:
    """The language that a default model must read; Chinese in the labels or the instruction counts too."""
    found = language_of(list(texts)) if texts else "en"
    stated = language_of([*task.label_texts, task.instruction])
    return stated if found == "en" and stated != "en" else found


def _of_source(model: str) -> tuple[str, ...]:
    """A note of what the network had learned before, where it is a function's."""
    manifest = read_json(Path(model).expanduser() / FUNCTION) if local_folder(model) else {}
    if not manifest:
        return ()
    task, history = manifest.get("task", {}), manifest.get("history") or [{}]
    how = f" by {history[-1]['method']} from {history[-1]['rows']:,} rows" if {"method", "rows"} <= set(history[-1]) else ""
    return (f"it starts from the network of {model}, which had learned {task.get('name', 'a function')} ({task.get('kind', '?')}){how}",)


def _fetch(model: str, *, accept_licence: bool) -> None:
    """Pull the model now, so that a licence or a network is asked about before anything else is done; one on a server stays there."""
    if not is_remote(model):
        pull(model, accept_licence=accept_licence)


def _origin(
    predictor: Predictor, method: str, chosen: Any, model: str, seed: int, rows: Encoded | None, seconds: float, notes: tuple[str, ...]
) -> Origin:
    from hanshuku.data.fingerprint import fingerprint

    trials = tuple(getattr(predictor, "trials", ()))
    model = next((trial["model"] for trial in trials if trial.get("chosen") and "model" in trial), model)
    info = find(model)
    return Origin(
        method=method,
        settings=flat_settings(chosen),
        model=model,
        revision=info.revision,
        licence=info.licence,
        seed=seed,
        rows=0 if rows is None else len(rows),
        data="" if rows is None else fingerprint(rows),
        seconds=round(seconds, 3),
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions=library_versions(),
        notes=notes,
        summary={} if rows is None else summarise(rows.inputs, rows).to_json(),
        trials=trials,
    )

"""drift: is what a function is asked now still what it learned from, and what may that do to its answers?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encode import encode, input_rows
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.evaluation.drift.found import Drift
    from hanshuku.evaluation.drift.measure import Now
    from hanshuku.evaluation.drift.summary import Summary
    from hanshuku.functions.core import Function

FEWEST = 20  # new rows


def drift(
    function: Function[..., Any],
    live: Any,
    train: Any = None,
    *,
    test: Any = None,
    window: int | str = 0,
    time: str = "",
    name: str = "",
    rows: int = 5000,
    features: str = "",
    level: float = 0.05,
    seed: int = 0,
    report: Callable[[Step], None] = silent,
) -> Drift:
    """New rows against those that the function learned from: a classifier two-sample test with what else changed, the labels' shares now, and an accuracy foretold without labels.

    Args:
        function: what answers.
        live: new rows without labels: Examples, whatever `read` takes, or a log of `hanshuku serve --log`.
        train: rows that it learned from, with or without labels. None: the summary that was kept when it learned.
        test: labelled rows that it did not learn from, so that confidence, answers, shares and the accuracy foretold are compared with honest ones.
        window: rows of a window, or "hour", "day", "week", "month"; 0: none.
        time: column that says when a row came (ISO 8601, or seconds since 1970); "": that of a log, else the order of the rows.
        name: of the function in a log that holds several; "": its only one, else the name of the task.
        rows: most new rows that are looked at, evenly taken; of train as many, drawn.
        features: what the classifier sees: "words" (words and character n-grams) or "function" (its encoder's vectors); "": the latter where no label moved them.
        level: chance of a false alarm, all checks together.
        seed: of what is drawn.
        report: called with progress.

    Raises:
        ConfigError: there is neither train nor a summary, or a value is outside its range.
        DataError: the rows do not fit, are fewer than 20, or a time is none.
    """
    from hanshuku.evaluation.drift.measure import Before, How
    from hanshuku.evaluation.drift.measure import drift as measure_drift
    from hanshuku.evaluation.drift.windows import parse_window

    window = parse_window(window)
    _check(rows, features, level)
    now, notes = read_live(function.task, live, time=time, name=name, rows=rows)
    learned, more = _learned(function, train, rows, seed)
    held = None if test is None else encode(function.task, _examples(test), unknown_labels="keep")[0]
    if _is_masked(now.inputs):
        is_rows, held = isinstance(learned, Encoded), None if held is None else _masked(held)
        learned = _masked(learned) if isinstance(learned, Encoded) else learned
        more.append(f"personal data is masked in the new rows{', so it was masked in the others too' if is_rows else '; in those learned from it may not have been'}")
    predictor = function.predictor(now.inputs[:50])
    if features == "function" and not hasattr(predictor, "features"):
        raise ConfigError(f"{function.task.name}() was made by {predictor.KIND} and has no vectors of rows. Take features='words'.")
    asks = function.task.kind not in WRITTEN_KINDS and not getattr(predictor, "spending", None)
    if not asks:
        more.append("the function writes its answers or asks a server, so it was not asked again; confidences are those of the log")
    before = Before(learned if isinstance(learned, Encoded) else None, held, None if isinstance(learned, Encoded) else learned, function.report)
    return measure_drift(predictor, now, before, How(level, window, features, asks, seed), notes=(*notes, *more), report=report)


def _check(rows: int, features: str, level: float) -> None:
    from hanshuku.evaluation.drift.features import FEATURES

    if rows < FEWEST:
        raise ConfigError(f"rows= is at least {FEWEST}. Received: {rows}.")
    if features and features not in FEATURES:
        raise UnknownName("kind of features", features, FEATURES)
    if not 0 < level < 1:
        raise ConfigError(f"level= is a chance above 0 and below 1. Received: {level}.")


def _is_masked(inputs: Sequence[tuple[str, ...]]) -> bool:
    """Whether the rows hold marks of masked personal data, as a log of the server does."""
    from hanshuku.safety.pii import KINDS

    marks = tuple(f"[{kind.upper()}]" for kind in KINDS)
    return any(mark in text for row in inputs for text in row if "[" in text for mark in marks)


def _masked(rows: Encoded) -> Encoded:
    """The rows without their personal data."""
    from hanshuku.safety.masking import mask
    from hanshuku.safety.pii import find

    return replace(rows, inputs=[tuple(mask(text, find(text)).text for text in row) for row in rows.inputs])


def _examples(source: Any, bad_rows: str = "error") -> Examples:
    if isinstance(source, Examples):
        return source
    if isinstance(source, Sequence) and not isinstance(source, (str, bytes)) and source and all(isinstance(row, str) for row in source):
        source = [{"text": row} for row in source]
    return read(source, bad_rows=bad_rows)


def _learned(function: Function[..., Any], train: Any, rows: int, seed: int) -> tuple[Encoded | Summary, list[str]]:
    """The rows learned from, or the summary of them, and notes."""
    from hanshuku.evaluation.drift.summary import Summary

    if train is None:
        kept = next((origin.summary for origin in reversed(function.history) if origin.summary), None)
        if not kept:
            raise ConfigError(f"{function.task.name}() keeps no summary of the rows it learned from: give them, train=... (--train FILE).")
        return Summary.from_json(kept), ["compared with the summary that was kept when it learned; with the rows themselves (train) more is seen: words, the most foreign rows, smaller changes"]
    task, examples = function.task, _examples(train)
    try:
        found, _notes = encode(task, examples, unknown_labels="keep")
    except DataError:
        found = Encoded(task, list(input_rows(task, examples)), None, examples.lines)
    if not len(found):
        raise DataError("There is no row to compare with: train is empty.")
    if len(found) <= rows:
        return found, []
    drawn = np.sort(np.random.default_rng(seed).permutation(len(found))[:rows])
    return found.take(drawn), [f"{rows:,} of {len(found):,} rows learned from were drawn to be compared with"]


def read_live(task: Task, source: Any, *, time: str = "", name: str = "", rows: int = 5000) -> tuple[Now, list[str]]:
    """New rows of a task, and notes of what was counted.

    Args:
        task: that they fit.
        source: Examples, whatever `read` takes, texts, or a log.
        time: column that says when each came; "": that of a log.
        name: of the function in a log that holds several.
        rows: most that are taken, evenly over all.

    Raises:
        DataError: there are fewer than 20, or one does not fit; names file and line.
    """
    from hanshuku.evaluation.drift.measure import Now
    from hanshuku.evaluation.drift.windows import parse_times

    examples = _examples(source, "skip")  # the last line of a log may be only half written yet
    notes = [note.message for note in examples.notes if note.kind == "bad_rows"]
    is_log = "input" in examples.names and any(isinstance(cell, Mapping) for cell in examples.column("input")[:50])
    if is_log:
        examples, more = _of_log(task, examples, name)
        notes += more
        time = time or ("time" if "time" in examples.names else "")
    if time and time not in examples.names:
        raise UnknownName("column", time, examples.names)
    whole = len(examples)
    if whole > rows:
        examples = examples.take(np.unique(np.linspace(0, whole - 1, rows).round().astype(np.int64)))
        notes.append(f"{len(examples):,} of {whole:,} new rows were taken, evenly")
    if len(examples) < FEWEST:
        raise DataError(f"To look for drift, at least {FEWEST} new rows are due. Received: {len(examples)}.", examples.sources[0] if len(examples) else None)
    origins = [examples.origin(i) for i in range(len(examples))]
    moments = parse_times(examples.column(time), origins) if time else None
    sure = list(examples.column("confidence")) if is_log and "confidence" in examples.names else []
    known = [float(cell) for cell in sure if isinstance(cell, (int, float))]
    bare = replace(examples, columns={column: cells for column, cells in examples.columns.items() if column != time or column in task.inputs})
    return Now(list(input_rows(task, bare)), origins, moments, np.array(known) if sure and len(known) == len(sure) else None), notes


def _of_log(task: Task, examples: Examples, name: str) -> tuple[Examples, list[str]]:
    """The rows of one function in a log, with a column for each input."""
    notes = []
    if "function" in examples.names:
        names = sorted({str(cell) for cell in examples.column("function")})
        chosen = name or (names[0] if len(names) == 1 else task.name)
        if chosen not in names:
            raise DataError(f"The log holds the functions {', '.join(names)}. Say which one it is: name= (--name).", examples.sources[0])
        kept = [i for i, cell in enumerate(examples.column("function")) if str(cell) == chosen]
        if len(kept) < len(examples):
            notes.append(f"{len(kept):,} of {len(examples):,} rows of the log are of {chosen}")
        examples = examples.take(kept)
    cells = list(examples.column("input"))
    for i, cell in enumerate(cells):
        missing = [each for each in task.inputs if not isinstance(cell, Mapping) or each not in cell]
        if missing:
            shown = json.dumps(cell, ensure_ascii=False, default=str)[:80]
            raise DataError(f"the input holds no {' and no '.join(missing)}. Received: {shown}.", *examples.origin(i))
    others = {column: examples.column(column) for column in examples.names if column not in {"input", *task.inputs}}
    return replace(examples, columns={**{each: [cell[each] for cell in cells] for each in task.inputs}, **others}), notes

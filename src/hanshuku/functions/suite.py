"""Regression suites: rows that a function must never get wrong again, kept in a plain file and checked before it is shipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.disk import whole_file
from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.suite_rows import Suite, contradictions, read_suite, suite_lines
from hanshuku.methods.row_values import right_rows
from hanshuku.metrics.exact import right_answers
from hanshuku.tasks import Task, kind_of
from hanshuku.tasks.base import plain
from hanshuku.tasks.due import due
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.core import Function


@dataclass(frozen=True)
class Checked:
    """A row of a suite, and what the function answered.

    Attributes:
        file: of the suite.
        line: 1-based.
        inputs: name -> text.
        due: what is right, see `tasks.due.due`; None: a label that the function does not know.
        output: what was answered, plain data; None: it was refused.
        confidence: 0..1, or None.
        score: how right that is, 0..1.
        at_least: the score that is enough; None: the answer must be wholly right.
        passed: whether it was enough.
        tags: of the row.
        note: of the row.
        added: date (UTC), as it stands in the file.
    """

    file: str
    line: int
    inputs: dict[str, str]
    due: Any
    output: Any
    confidence: float | None
    score: float
    at_least: float | None
    passed: bool
    tags: tuple[str, ...] = ()
    note: str = ""
    added: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**vars(self), "due": plain(self.due), "tags": list(self.tags)}


@dataclass(frozen=True)
class SuiteResult:
    """What became of every row of a suite, in the order of the file."""

    rows: tuple[Checked, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Checked, ...]:
        """The rows that did not pass."""
        return tuple(row for row in self.rows if not row.passed)

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return not self.failed

    def __iter__(self) -> Iterator[Checked]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data: whether it passed, how many rows, and those that failed."""
        tags = sorted({tag for row in self.rows for tag in row.tags})
        by_tag = {tag: {"n": sum(tag in row.tags for row in self.rows), "failed": sum(tag in row.tags for row in self.failed)} for tag in tags}
        return {"passed": self.passed, "n": len(self), "failed": [row.to_json() for row in self.failed], "tags": by_tag, "notes": list(self.notes)}


@dataclass(frozen=True)
class Added:
    """What was written into a suite."""

    path: str
    added: int
    repeated: int  # rows that stood there already, with the same answer
    total: int  # rows now

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(vars(self))


def check_suite(function: Function[..., Any], suite: str | Path | Sequence[str | Path], *, tags: Sequence[str] = (), report: Callable[[Step], None] = silent) -> SuiteResult:
    """Answer every row of a suite and say which are wrong.

    A row passes where its answer is wholly right (a number within 5% of the range; of a ranking the first candidate), or, where it has `at_least`, where the
    first metric of the kind reaches that for the row alone (a number: 1 minus its error as a part of the range; chrF as a part of 100).

    Args:
        function: what is checked.
        suite: one file or several: JSON lines as `add_to_suite` writes them, or any labelled file that `read` takes.
        tags: only rows that have one of these; (): all.
        report: called after each batch.

    Raises:
        DataError: a file cannot be read, a row does not fit, rows contradict each other, or no row has the tags.
    """
    files = [suite] if isinstance(suite, (str, Path)) else list(suite)
    if not files:
        raise ConfigError("To check a suite, give at least one file.")
    task = function.task
    found = read_suite(task, files)
    if tags:
        kept = [i for i, cell in enumerate(found.beside["tags"]) if set(_tags(cell)) & set(tags)]
        if not kept:
            known = sorted({tag for cell in found.beside["tags"] for tag in _tags(cell)})
            raise DataError(f"No row of {', '.join(map(str, files))} is tagged {' or '.join(tags)}. Tags there: {', '.join(known) or 'none'}.")
        found = found.take(kept)
    return SuiteResult(_judged(function, found, report), found.notes)


def _judged(function: Function[..., Any], suite: Suite, report: Callable[[Step], None]) -> tuple[Checked, ...]:
    rows, task = suite.rows, function.task
    assert rows.targets is not None
    outputs, scores, right, refused = _answered(function, rows, report)
    said = kind_of(task).decode(task, outputs, function.predictor().threshold, rows.inputs)
    found = []
    for i, prediction in enumerate(said):
        file, line = suite.origins[i]
        beside = {name: cells[i] for name, cells in suite.beside.items()}
        least = None if beside["at_least"] is None else float(beside["at_least"])
        passed = bool(right[i]) if least is None else scores[i] >= least - 1e-9
        texts = dict(zip(task.inputs, rows.inputs[i], strict=True))
        about = (tuple(_tags(beside["tags"])), str(beside["note"] or ""), str(beside["added"] or ""))
        wanted = due(task, rows.targets[i], rows.inputs[i])
        output = None if refused[i] else plain(prediction.output)
        found.append(Checked(file, line, texts, wanted, output, prediction.confidence, float(scores[i]), least, passed, *about))
    return tuple(found)


def _answered(function: Function[..., Any], rows: Encoded, report: Callable[[Step], None]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outputs, how right each is, whether it is wholly right, and whether it is refused, which is not right."""
    from hanshuku.evaluation.evaluate import answer

    predictor, task, targets = function.predictor(rows.inputs[:50]), function.task, rows.targets
    assert targets is not None
    outputs, _cost, reasons = answer(predictor, rows, report=report)
    right = right_answers(task, targets, outputs, predictor.threshold)
    scores = np.maximum(right_rows(task, targets, outputs, predictor.threshold), right)
    refused = np.zeros(len(rows), dtype=bool) if reasons is None else reasons != ""
    return outputs, np.where(refused, 0.0, scores), right & ~refused, refused


def add_to_suite(
    path: str | Path,
    examples: Any,
    *,
    function: Function[..., Any] | None = None,
    task: Task | None = None,
    places: Sequence[int] | None = None,
    tags: Sequence[str] = (),
    note: str = "",
    at_least: float | None = None,
) -> Added:
    """Add labelled rows to a suite; what stands there stays as it is, byte by byte. A row that stands there already is passed over.

    Args:
        path: the suite, NAME.jsonl; it is made where it does not exist.
        examples: labelled Examples, or whatever `read` takes.
        function: add only the rows that it gets wrong.
        task: that the rows fit, where no function is given; None: found from the columns.
        places: add only the rows at these positions, from 0.
        tags: of the new rows.
        note: of the new rows: why they are there.
        at_least: the score that is enough, 0..1; None: the answer must be wholly right.

    Raises:
        ConfigError: the file is no .jsonl, or at_least is outside 0..1.
        DataError: the rows do not fit, or one contradicts a row of the suite: the same text, another answer; nothing is then written.
        StorageError: the file cannot be written; what was there is untouched.
    """
    target = Path(path)
    if target.suffix.lower() not in {".jsonl", ".ndjson"}:
        raise ConfigError(f"A suite is a file of JSON lines: NAME.jsonl. Received: {path}.")
    if at_least is not None and not 0 <= at_least <= 1:
        raise ConfigError(f"at_least= is a number from 0 to 1. Received: {at_least}.")
    found = examples_of(examples)
    if task is None:
        task = function.task if function is not None else _inferred(found)
    rows, _notes = encode(task, found, unknown_labels="keep")
    kept = _kept(rows, function, places)
    before = read_suite(task, [target]).rows if target.exists() and target.stat().st_size else None
    fresh, repeated = _new(before, rows, kept, found, target)
    beside = {"tags": list(tags), "note": note, "added": datetime.now(timezone.utc).date().isoformat(), "at_least": at_least}
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in suite_lines(found, rows, fresh, beside))
    if lines or not target.exists():
        old = target.read_bytes() if target.exists() else b""
        with whole_file(target) as stream:
            stream.write(old + (b"\n" if old and not old.endswith(b"\n") else b"") + lines.encode("utf-8", "replace"))
    return Added(str(path), len(fresh), repeated, (len(before) if before is not None else 0) + len(fresh))


def _inferred(examples: Examples) -> Task:
    from hanshuku.data.infer import infer_task

    return infer_task(examples)


def _kept(rows: Encoded, function: Function[..., Any] | None, places: Sequence[int] | None) -> list[int]:
    """The positions that are wanted: of those given, the ones whose label is known and that the function gets wrong."""
    wanted = range(len(rows)) if places is None else places
    assert rows.targets is not None
    if rows.task.kind == "classify" and not rows.task.several:
        wanted = [i for i in wanted if rows.targets[i] >= 0]
    if function is None or not wanted:
        return list(wanted)
    part = rows.take(list(wanted))
    _outputs, _scores, right, _refused = _answered(function, part, silent)
    return [i for i, is_right in zip(wanted, right.tolist(), strict=True) if not is_right]


def _new(before: Encoded | None, rows: Encoded, kept: Sequence[int], examples: Examples, path: Path) -> tuple[list[int], int]:
    """The positions of rows that do not stand in the suite yet, and how many do."""
    part = rows.take(kept)
    old = 0 if before is None else len(before)
    joint = part
    if before is not None:
        assert before.targets is not None
        assert part.targets is not None
        joint = Encoded(rows.task, [*before.inputs, *part.inputs], np.concatenate([before.targets, part.targets]), np.concatenate([before.lines, part.lines]))
    origins = [(str(path), int(line)) for line in (before.lines if before is not None else ())] + [examples.origin(i) for i in kept]
    repeated = set(contradictions(joint, origins, first=old))
    return [i for place, i in enumerate(kept, old) if place not in repeated], len(repeated)


def _tags(cell: Any) -> list[str]:
    """The tags in a cell: a list, or a text with commas."""
    if cell is None:
        return []
    return [str(tag) for tag in cell] if isinstance(cell, (list, tuple)) else [part.strip() for part in str(cell).replace("，", ",").split(",") if part.strip()]

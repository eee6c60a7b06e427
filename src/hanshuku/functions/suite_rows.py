"""A regression suite on disk: JSON lines, each a row of a task with its right answer, and beside them tags, a note, the date and the score that is enough."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.read import read
from hanshuku.data.roles import target_columns
from hanshuku.errors import DataError
from hanshuku.tasks import Task, kind_of

BESIDE = ("tags", "note", "added", "at_least", "source")  # columns of a suite that are neither input nor answer


@dataclass(frozen=True, eq=False)
class Suite:
    """The rows of suites.

    Attributes:
        rows: encoded, with targets; a label that the task does not have is -1.
        origins: file and line of each.
        beside: column of BESIDE -> N cells, None where a row has none.
        notes: what was counted and said.
    """

    rows: Encoded
    origins: Sequence[tuple[str, int]]
    beside: Mapping[str, Sequence[Any]]
    notes: tuple[str, ...] = ()

    def take(self, places: Sequence[int]) -> Suite:
        """The rows at these positions."""
        beside = {name: [cells[i] for i in places] for name, cells in self.beside.items()}
        return replace(self, rows=self.rows.take(places), origins=[self.origins[i] for i in places], beside=beside)


def read_suite(task: Task, paths: Sequence[str | Path]) -> Suite:
    """The rows of one or more suites.

    Raises:
        DataError: a file cannot be read, a row does not fit the task, or two rows with the same inputs ask for different answers; names file and line.
    """
    parts = [_read_one(task, path) for path in paths]
    rows = replace(parts[0].rows, inputs=[row for part in parts for row in part.rows.inputs], targets=np.concatenate([_targets(part) for part in parts]), lines=np.concatenate([part.rows.lines for part in parts]))
    origins = [origin for part in parts for origin in part.origins]
    beside = {name: [cell for part in parts for cell in part.beside[name]] for name in BESIDE}
    repeated = contradictions(rows, origins)
    more = (f"{len(repeated)} row{'s stand' if len(repeated) > 1 else ' stands'} twice: {_places(origins, repeated)}",) if repeated else ()
    return Suite(rows, origins, beside, (*(note for part in parts for note in part.notes), *more))


def _targets(part: Suite) -> np.ndarray:
    assert part.rows.targets is not None
    return part.rows.targets


def _read_one(task: Task, path: str | Path) -> Suite:
    if Path(path).is_file() and not Path(path).stat().st_size:
        raise DataError("the suite is empty: there is no row to check.", str(path))
    examples = read(path)
    own = [name for name in BESIDE if name in examples.names and name not in task.inputs]
    bare = replace(examples, columns={name: cells for name, cells in examples.columns.items() if name not in own})
    rows, notes = encode(task, bare, unknown_labels="keep")
    beside = {name: [_cell(cell) for cell in examples.column(name)] if name in own else [None] * len(examples) for name in BESIDE}
    for i, least in enumerate(beside["at_least"]):
        if least is not None and not (isinstance(least, (int, float)) and 0 <= least <= 1):
            raise DataError(f"at_least is a number from 0 to 1. Received: {least!r}.", *examples.origin(i))
    kept = tuple(str(note.message) for note in notes if note.kind not in {"repeated_rows", "contradicting_rows"})
    return Suite(rows, [examples.origin(i) for i in range(len(examples))], beside, kept)


def _cell(cell: Any) -> Any:
    return None if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)) else cell


def contradictions(rows: Encoded, origins: Sequence[tuple[str, int]], *, first: int = 0) -> list[int]:
    """The positions of rows that stand before already, with the same answer.

    Args:
        rows: N rows.
        origins: file and line of each.
        first: rows from here on are looked at; those before are known to agree.

    Raises:
        DataError: two rows with the same inputs have different answers; names both.
    """
    seen: dict[tuple[str, ...], tuple[str, int]] = {}
    repeated = []
    for i, row in enumerate(rows.inputs):
        key = tuple(text.strip() for text in row)
        answer = json.dumps(_answer_cells(rows.task, _target(rows, i)), ensure_ascii=False, sort_keys=True)
        if key not in seen:
            seen[key] = (answer, i)
        elif seen[key][0] == answer:
            repeated += [i] if i >= first else []
        elif i >= first:
            file, line = origins[seen[key][1]]
            raise DataError(f"the row contradicts {file}:{line}, which has the same text and another answer: {answer} and {seen[key][0]}. Keep one of the two.", *origins[i])
    return repeated


def _target(rows: Encoded, place: int) -> Any:
    assert rows.targets is not None
    return rows.targets[place]


def suite_lines(examples: Examples, rows: Encoded, places: Sequence[int], beside: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows at these positions as they stand in a suite.

    Args:
        examples: the rows as they were read, for their places.
        rows: the same, encoded.
        places: which.
        beside: column of BESIDE -> what all of them have there; "source" is added.
    """
    task = rows.task
    for i in places:
        file, line = examples.origin(i)
        inputs = {name: _input_cell(task, name, text) for name, text in zip(task.inputs, rows.inputs[i], strict=True)}
        yield {**inputs, **_answer_cells(task, _target(rows, i)), **{name: value for name, value in beside.items() if value not in (None, "", [])}, "source": f"{file}:{line}"}


def _input_cell(task: Task, name: str, text: str) -> Any:
    """An input as a person would write it: a conversation and candidates are lists, not JSON within a text."""
    return json.loads(text) if hasattr(kind_of(task), "parse_input") and text.startswith("[") and task.kind in {"chat", "rank"} else text


def _answer_cells(task: Task, target: Any) -> dict[str, Any]:
    """The columns that hold a row's answer; read back they give the target."""
    column = target_columns(task.kind)[0][0]
    if task.kind == "classify":
        if task.several:
            return {"labels": [label for label, held in zip(task.labels, target, strict=True) if held > 0]}
        return {column: task.labels[int(target)] if target >= 0 else None}
    if task.kind == "rate":
        return {column: round(float(target), 6)}
    if task.kind == "tag":
        return {column: [{"start": start, "end": end, "label": label} for start, end, label in target]}
    if task.kind == "answer":
        return {column: {"text": [text for text, _ in target], "answer_start": [start for _, start in target]}}
    if task.kind == "extract":
        return {column: json.loads(target)}
    if task.kind == "complete_code":
        return {column: target[0], **({"tests": list(target[1])} if target[1] else {})}
    return {column: list(target) if task.kind == "rank" or len(target) > 1 else target[0]}


def _places(origins: Sequence[tuple[str, int]], places: Sequence[int]) -> str:
    shown = ", ".join(f"{origins[i][0]}:{origins[i][1]}" for i in places[:5])
    return shown + (" ..." if len(places) > 5 else "")

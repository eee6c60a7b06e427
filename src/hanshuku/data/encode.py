"""encode: examples -> Encoded, the form that methods and metrics read; every row that is left out is counted and said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.match import Matched, match_columns
from hanshuku.data.notes import MEMORY, SHOWN_LINES, Note, of_source, plural, shown_lines
from hanshuku.data.roles import REJECTED_COLUMNS, find_first, normal
from hanshuku.data.stream import Stream
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks import TEXT_KINDS, Task, kind_of
from hanshuku.tasks.base import objects, well_formed
from hanshuku.tasks.classify import label_text, split_labels

LONG = 20_000  # characters; no model of the catalogue reads as much
TRUE, FALSE = {"true", "1", "yes", "y", "是", "对", "真"}, {"false", "0", "no", "n", "否", "错", "假"}
UNKNOWN = -1  # target of a row whose label the task does not have


def encode(
    task: Task,
    examples: Examples,
    *,
    labelled: bool = True,
    drop_repeated: bool = False,
    drop_empty: bool = False,
    unknown_labels: str = "error",
    keep_columns: bool = False,
) -> tuple[Encoded, tuple[Note, ...]]:
    """Rows of a task from examples, and the notes of all that was counted, those of the examples first.

    Args:
        task: what the rows must fit.
        examples: the rows; their columns are matched to the task by `match_columns`.
        labelled: read the answers too.
        drop_repeated: leave out rows whose inputs and answer both occurred before (training); else they are only counted.
        drop_empty: leave out rows without any text (training); else they are only counted.
        unknown_labels: "error", or "keep": a label that the task does not have gets the target -1 (one label) or is left out
            of the row's set (several), and is counted in the note "unknown_labels": the function cannot be right there.
        keep_columns: keep the columns that are neither input nor answer, row by row, in `Encoded.columns`.

    Raises:
        DataError: a column is missing; a cell is no label, or no number within the range, by file and line.
        ConfigError: unknown_labels is neither "error" nor "keep".
    """
    if unknown_labels not in {"error", "keep"}:
        raise ConfigError(f"unknown_labels= is 'error' or 'keep'. Received: {unknown_labels!r}.")
    matched = match_columns(task, examples, labelled=labelled)
    inputs = list(_inputs(task, examples, matched, labelled=labelled))
    notes = [*examples.notes, *matched.notes]
    empty = np.array([not any(text.strip() for text in row) for row in inputs], dtype=bool)
    kept = np.flatnonzero(~empty) if drop_empty else np.arange(len(inputs))
    notes += _note(examples, "empty_rows", np.flatnonzero(empty), "no text", left_out=drop_empty)
    long = np.array([max(map(len, row)) > LONG for row in inputs], dtype=bool)
    notes += _note(examples, "long_texts", np.flatnonzero(long), f"more than {LONG:,} characters and will be cut to what the model reads")
    targets = None
    if labelled:
        targets, more = _targets(task, examples, matched.target or "", kept, unknown_labels)
        _check_targets(task, examples, matched.target or "", (kept, targets, inputs))
        notes += more
    worse = _rejected(task, examples, kept) if labelled else {}
    kept, targets, more = _repeated(examples, inputs, targets, kept, worse, drop=drop_repeated)
    rejected = objects([worse[i] for i in kept.tolist()]) if worse else None
    others = [name for name in examples.names if name not in (*matched.inputs, matched.target)] if keep_columns else []
    columns = {name: [examples.column(name)[i] for i in kept.tolist()] for name in others}
    return Encoded(task, [inputs[i] for i in kept], targets, examples.lines[kept], rejected, columns=columns), tuple(notes + more)


def input_rows(task: Task, examples: Examples | Stream) -> Iterator[tuple[str, ...]]:
    """The inputs of each row, in the task's order, without answers; a Stream is read lazily.

    Raises:
        DataError: a column is missing, or a cell is no text.
    """
    for batch in examples.batches() if isinstance(examples, Stream) else [examples]:
        yield from _inputs(task, batch, match_columns(task, batch, labelled=False))


def _inputs(task: Task, examples: Examples, matched: Matched, *, labelled: bool = False) -> Iterator[tuple[str, ...]]:
    columns = [examples.column(name) for name in matched.inputs]
    parse, show = getattr(kind_of(task), "parse_input", None), getattr(kind_of(task), "shown_beside", None)
    beside = _beside(task, examples) if show else {}
    for i, cells in enumerate(zip(*columns, strict=True)):
        try:
            answered = {"is_answered": labelled and matched.target is None}
            row = tuple(text_of(cell) if parse is None else parse(task, name, well_formed(cell), **answered) for name, cell in zip(task.inputs, cells, strict=True))
            yield show(row, {name: well_formed(values[i]) for name, values in beside.items()}) if show and beside else row
        except ValueError as error:
            raise DataError(f"{error} (columns {', '.join(matched.inputs)}).", *examples.origin(i)) from None


def text_of(cell: Any) -> str:
    """The text a raw cell stands for: texts as they are but for halves of characters, numbers as they are written, None and NaN as "".

    Raises:
        ValueError: a list or an object, which is no text.
    """
    if isinstance(cell, str):
        return well_formed(cell)
    if isinstance(cell, (list, tuple, dict, set, bytes, np.ndarray)):
        raise ValueError(f"a text is due, not a {type(cell).__name__}")  # noqa: TRY004 - a wrong value of a file, not of a caller
    return label_text(cell)


def _targets(task: Task, examples: Examples, column: str, rows: np.ndarray, unknown_labels: str) -> tuple[np.ndarray, list[Note]]:
    """Targets of the rows at these positions."""
    if hasattr(kind_of(task), "BESIDE_COLUMNS"):
        found = _parsed_beside(task, examples, column, rows)
        return kind_of(task).encode_targets(task, found), _strange_spans(task, examples, rows, found, unknown_labels) if task.kind == "tag" else []
    if task.kind != "classify":
        return kind_of(task).encode_targets(task, _parsed(task, examples, column, rows, kind_of(task).parse_target)), []
    cells = examples.column(column)
    known = set(task.labels)
    strange: dict[str, list[int]] = {}
    answers: list[Any] = []
    for i in rows.tolist():
        found = cell_labels(task, cells[i])
        for label in found:
            if label and label not in known:
                strange.setdefault(label, []).append(i)
        if not task.several and not found[0]:
            raise DataError(f"the label is empty (column {column!r}); one of {_some(task.labels)} is due. Fill it, or remove the row.", *examples.origin(i))
        answers.append([label for label in found if label in known] if task.several else found[0])
    if strange and unknown_labels == "error":
        raise _unknown_label(task, examples, strange)
    if task.several:
        return kind_of(task).encode_targets(task, answers), _unknown_note(examples, strange, several=True)
    index = {label: i for i, label in enumerate(task.labels)}
    return np.array([index.get(label, UNKNOWN) for label in answers], dtype=np.int64), _unknown_note(examples, strange, several=False)


def _unknown_label(task: Task, examples: Examples, strange: Mapping[str, Sequence[int]]) -> DataError:
    """The error for labels that the task does not have, label -> places of its rows."""
    label, at = next(iter(strange.items()))
    near = get_close_matches(label, task.labels, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    count = sum(map(len, strange.values()))
    others = f" ({plural(count, 'such row')} in all)" if count > 1 else ""
    return DataError(f"label {label!r} is not one of the task's {len(task.labels)}: {_some(task.labels)}.{hint}{others}", *examples.origin(at[0]))


def _strange_spans(task: Task, examples: Examples, rows: np.ndarray, found: Sequence[Any], unknown_labels: str) -> list[Note]:
    """A note on entities of labels that the task does not have: they count as missed.

    Raises:
        DataError: there are some, and they are errors.
    """
    strange: dict[str, list[int]] = {}
    for i, spans in zip(rows.tolist(), found, strict=True):
        for label in {label for _, _, label in spans} - set(task.labels):
            strange.setdefault(label, []).append(i)
    if strange and unknown_labels == "error":
        raise _unknown_label(task, examples, strange)
    return _unknown_note(examples, strange, several=True)


def cell_labels(task: Task, cell: Any) -> list[str]:
    """The labels in a cell, exactly one ("" where it is empty) unless the task takes several; of yes-or-no tasks in the usual spellings."""
    if task.several:
        return split_labels(cell)
    label = label_text(cell)
    if task.returns == "bool":
        low = label.casefold()
        return ["true" if low in TRUE else "false" if low in FALSE else label]
    return [label]


def _parsed(task: Task, examples: Examples, column: str, rows: np.ndarray, parse: Callable[[Task, Any], Any]) -> list[Any]:
    cells = examples.column(column)
    found = []
    for i in rows.tolist():
        try:
            found.append(parse(task, well_formed(cells[i])))
        except ValueError as error:
            raise DataError(f"{error} (column {column!r}). Mend or remove the row.", *examples.origin(i)) from None
    return found


def _parsed_beside(task: Task, examples: Examples, column: str, rows: np.ndarray) -> list[Any]:
    """Answers that other columns help to read: references, tests, the tokens that tags belong to."""
    kind = kind_of(task)
    beside = _beside(task, examples)
    cells = examples.column(column) if column else [None] * len(examples)
    found = []
    for i in rows.tolist():
        try:
            found.append(kind.parse_target(task, well_formed(cells[i]), {name: values[i] for name, values in beside.items()}))
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"{error} ({f'column {column!r}' if column else 'the answer'}). Mend or remove the row.", *examples.origin(i)) from None
    return found


def _beside(task: Task, examples: Examples) -> dict[str, Sequence[Any]]:
    """The columns that help to read a row, by their plain names."""
    return {normal(name): examples.column(name) for name in examples.names if normal(name) in kind_of(task).BESIDE_COLUMNS}


def _check_targets(task: Task, examples: Examples, column: str, found: tuple[np.ndarray, np.ndarray, Sequence[tuple[str, ...]]]) -> None:
    """Whether answers fit their rows, where the kind says how to tell; `found`: the places of the rows, their targets, all inputs."""
    check = getattr(kind_of(task), "check_target", None)
    if check is None or not column:
        return
    rows, targets, inputs = found
    cells = examples.column(column)
    for i, target in zip(rows.tolist(), targets, strict=True):
        try:
            check(task, cells[i], target, inputs[i])
        except ValueError as error:
            raise DataError(f"{error} (column {column!r}). Mend or remove the row.", *examples.origin(i)) from None


def _rejected(task: Task, examples: Examples, rows: np.ndarray) -> dict[int, str]:
    """The worse answer of each of these rows, where a column holds some and the task's answer is a text."""
    found = find_first([REJECTED_COLUMNS], examples.names) if task.kind in TEXT_KINDS else []
    if len(found) != 1:
        return {}
    texts = _parsed(task, examples, found[0], rows, lambda task, cell: kind_of(task).parse_target(task, cell)[0])
    return dict(zip(rows.tolist(), texts, strict=True))


def _repeated(
    examples: Examples, inputs: Sequence[tuple[str, ...]], targets: np.ndarray | None, kept: np.ndarray, worse: Mapping[int, str], *, drop: bool
) -> tuple[np.ndarray, np.ndarray | None, list[Note]]:
    """Rows that say the same again, and rows that say the same text has another answer."""
    answers = [b""] * len(kept) if targets is None else [repr(target).encode() if targets.dtype == object else target.tobytes() for target in targets]
    first: dict[tuple[str, ...], bytes] = {}
    seen: set[tuple[tuple[str, ...], bytes]] = set()
    repeated, contradicting = [], []
    for place, (i, given) in enumerate(zip(kept.tolist(), answers, strict=True)):
        row, answer = inputs[i], given + worse.get(i, "").encode("utf-8", "surrogatepass")
        if (row, answer) in seen:
            repeated.append(place)
        elif first.setdefault(row, given) != given:
            contradicting.append(i)
        seen.add((row, answer))
    notes = _note(examples, "repeated_rows", kept[repeated], "the same text and answer as an earlier row", left_out=drop)
    notes += _note(examples, "contradicting_rows", contradicting, "the text of an earlier row with another answer")
    if drop and repeated:
        rest = np.delete(np.arange(len(kept)), repeated)
        return kept[rest], None if targets is None else targets[rest], notes
    return kept, targets, notes


def _note(examples: Examples, kind: str, rows: Iterable[int], what: str, *, left_out: bool = False) -> list[Note]:
    """A note on the rows at these positions; none where there are none."""
    at = [int(i) for i in rows]
    if not at:
        return []
    lines = tuple(int(examples.lines[i]) for i in at[:SHOWN_LINES])
    file = examples.origin(at[0])[0]
    verb = "has" if len(at) == 1 else "have"
    tail = f" and {'is' if len(at) == 1 else 'are'} left out" if left_out else ""
    where = shown_lines(lines, len(at), "row" if file in MEMORY else "line")
    return [Note(kind, len(at), f"{of_source(len(at), 'row', file)} {verb} {what}{tail} ({where})", file, lines)]


def _unknown_note(examples: Examples, strange: dict[str, list[int]], *, several: bool) -> list[Note]:
    rows = sorted({i for at in strange.values() for i in at})
    effect = "the function can never give it" if len(strange) == 1 else "the function can never give them"
    noun = "a label" if len(strange) == 1 else "labels"
    counted = "it counts as missed" if several else "such a row counts as wrong"
    return _note(examples, "unknown_labels", rows, f"{noun} that the task does not have, {_some(list(strange))}: {effect}, {counted}")


def _some(labels: Sequence[str]) -> str:
    """The first few labels in words."""
    return ", ".join(map(repr, labels[:6])) + (f" ... ({len(labels)})" if len(labels) > 6 else "")

"""match_columns: which column of the examples is which input of a task, and which one is its answer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from hanshuku.data.examples import Examples
from hanshuku.data.notes import Note
from hanshuku.data.roles import (
    PAIR_COLUMNS,
    TEXT_COLUMNS,
    find_first,
    find_inputs,
    find_pairs,
    normal,
    rename_hint,
    target_columns,
)
from hanshuku.data.translations import answer_language, columns_by_language
from hanshuku.errors import DataError
from hanshuku.tasks import KINDS, Task, kind_of
from hanshuku.tasks.languages import LANGUAGES

NO_TARGET_COLUMN = ("chat", "complete_code")  # the answer may be the last turn; tests may stand for a program


@dataclass(frozen=True)
class Matched:
    """Columns of examples in the roles of a task.

    Attributes:
        inputs: one column a task input, in the task's order.
        target: the answer's column; None where it is not asked for, or stands in another (the last turn of a conversation).
        notes: what was taken although its name says nothing.
    """

    inputs: tuple[str, ...]
    target: str | None
    notes: tuple[Note, ...] = ()


def match_columns(task: Task, examples: Examples, *, labelled: bool = True) -> Matched:
    """Match columns to the task: by its own names first, then by recognised names, then by what alone is left.

    Args:
        task: its input names and, for the answer, its function name are looked for before any other.
        examples: the rows.
        labelled: whether the answer's column is wanted too.

    Raises:
        DataError: a column is missing, or two fit equally well; names the columns and how to say which one it is.
    """
    names = examples.names
    if hasattr(kind_of(task), "INPUT_COLUMNS"):
        return _match_kind(task, examples, labelled=labelled)
    own = _own_names(task, names)
    target = _find_target(task, [name for name in names if name not in own.values()], examples) if labelled else None
    rest = [name for name in names if name != target]
    if len(own) == len(task.inputs):
        inputs, guessed = tuple(own[name] for name in task.inputs), False
    elif len(task.inputs) == 1:
        free = rest if labelled else _without_targets(task, rest)
        column, guessed = one_text(free, examples)
        inputs = (column,)
    else:
        inputs, guessed = pair_of_texts(rest, examples), False
    if labelled and target is None:
        left = [name for name in names if name not in inputs]
        if len(left) != 1:
            raise no_target(examples, task.kind)
        target = left[0]
        return Matched(inputs, target, (_taken(target, "answer", examples),))
    return Matched(inputs, target, (_taken(inputs[0], "text", examples),) if guessed else ())


def _match_kind(task: Task, examples: Examples, *, labelled: bool) -> Matched:
    """Columns of a task whose kind says by which names its inputs and its answer go."""
    names, kind = examples.names, kind_of(task)
    if task.kind == "translate" and (found := columns_by_language(task, examples, labelled=labelled)):
        return Matched(found[:1], found[1], _other_language(task, examples, found[1]))
    inputs = find_inputs(task, names)
    if not inputs and len(task.inputs) == 1:
        column, guessed = one_text([name for name in names if normal(name) not in kind.TARGET_COLUMNS] or list(names), examples)
        inputs = (column,)
        notes: tuple[Note, ...] = (_taken(column, "text", examples),) if guessed else ()
    elif not inputs:
        known = "; ".join(" or ".join((name, *kind.INPUT_COLUMNS[i][:3])) for i, name in enumerate(task.inputs) if i < len(kind.INPUT_COLUMNS))
        raise DataError(
            f"To {task.kind.replace('_', ' ')}, columns {' and '.join(task.inputs)} are due. Received: {', '.join(names)}. "
            f"Recognised: {known}; {rename_hint(task.inputs[0], names)}.",
            examples.sources[0],
        )
    else:
        notes = ()
    if not labelled:
        return Matched(inputs, None, notes)
    target = _find_target(task, [name for name in names if name not in inputs], examples)
    if target is None and task.kind not in NO_TARGET_COLUMN:
        raise no_target(examples, task.kind)
    if task.kind == "tag" and target is not None:
        inputs = _tagged(inputs, examples, target)
    if task.kind == "translate":
        notes += _other_language(task, examples, target)
    return Matched(inputs, target, notes)


def _other_language(task: Task, examples: Examples, target: str | None) -> tuple[Note, ...]:
    """A note where the answers are in another language than the one that is translated into."""
    read = answer_language(examples, target).code if target and task.language else ""
    if read in {"", task.language.partition("-")[0].lower()}:
        return ()
    message = f"the answers in column {target!r} are in {LANGUAGES[read]} ({read}), and the function translates into {LANGUAGES.get(task.language, task.language)} ({task.language})"
    return (Note("language", len(examples), message, examples.sources[0]),)


def _tagged(inputs: tuple[str, ...], examples: Examples, target: str) -> tuple[str, ...]:
    """The column that answers of a tag task are about: the tokens, where the answers are tags of these and a text stands beside them."""
    tokens = next((name for name in examples.names if normal(name) in KINDS["tag"].BESIDE_COLUMNS), None)
    first = next((cell for cell in examples.column(target) if isinstance(cell, (str, list, tuple, np.ndarray)) and len(cell)), "[")
    is_spans = first.startswith(("[{", "[[")) or first == "[" if isinstance(first, str) else not isinstance(first[0], str)
    return inputs if tokens is None or is_spans else (tokens,)


def _own_names(task: Task, names: tuple[str, ...]) -> dict[str, str]:
    """Task input -> column of that name."""
    by_normal = {normal(name): name for name in reversed(names)}
    found = {name: name if name in names else by_normal.get(normal(name)) for name in task.inputs}
    return {name: column for name, column in found.items() if column is not None}


def _without_targets(task: Task, names: list[str]) -> list[str]:
    """Without the columns that may hold the answer, unless nothing else is there."""
    first = {normal(name) for name in target_columns(task.kind)[0]} | {normal(task.name)}
    return [name for name in names if normal(name) not in first] or names


def _find_target(task: Task, names: list[str], examples: Examples) -> str | None:
    """The answer's column by name: the function's own name first."""
    found = [name for name in names if normal(name) == normal(task.name)] or find_first(target_columns(task.kind), names)
    if len(found) > 1:
        raise DataError(f"Columns {_and(found)} may both hold the answer; {rename_hint('label', found)}.", examples.sources[0])
    return found[0] if found else None


def one_text(names: list[str], examples: Examples) -> tuple[str, bool]:
    """The column that holds the text, and whether it was taken although its name says nothing.

    Raises:
        DataError: none, or several that fit equally well.
    """
    found = find_first(TEXT_COLUMNS, names)
    if len(found) == 1:
        return found[0], False
    candidates = found or [name for name in names if _holds_text(examples, name)]
    if len(candidates) == 1:
        return candidates[0], True
    if candidates:
        raise DataError(f"Columns {_and(candidates)} may each be the text; {rename_hint('text', candidates)}.", examples.sources[0])
    known = ", ".join(TEXT_COLUMNS[0] + TEXT_COLUMNS[1][:4]) + ", 内容, 评论 ..."
    raise DataError(f"There is no text column. Received: {', '.join(examples.names)}. Recognised: {known}; {rename_hint('text', names)}.", examples.sources[0])


def pair_of_texts(names: list[str], examples: Examples) -> tuple[str, ...]:
    """The two columns of a pair.

    Raises:
        DataError: no recognised pair, or several.
    """
    pairs = find_pairs(names)
    if len(pairs) == 1:
        return pairs[0]
    say = "say which they are: columns={'text_a': ..., 'text_b': ...} (on the command line --columns text_a=...,text_b=...)"
    if pairs:
        shown = " or ".join(f"{a} with {b}" for a, b in pairs)
        raise DataError(f"There are several pairs of texts, {shown}; {say}.", examples.sources[0])
    known = ", ".join(f"{a} with {b}" for a, b in PAIR_COLUMNS[:4])
    raise DataError(f"There is no pair of texts. Received: {', '.join(examples.names)}. Recognised: {known} ...; {say}.", examples.sources[0])


def no_target(examples: Examples, kind: str | None) -> DataError:
    """The error for examples without a column for the answer."""
    names = examples.names
    kinds = ("classify", "rate") if kind is None else (kind,)
    known = ", ".join(name for each in kinds for group in target_columns(each)[: 1 if each in ("classify", "rate") else None] for name in group)
    role = {"classify": "label", "rate": "score", None: "label"}.get(kind) or target_columns(kind or "")[0][0]
    others = [name for name in names if name not in find_first(TEXT_COLUMNS, names)] or list(names)
    hint = ". If the file has no header line, give the columns' names: columns=['text', 'label']" if _is_headerless(names) else ""
    hint += "".join(f"; {note.message}" for note in examples.notes if note.kind == "tabs")
    return DataError(
        f"There is no {role} column. Received: {', '.join(names)}. Recognised: {known} ...; {rename_hint(role, others)}{hint}.", examples.sources[0]
    )


def _is_headerless(names: tuple[str, ...]) -> bool:
    """Whether the names look like a first row of data."""
    return any(len(name) > 30 or name[:1].isdigit() or (" " in name and len(name) > 15) for name in names)


def _holds_text(examples: Examples, name: str) -> bool:
    """Whether the first cells are texts, most of them different."""
    cells: list[Any] = [cell for cell in islice(examples.column(name), 100) if cell not in (None, "")]
    return bool(cells) and all(isinstance(cell, str) for cell in cells) and 2 * len(set(cells)) > len(cells)


def _taken(column: str, role: str, examples: Examples) -> Note:
    message = f"column {column!r} is taken as the {role}: no other is left that could be"
    return Note("column", len(examples), message, examples.sources[0])


def _and(names: list[str]) -> str:
    return " and ".join(map(repr, names))

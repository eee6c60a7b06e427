"""infer_task: the task that examples state by their columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hanshuku.data.examples import Examples
from hanshuku.data.infer_kinds import infer_kind, kind_by_columns
from hanshuku.data.match import no_target, one_text, pair_of_texts
from hanshuku.data.notes import plural
from hanshuku.data.roles import (
    TEXT_COLUMNS,
    find_first,
    find_target,
    holds_pairs,
    is_labelled,
    normal,
    rename_hint,
    target_columns,
)
from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.tasks import KINDS, Task
from hanshuku.tasks.classify import label_text, split_labels

LABELLED = ("classify", "several", "rate", "pair")
LEGAL = (*LABELLED, *(kind for kind in KINDS if kind not in LABELLED))
PLURAL = ("labels", "tags", "标签们")  # columns whose text cells may hold several labels
MANY_LABELS = 200  # more different labels than these, nearly one a row, are no labels
SCALES = ((0.0, 1.0), (-1.0, 1.0), (1.0, 5.0), (0.0, 5.0), (0.0, 10.0), (0.0, 100.0))


def infer_task(
    examples: Examples,
    *,
    kind: str | None = None,
    labels: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    scale: tuple[float, float] | None = None,
    instruction: str = "",
    name: str = "function",
) -> Task:
    """The task that the columns state.

    The answer is in the column label (labels, 标签), else in another recognised one, else in the only other one beside the
    text if its values repeat. Lists are several labels; numbers under
    a name such as score or stars, or numbers with fractions, are rated; anything else is a label.

    Args:
        examples: labelled rows (or unlabelled ones, where `labels` is given).
        kind: "classify", "several" (labels), "rate", "pair" (of texts, with either answer), or another of tasks.KINDS; None: found.
        labels: the legal labels, in their order; None: those that occur, sorted.
        inputs: the columns that are the input, one or two; None: found.
        scale: rate: least and greatest number; None: the range that occurs, rounded out to a usual scale.
        instruction: what to do, in words.
        name: the Python name of the function.

    Raises:
        DataError: no label column, one label only, a cell that is not a number where one is due.
        ConfigError: hints that contradict each other.
        UnknownName: no such kind or column.
    """
    _check_hints(kind, labels, scale)
    if kind is None and labels is None and (not is_labelled(examples.names) or kind_by_columns(examples.names) == "rank"):
        kind = kind_by_columns(examples.names)  # whatever is said of candidates, it is no label of a text
    if kind is None and labels is None and _holds_spans(examples):
        kind = "tag"
    if kind is not None and kind not in LABELLED:
        return infer_kind(examples, kind, labels=labels, inputs=inputs, instruction=instruction, name="" if name == "function" else name)
    target = _target(examples, kind, labels)
    columns = input_columns(examples, target, kind, inputs)
    shown = tuple(columns) if inputs or len(columns) == 2 else ("text",)
    task = Task("classify", shown, labels=("a", "b"), instruction=instruction, name=name)
    if target is None:
        return replace(task, labels=tuple(labels or ()), several=kind == "several")
    cells = examples.column(target)
    if kind == "rate" or (kind in {None, "pair"} and labels is None and is_rated(target, cells)):
        low, high = scale or _scale(examples, target)
        return replace(task, kind="rate", labels=(), low=float(low), high=float(high))
    several = kind == "several" or (kind in {None, "pair"} and is_several(target, cells))
    found = tuple(labels) if labels else _labels(examples, target, several=several)
    returns = "str" if labels or several else _returns(cells)
    return replace(task, labels=found, several=several, returns=returns)


def _holds_spans(examples: Examples) -> bool:
    """Whether a column named for labels holds entities of a text, as annotation tools write them: lists of (start, end, label)."""
    for name in find_first((("label", "labels"),), examples.names):
        first = next((cell[0] for cell in examples.column(name) if isinstance(cell, list) and cell), None)
        if (isinstance(first, dict) and {"start", "end"} <= set(first)) or (isinstance(first, list) and [type(part) for part in first] == [int, int, str]):
            return True
    return False


def _check_hints(kind: str | None, labels: Sequence[str] | None, scale: tuple[float, float] | None) -> None:
    if kind is not None and kind not in LEGAL:
        raise UnknownName("task kind", kind, LEGAL)
    if kind == "rate" and labels is not None:
        raise ConfigError(f"To rate is to give a number: there are no labels. Received labels: {', '.join(labels)}.")
    if scale is not None and kind != "rate":
        raise ConfigError(f"A scale is for kind='rate'. Received scale={scale} with kind={kind!r}.")


def _target(examples: Examples, kind: str | None, labels: Sequence[str] | None) -> str | None:
    """The answer's column; None where labels are given and no column holds any."""
    names = examples.names
    if kind in {None, "pair"} and labels is None:
        found = find_target(names)
    else:
        found = find_first(target_columns("rate" if kind == "rate" else "classify"), names)
    if len(found) > 1:
        both = " and ".join(map(repr, found))
        raise DataError(f"Columns {both} may both hold the answer; {rename_hint('label', found)}.", examples.sources[0])
    if not found and labels is None:
        left = _only_other(examples) if kind in {None, "classify"} else None
        if left is not None:
            return left
        raise no_target(examples, {"rate": "rate", "classify": "classify", "several": "classify"}.get(kind or ""))
    return found[0] if found else None


def _only_other(examples: Examples) -> str | None:
    """In a file of two columns the one that is not the text, if what it holds repeats itself as labels do."""
    texts = {name for tier in TEXT_COLUMNS for name in tier}
    others = [name for name in examples.names if normal(name) not in texts]
    if len(examples.names) != 2 or len(others) != 1:
        return None
    different = {label_text(cell) for cell in examples.column(others[0]) if isinstance(cell, (str, int, bool))}
    return others[0] if 2 <= len(different) <= min(MANY_LABELS, len(examples) / 2) else None


def input_columns(examples: Examples, target: str | None, kind: str | None = None, inputs: Sequence[str] | None = None) -> tuple[str, ...]:
    """The columns that are the input of labelled or unlabelled texts, one or two; see `infer_task` for kind and inputs.

    Raises:
        DataError: none, or several that fit equally well.
        ConfigError: inputs are more than two, or one is the answer's column.
        UnknownName: there is no such column.
    """
    if inputs:
        for column in inputs:
            examples.column(column)
        if len(inputs) > 2 or target in inputs:
            raise ConfigError(f"inputs= takes one or two columns beside the answer's, {target!r}. Received: {', '.join(inputs)}.")
        return tuple(inputs)
    rest = [name for name in examples.names if name != target]
    if kind == "pair" or holds_pairs(rest):
        return pair_of_texts(rest, examples)
    return (one_text(rest, examples)[0],)


def is_rated(target: str, cells: Sequence[Any]) -> bool:
    """Whether the answer is a number: by the column's name where some cell is one, else by fractions in all cells."""
    numbers = [number_of(cell) for cell in cells if not isinstance(cell, (list, tuple, set, bool))]
    finite = [number for number in numbers if number is not None and math.isfinite(number)]
    if normal(target) in target_columns("rate")[0] or normal(target) in {"grade", "星级", "打分", "数值"}:
        return bool(finite)
    given = [cell for cell in cells if label_text(cell) or isinstance(cell, (list, tuple, set))]
    return bool(finite) and len(finite) == len(given) and any(number != round(number) for number in finite)


def number_of(cell: Any) -> float | None:
    """The number in a raw cell (it may be NaN); None where there is none."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def _scale(examples: Examples, target: str) -> tuple[float, float]:
    """The range of the numbers, rounded out.

    Raises:
        DataError: a cell is no finite number (by file and line), or all are the same.
    """
    numbers = []
    for i, cell in enumerate(examples.column(target)):
        number = number_of(cell)
        if number is None or not math.isfinite(number):
            raise DataError(f"column {target!r} holds {cell!r} where a number is due. Mend or remove the row.", *examples.origin(i))
        numbers.append(number)
    low, high = min(numbers), max(numbers)
    if low == high:
        raise DataError(f"Column {target!r} has one value only, {low:g}, in {plural(len(numbers), 'row')}: there is nothing to learn.", examples.sources[0])
    return round_out(low, high, whole=all(number == round(number) for number in numbers))


def round_out(low: float, high: float, *, whole: bool = False) -> tuple[float, float]:
    """A usual scale around the numbers that occur: 0..1, 1..5, 0..100 ..., else one decimal step more on each side.

    Args:
        low: least number seen.
        high: greatest number seen, above low.
        whole: whether all are whole numbers; 1..7 and the like then stay as they are.
    """
    if whole and 1 <= low <= 2 and 5 < high < 10:
        return 1.0, high
    for least, greatest in SCALES:
        if least <= low and high <= greatest and high - low >= 0.3 * (greatest - least):
            return least, greatest
    step = 10.0 ** math.floor(math.log10(high - low))
    least = math.floor(low / step - 1) * step
    return (max(least, 0.0) if low >= 0 else least), math.ceil(high / step + 1) * step


def is_several(target: str, cells: Sequence[Any]) -> bool:
    """Whether cells hold lists of labels, JSON lists, or, under a plural name, separated labels."""
    given = [cell for cell in cells if isinstance(cell, (list, tuple, set, np.ndarray)) or label_text(cell)]
    if any(isinstance(cell, (list, tuple, set, np.ndarray)) for cell in given):
        return True
    texts = [label_text(cell) for cell in given]
    if texts and all(text.startswith("[") and text.endswith("]") for text in texts):
        return True
    return normal(target) in PLURAL and any(len(split_labels(text)) > 1 for text in texts)


def _labels(examples: Examples, target: str, *, several: bool) -> tuple[str, ...]:
    """The labels that occur, sorted; numbers by their value.

    Raises:
        DataError: fewer than two, or so many that they are no labels.
    """
    cells = examples.column(target)
    for i, cell in enumerate(cells):
        if isinstance(cell, dict):
            raise DataError(f"column {target!r} holds an object, {str(cell)[:60]!r}, where a label is due. To read objects out of texts give kind='extract' (--task extract).", *examples.origin(i))
    found = {label for cell in cells for label in (split_labels(cell) if several else [label_text(cell)]) if label}
    n = len(examples)
    if not found or (len(found) < 2 and not several):
        shown = f"one label only, {next(iter(found))!r}," if found else "no label"
        raise DataError(f"Column {target!r} has {shown} in {plural(n, 'row')}; to classify, at least two are due.", examples.sources[0])
    if len(found) > MANY_LABELS and 2 * len(found) > n:
        raise DataError(
            f"Column {target!r} has {len(found)} different values in {plural(n, 'row')}: those are no labels. For numbers give kind='rate' "
            f"(--task rate), for texts kind='translate', 'generate' or 'summarize'; if another column holds the answer, {rename_hint('label', [name for name in examples.names if name != target])}.",
            examples.sources[0],
        )
    return tuple(sorted(found, key=lambda label: (int(label) if label.lstrip("-").isdecimal() else math.inf, label)))


def _returns(cells: Sequence[Any]) -> str:
    """What the labels were in the file: "bool", "int" or "str"."""
    kinds = {type(cell) for cell in cells if cell is not None}
    return kinds.pop().__name__ if kinds in ({bool}, {int}) else "str"

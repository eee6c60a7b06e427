"""infer_kind: the task of a file whose answer is no label and no number: a text, a span, an object, an order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from hanshuku.data.encode import text_of
from hanshuku.data.examples import Examples
from hanshuku.data.language import language_of
from hanshuku.data.match import match_columns
from hanshuku.data.roles import find_inputs, normal
from hanshuku.data.translations import FROM, INTO, answer_language, language_columns
from hanshuku.errors import DataError
from hanshuku.tasks import KINDS, TEXT_KINDS, Task

JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
SAMPLED = 200  # rows by which a language is told
SIGNS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = (  # kind, and groups of which a column each must be there
    ("answer", (frozenset({"context", "passage", "上下文"}), frozenset({"question", "问题"}), frozenset({"answers", "answer", "答案"}))),
    ("tag", (frozenset({"entities", "spans", "实体"}), frozenset({"tokens", "text", "words", "sentence", "文本", "句子"}))),
    ("tag", (frozenset({"tags", "ner_tags"}), frozenset({"tokens", "words"}))),
    ("rank", (frozenset({"query", "question", "查询"}), frozenset({"candidates", "passages", "候选"}))),
    ("translate", (FROM, INTO)),
    ("translate", (frozenset({"text", "sentence", "文本", "句子"}), frozenset({"translation", "译文", "翻译"}))),
    ("summarize", (frozenset({"document", "dialogue", "article", "text", "正文"}), frozenset({"summary", "highlights", "摘要"}))),
    ("complete_code", (frozenset({"prompt", "intent"}), frozenset({"completion", "code", "canonical_solution"}))),
    ("chat", (frozenset(KINDS["chat"].INPUT_COLUMNS[0]),)),
    ("generate", (frozenset({"instruction", "prompt", "question", "指令", "问题"}), frozenset({"output", "response", "completion", "answer", "chosen", "输出", "回答"}))),
)


def kind_by_columns(names: Sequence[str]) -> str | None:
    """The kind whose columns these are, or None."""
    found = {normal(name) for name in names}
    kind = next((kind for kind, groups in SIGNS if all(group & found for group in groups)), None)
    spoken = set(language_columns(names).values())
    return kind or ("translate" if len(spoken) > 1 or (spoken and found & ((FROM | INTO) - {"target"})) else None)


def infer_kind(
    examples: Examples, kind: str, *, labels: Sequence[str] | None = None, inputs: Sequence[str] | None = None, instruction: str = "", name: str = ""
) -> Task:
    """The task of that kind which the columns state.

    Args:
        examples: the rows.
        kind: a kind with INPUT_COLUMNS.
        labels: tag: the kinds of entities; None: those that occur, sorted.
        inputs: the columns that are the input; None: found.
        instruction: what to do, in words.
        name: the Python name of the function; "" for the kind's.

    Raises:
        DataError: a column is missing, or no entity stands in any row.
    """
    shown = tuple(inputs) if inputs else _names(kind, examples)
    name = name or kind
    if kind == "extract":
        return Task(kind, shown, instruction=instruction, name=name, schema=json.dumps(_schema(examples)))
    if kind == "tag":
        return Task(kind, shown, tuple(labels) if labels else _entity_labels(examples, shown), instruction=instruction, name=name)
    task = Task(kind, shown, instruction=instruction, name=name, optional=kind == "answer")
    if kind == "answer":
        target = match_columns(task, examples).target
        return Task(kind, shown, instruction=instruction, name=name, optional=not all(_parsed(kind, examples, target or "")))
    return Task(kind, shown, instruction=instruction, name=name, language=_language(task, examples) if kind in TEXT_KINDS else "")


def _names(kind: str, examples: Examples) -> tuple[str, ...]:
    """The names that the inputs get: those by which the kind knows them; generate has its second input only where a column holds some."""
    known = tuple(group[0] for group in KINDS[kind].INPUT_COLUMNS)
    if kind != "generate":
        return known
    both = Task(kind, known)
    columns = find_inputs(both, examples.names)
    used = columns and columns[1] != columns[0] and any(text_of(cell).strip() for cell in examples.column(columns[1]) if not isinstance(cell, list))
    return known if used else known[:1]


def _entity_labels(examples: Examples, shown: tuple[str, ...]) -> tuple[str, ...]:
    names = {normal(name): name for name in examples.names}
    column = next((names[name] for name in KINDS["tag"].TARGET_COLUMNS if name in names), None)
    found = {label for spans in (_parsed("tag", examples, column) if column else ()) for _, _, label in spans}
    if not found:
        raise DataError(f"There is no entity in column {column!r}: to tag, give spans (start, end, label) or BIO tags.", examples.sources[0])
    return tuple(sorted(found))


def _parsed(kind: str, examples: Examples, column: str) -> Iterator[Any]:
    """The answers of the rows, as a task of this kind that is not known yet reads them; see `_read`."""
    beside = [examples.column(name) for name in examples.names if normal(name) in KINDS[kind].BESIDE_COLUMNS and kind == "tag"]
    unknown = Task("answer", optional=True)  # says nothing of labels
    return _read(lambda cell, i: KINDS[kind].parse_target(unknown, cell, {str(k): cells[i] for k, cells in enumerate(beside)}), examples, column)


def _read(read: Callable[[Any, int], Any], examples: Examples, column: str) -> Iterator[Any]:
    """What `read` makes of each cell and its place.

    Raises:
        DataError: it cannot read one, by file and line.
    """
    for i, cell in enumerate(examples.column(column)):
        try:
            yield read(cell, i)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"{error} (column {column!r}). Mend or remove the row.", *examples.origin(i)) from None


def _language(task: Task, examples: Examples) -> str:
    """Language of the answers, "" where it is not known; of other texts than translations, where it is neither English nor Chinese."""
    target = match_columns(task, examples).target
    if task.kind == "translate" and target:
        return answer_language(examples, target).code
    texts = [str(cell) for cell in islice(examples.column(target or ""), SAMPLED)] if target else []
    if not texts:
        texts = [str(cell) for cell in islice(examples.column(match_columns(task, examples, labelled=False).inputs[0]), SAMPLED)]
    found = language_of(texts)
    return found if found in {"en", "zh"} else ""


def _schema(examples: Examples) -> dict[str, object]:
    """A schema of what the answers hold: one property a key, typed by its values, required where it is in every row.

    Raises:
        DataError: an answer is no object, by file and line.
    """
    task = Task("extract", schema="{}")
    target = match_columns(task, examples).target
    return _schema_of(list(_read(lambda cell, _: KINDS["extract"].read_object(cell), examples, target or "")))


def _schema_of(values: Sequence[Any]) -> dict[str, Any]:
    """The narrowest schema of this file's making that all the values fit."""
    kinds = sorted({JSON_TYPES[type(value)] for value in values})
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    found: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        names = dict.fromkeys(key for value in objects for key in value)
        found["properties"] = {key: _schema_of([value[key] for value in objects if key in value]) for key in names}
        found["required"] = [key for key in names if all(key in value for value in objects)]
        found["additionalProperties"] = False
    items = [item for value in values if isinstance(value, list) for item in value]
    return found | ({"items": _schema_of(items)} if items else {})

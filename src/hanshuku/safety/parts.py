"""The texts of a row and of an answer, whatever the task: a conversation's turns, a ranking's candidates, the leaves of an object."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from hanshuku.tasks import Task

Change = Callable[[str], str]


def texts_of(task: Task, row: Sequence[str]) -> list[str]:
    """Every text of a row, in order."""
    if task.kind == "chat":
        return [turn["content"] for turn in json.loads(row[0])]
    if task.kind == "rank":
        return [*row[:-1], *json.loads(row[-1])]
    return list(row)


def said_by_user(task: Task, row: Sequence[str]) -> list[int]:
    """Which of a row's texts come from outside: of a conversation all turns but those of the system and the assistant."""
    if task.kind == "chat":
        return [place for place, turn in enumerate(json.loads(row[0])) if turn["role"] not in {"system", "assistant"}]
    return list(range(len(texts_of(task, row))))


def newest(task: Task, row: Sequence[str]) -> list[int]:
    """Which of a row's texts were not judged before: of a conversation the last turn from outside."""
    places = said_by_user(task, row)
    return places[-1:] if task.kind == "chat" else places


def with_texts(task: Task, row: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """The row with other texts, in the order of `texts_of`."""
    if task.kind == "chat":
        turns = [{**turn, "content": text} for turn, text in zip(json.loads(row[0]), texts, strict=True)]
        return (json.dumps(turns, ensure_ascii=False),)
    if task.kind == "rank":
        width = len(row) - 1
        return (*texts[:width], json.dumps(list(texts[width:]), ensure_ascii=False))
    return tuple(texts)


def leaves(value: Any) -> list[str]:
    """The texts in JSON data."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in leaves(part)]
    return [text for part in value for text in leaves(part)] if isinstance(value, (list, tuple)) else []


def changed(value: Any, change: Change) -> Any:
    """JSON data with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: changed(part, change) for key, part in value.items()}
    return [changed(part, change) for part in value] if isinstance(value, (list, tuple)) else value

"""tag: the entities of a text, as spans of characters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.outputs import Span

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("text", "sentence", "tokens", "words", "文本", "句子"),)
TARGET_COLUMNS = ("entities", "spans", "tags", "ner_tags", "labels", "实体")
BESIDE_COLUMNS = ("tokens", "words")
WIDE = "\u2e80-\u9fff\uf900-\uffef\U00020000-\U0003ffff"  # scripts, and their punctuation, that are written without spaces, as a regular expression has it


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """The text that tokens make, and the character at which each begins: Chinese and Japanese without spaces, all else with one."""
    text, starts = "", []
    for token in map(str, tokens):
        if text and not (_is_wide(text[-1]) or _is_wide(token[:1])):
            text += " "
        starts.append(len(text))
        text += token
    return text, starts


def _is_wide(character: str) -> bool:
    """Whether it belongs to a script, or its punctuation, that is written without spaces."""
    return re.match(f"[{WIDE}]", character) is not None


def spans_of_tags(tokens: Sequence[str], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Character spans in the joined text from BIO (or BIOES) tags, read as conlleval reads them.

    An entity begins at B or S, at I or E of another kind than the one before, or behind O; it ends before the next one or at O.
    """
    text, starts = join_tokens(tokens)
    del text
    spans: list[tuple[int, int, str]] = []
    label, begin, end = "", 0, 0
    for token, start, tag in zip(map(str, tokens), starts, tags, strict=True):
        mark, _, kind = str(tag).partition("-")
        inside = mark in {"I", "E", "M"} and kind == label
        if label and not inside:
            spans.append((begin, end, label))
            label = ""
        if mark not in {"O", ""} and not inside:
            label, begin = kind, start
        end = start + len(token)
        if label and mark in {"S", "E"}:
            spans.append((begin, end, label))
            label = ""
    return [*spans, (begin, end, label)] if label else spans


def parse_input(task: Task, name: str, value: Any, *, is_answered: bool = False) -> str:
    """The text; a list of tokens is joined.

    Raises:
        ValueError: neither.
    """
    if isinstance(value, (list, tuple, np.ndarray)):
        return join_tokens(list(value))[0]
    if not isinstance(value, str):
        raise ValueError(f"a text or a list of tokens is due, not a {type(value).__name__}")  # noqa: TRY004 - a wrong value of a file
    return value


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[tuple[int, int, str], ...]:
    """Spans from a list of ``{"start", "end", "label"}`` (or triples), or from the tags of the tokens beside it.

    Raises:
        ValueError: a label that the task does not have, a span that is none, or as many tags as there are not tokens.
    """
    if isinstance(value, str):
        value = json.loads(value) if value.strip().startswith("[") else value.split()
    items = [] if value is None else list(value)
    if items and isinstance(items[0], str):
        tokens = next((cell for name, cell in (beside or {}).items() if cell is not None and not isinstance(cell, str)), None)
        if tokens is None or len(tokens) != len(items):
            raise ValueError(f"{len(items)} tags need as many tokens beside them; there are {'none' if tokens is None else len(tokens)}")
        found = spans_of_tags(tokens, items)
    else:
        found = [_span(item) for item in items]
    for start, end, label in found:
        if task.labels and label not in task.labels:
            raise ValueError(f"label {label!r} is not one of the task's {len(task.labels)} labels")
        if not 0 <= start < end:
            raise ValueError(f"a span goes from start to a greater end, not from {start} to {end}")
    return tuple(sorted(found))


def _span(item: Any) -> tuple[int, int, str]:
    if isinstance(item, Span):
        return item.start, item.end, item.label
    if isinstance(item, Mapping):
        label = item.get("label", item.get("type", item.get("entity_group")))
        if label is not None and isinstance(item.get("start"), int) and isinstance(item.get("end"), int):
            return item["start"], item["end"], str(label)
    elif isinstance(item, (list, tuple)) and len(item) == 3:
        return int(item[0]), int(item[1]), str(item[2])
    raise ValueError(f"an entity is an object with start, end and label. Received: {item!r}")


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: tuples of (start, end, label)."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) tuples of (start, end, label, confidence): Spans; the confidence is that all of them are right."""
    found = []
    for i, spans in enumerate(outputs):
        text = inputs[i][0] if len(inputs) else ""
        output = tuple(Span(start, end, label, text[start:end], confidence) for start, end, label, confidence in spans)
        known = [span.confidence for span in output if span.confidence is not None]
        found.append(Prediction(output, float(np.prod(known)) if known else None))
    return found

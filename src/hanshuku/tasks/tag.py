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
TARGET_COLUMNS = ("entities", "spans", "tags", "ner_tags", "labels", "label", "实体")
BESIDE_COLUMNS = ("tokens", "words")
TAG = re.compile(r"([BIMESLU])[-_](.+)")
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
    """Character spans in the joined text from BIO (or BIOES, BILOU, BMES) tags, read as conlleval reads them.

    An entity begins at B or S (U), at I, M or E (L) of another kind than the one before, or behind O; it ends before the next one or at O.

    Raises:
        ValueError: a tag is none of these.
    """
    text, starts = join_tokens(tokens)
    del text
    spans: list[tuple[int, int, str]] = []
    label, begin, end = "", 0, 0
    for token, start, tag in zip(map(str, tokens), starts, tags, strict=True):
        mark, kind = _tag(tag)
        inside = mark in "IMEL" and kind == label
        if label and not inside:
            spans.append((begin, end, label))
            label = ""
        if mark != "O" and not inside:
            label, begin = kind, start
        end = start + len(token)
        if label and mark in "SUEL":
            spans.append((begin, end, label))
            label = ""
    return [*spans, (begin, end, label)] if label else spans


def _tag(tag: Any) -> tuple[str, str]:
    """The mark and the label of a tag; O has none."""
    if tag in {"O", ""}:
        return "O", ""
    found = TAG.fullmatch(tag) if isinstance(tag, str) else None
    if found is None:
        raise ValueError(f"a tag is O, or B- or I- (E-, S-, M-, L-, U-) with a label, such as B-PER. Received: {tag!r}")
    return found[1], found[2]


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
    """Spans from a list of ``{"start", "end", "label"}`` (or triples), or from the tags of the tokens beside it; whatever their labels.

    Raises:
        ValueError: a span that is none, or as many tags as there are not tokens.
    """
    found = spans_in(value, beside)
    for start, end, _ in found:
        if not 0 <= start < end:
            raise ValueError(f"a span goes from start to a greater end, not from {start} to {end}")
    return tuple(sorted(found))


def spans_in(value: Any, beside: Mapping[str, Any] | None = None) -> list[tuple[int, int, str]]:
    """Spans as a raw cell gives them: a list of spans, or tags of the tokens beside it; either may be written as text.

    Raises:
        ValueError: it is neither; or there are not as many tokens as tags.
    """
    items = _items(value)
    if not items or not isinstance(items[0], (str, int)):
        return [_span(item) for item in items]
    tokens = next((cell for cell in (beside or {}).values() if cell is not None and not isinstance(cell, str)), None)
    if tokens is None or len(tokens) != len(items):
        raise ValueError(f"{len(items)} tags need as many tokens beside them; there are {'none' if tokens is None else len(tokens)}")
    return spans_of_tags(tokens, items)


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip().startswith("[") else value.split()
        except ValueError:
            raise ValueError(f"a list of entities is due, not {value[:60]!r}") from None
    if value is not None and not isinstance(value, (list, tuple, np.ndarray)):
        raise ValueError(f"a list of entities or of tags is due, not a {type(value).__name__}")
    return [] if value is None else list(value)


def check_target(task: Task, value: Any, target: Sequence[tuple[int, int, str]], row: Sequence[str]) -> None:
    """Whether entities stand in their text, and where they say.

    Args:
        task: of kind tag.
        value: the raw cell; entities in it may have their `text`.
        target: the spans in it.
        row: the text.

    Raises:
        ValueError: one lies outside the text, or its own text stands elsewhere.
    """
    for start, end, _ in target:
        if end > len(row[0]):
            raise ValueError(f"an entity goes from {start} to {end}, but its text has {len(row[0])} characters")
    for item in _items(value):
        said = item.get("text") if isinstance(item, Mapping) else None
        if isinstance(said, str) and said.split() != row[0][item["start"] : item["end"]].split():
            more = " (the end is the character behind the last)" if row[0][item["start"] : item["end"] + 1] == said else ""
            raise ValueError(f"the entity {said!r} does not stand at {item['start']} to {item['end']}, but {row[0][item['start'] : item['end']]!r}{more}")


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

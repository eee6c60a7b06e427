"""detail: where an answer that is no label parts from the right one: spans in their text, places in an order, fields of an object."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from hanshuku.metrics.structures import fields_of
from hanshuku.tasks import Answer, Ranking, Task

FIRST, RELEVANT = 5, 5  # places of an order that are kept: the first, and those of candidates that are due
Row = tuple[str, ...]


def detail(task: Task, output: Any, target: Any, row: Row, most: int) -> dict[str, Any]:
    """What shows a mistake best, plain JSON data.

    Args:
        task: what it is a mistake of.
        output: the answer, as `Prediction.output` has it.
        target: what is right, as `encode_targets` gives it.
        row: the inputs.
        most: characters of a text that are kept.

    Returns:
        tag, answer: spans (part, start, end, label, text, given, due: whether it was answered and whether it is right), in the order of the text;
        rank: ranking (place from 1, text, due), candidates (how many there are); extract: fields (field, given, due) that are not alike; {} of all else.
    """
    return DETAILS[task.kind](output, target, row, most) if task.kind in DETAILS else {}


def _spans(given: set[tuple[int, int, str]], due: set[tuple[int, int, str]], row: Row, most: int) -> dict[str, Any]:
    part, text = len(row) - 1, row[-1]
    found = sorted((one for one in given | due if one[1] <= most), key=lambda one: (one[0], -one[1], one[2]))
    return {
        "spans": [
            {"part": part, "start": start, "end": end, "label": label, "text": text[start:end], "given": (start, end, label) in given, "due": (start, end, label) in due}
            for start, end, label in found
        ]
    }


def _entities(output: Any, target: Any, row: Row, most: int) -> dict[str, Any]:
    return _spans({(span.start, span.end, span.label) for span in output}, {(start, end, label) for start, end, label in target}, row, most)


def _answers(output: Answer, target: Any, row: Row, most: int) -> dict[str, Any]:
    context = row[-1]
    starts = [(start if start >= 0 and context.startswith(text, start) else context.find(text), text) for text, start in target]
    given = {(output.start, output.end, "")} if output and output.start >= 0 else set()
    return _spans(given, {(start, start + len(text), "") for start, text in starts if start >= 0}, row, most)


def _ranking(output: Ranking, target: Any, row: Row, most: int) -> dict[str, Any]:
    relevant = {place for place, position in enumerate(output.order) if position in set(target)}
    kept = sorted({*range(min(FIRST, len(output.order))), *sorted(relevant)[:RELEVANT]})
    return {"ranking": [{"place": place + 1, "text": output.candidates[place][:most], "due": place in relevant} for place in kept], "candidates": len(output.order)}


def _fields(output: Mapping[str, Any], target: str, row: Row, most: int) -> dict[str, Any]:
    given, due = fields_of(json.dumps(output)), fields_of(target)
    sides: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, fields in enumerate((given - due, due - given)):
        for *path, _, value in fields.elements():
            sides[".".join(part for part in path if isinstance(part, str))][side].append(value if isinstance(value, str) else json.dumps(value))
    return {"fields": [{"field": name, "given": ", ".join(mine)[:most], "due": ", ".join(theirs)[:most]} for name, (mine, theirs) in sides.items()]}


DETAILS: Mapping[str, Callable[[Any, Any, Row, int], dict[str, Any]]] = {"tag": _entities, "answer": _answers, "rank": _ranking, "extract": _fields}

"""Answers and inputs of any kind as one reads them."""

from __future__ import annotations

import json
from typing import Any

from hanshuku.tasks.base import Task
from hanshuku.tasks.outputs import Answer, Ranking, Span


def line_of(output: Any) -> str:
    """Entities: ``label: text [start:end]``, parted by bars; an answer: its text and place; a ranking: the candidates, best first,
    each with its score; several labels with bars; an object: JSON; a text as it is.
    """
    if isinstance(output, Answer):
        return f"{_flat(output.text)} [{output.start}:{output.end}]" if output else "(no answer)"
    if isinstance(output, Ranking):
        return " | ".join(f"{_flat(text)} ({score:.3f})" for text, score in zip(output.candidates, output.scores, strict=True))
    if isinstance(output, tuple):
        return " | ".join(f"{part.label}: {_flat(part.text)} [{part.start}:{part.end}]" if isinstance(part, Span) else str(part) for part in output)
    if isinstance(output, (dict, list)):
        return json.dumps(output, ensure_ascii=False)
    return f"{output:.3f}" if isinstance(output, float) else str(output)


def readable(task: Task, name: str, text: str) -> str:
    """An input as one reads it: turns of a conversation line by line, candidates with bars."""
    if task.kind == "chat":
        lines = []
        for turn in json.loads(text):
            names = ", ".join(tool["name"] for tool in turn.get("tools", ()))
            lines.append(f"{turn['role']}: {turn['content']}" + (f" [tools: {names}]" if names else ""))
        return "\n".join(lines)
    if task.kind == "rank" and name == task.inputs[-1]:
        return " | ".join(map(str, json.loads(text)))
    return text


def short(text: str, width: int = 80) -> str:
    """One line of at most `width` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def _flat(text: str) -> str:
    """Without line ends: a line stays a line."""
    return " ".join(text.splitlines())

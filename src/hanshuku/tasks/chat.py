"""chat: the next turn of a conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Task
from hanshuku.tasks.generate import decode, encode_targets
from hanshuku.tasks.generate import parse_target as parse_text

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("messages", "conversations", "conversation", "dialog", "对话", "消息"),)
TARGET_COLUMNS = ("reply", "response", "answer", "output", "chosen", "回复", "回答")
BESIDE_COLUMNS = INPUT_COLUMNS[0]  # the answer may be the last turn
ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "tool_call", "function_call"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "tool_response", "observation", "function"), "tool"),
}


def parse_messages(value: Any) -> list[dict[str, str]]:
    """A conversation from a list of turns, JSON of one, or one text, which is the user's.

    A turn is ``{"role": ..., "content": ...}`` (or from and value, as ShareGPT writes them). Its text may come in parts; a turn
    that only calls tools says those calls as JSON.

    Raises:
        ValueError: a turn has no known role or no text; the message says which.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith("["):
            return [{"role": "user", "content": value}]
        try:
            value = json.loads(text)
        except ValueError:
            return [{"role": "user", "content": text}]
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, bytes):
        raise ValueError(f"a conversation is a list of turns, not {'empty' if value is None else f'a {type(value).__name__}'}")  # noqa: TRY004 - of a file
    if not len(value):
        raise ValueError("the conversation has no turns")
    return [_turn(place, turn) for place, turn in enumerate(value, 1)]


def _turn(place: int, turn: Any) -> dict[str, str]:
    """One turn in its plain form; `place` counts from 1."""
    if not isinstance(turn, Mapping):
        raise ValueError(f"turn {place} is no object with role and content but a {type(turn).__name__}")  # noqa: TRY004 - of a file
    role = turn.get("role", turn.get("from"))
    known = ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        raise ValueError(f"turn {place} needs a role, {', '.join(dict.fromkeys(ROLES.values()))}; its role is {role!r}")
    content = _text(turn.get("content", turn.get("value")))
    calls = turn.get("tool_calls", turn.get("function_call"))
    if content is None and calls:
        content = json.dumps(calls, ensure_ascii=False)
    if content is None:
        raise ValueError(f"turn {place}, of the role {role!r}, has no text as its content")
    return {"role": known, "content": content}


def _text(content: Any) -> str | None:
    """The text of a turn, given as one or as parts ``{"type": "text", "text": ...}``; None where there is none, or something else is among them."""
    if isinstance(content, str):
        return content
    if not isinstance(content, (list, tuple, np.ndarray)) or not len(content):
        return None
    parts = [part.get("text") if isinstance(part, Mapping) and part.get("type", "text") == "text" else part for part in content]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def parse_input(task: Task, name: str, value: Any, *, is_answered: bool = False) -> str:
    """The conversation as canonical JSON, without a last turn of the assistant: that is the answer.

    Args:
        task: of kind chat.
        name: of the input.
        value: see `parse_messages`.
        is_answered: the answer stands in it; what was said behind the assistant's last turn is left out too.

    Raises:
        ValueError: see `parse_messages`; or nobody has said anything yet.
    """
    turns = parse_messages(value)
    if is_answered:
        turns = turns[: _last_answer(turns) + 1]
    while turns and turns[-1]["role"] == "assistant":
        turns.pop()
    if not any(turn["role"] == "user" for turn in turns):
        raise ValueError("the conversation has no turn of the user to answer")
    return json.dumps(turns, ensure_ascii=False)


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The assistant's next turn: the cell itself, or the last turn of the messages beside it.

    Raises:
        ValueError: there is none.
    """
    if value is None:
        turns = parse_messages(next((cell for cell in (beside or {}).values() if cell is not None), None))
        value = turns[_last_answer(turns)]["content"]
    elif not isinstance(value, str):
        value = parse_messages([value] if isinstance(value, Mapping) else value)[-1]["content"]
    return parse_text(task, value)


def _last_answer(turns: Sequence[Mapping[str, str]]) -> int:
    places = [place for place, turn in enumerate(turns) if turn["role"] == "assistant"]
    if not places:
        raise ValueError("the conversation has no turn of the assistant, so there is nothing to learn from it")
    return places[-1]


__all__ = ["BESIDE_COLUMNS", "INPUT_COLUMNS", "TARGET_COLUMNS", "decode", "encode_targets", "parse_input", "parse_messages", "parse_target"]

"""chat: the next turn of a conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hanshuku.tasks.base import Task
from hanshuku.tasks.generate import decode, encode_targets
from hanshuku.tasks.generate import parse_target as parse_text

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("messages", "conversation", "conversations", "dialog", "对话", "消息"),)
TARGET_COLUMNS = ("reply", "response", "answer", "output", "chosen", "回复", "回答")
BESIDE_COLUMNS = ("messages",)
ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "tool_call", "function_call"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "tool_response", "observation", "function"), "tool"),
}


def parse_messages(value: Any) -> list[dict[str, str]]:
    """A conversation from a list of turns, JSON of one, or one text, which is the user's.

    A turn is ``{"role": ..., "content": ...}`` (or from and value, as ShareGPT writes them).

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
    if not isinstance(value, Sequence) or not value:
        raise ValueError(f"a conversation is a list of turns, not {type(value).__name__}")
    turns = []
    for place, turn in enumerate(value, 1):
        if not isinstance(turn, Mapping):
            raise ValueError(f"turn {place} is no object with role and content but a {type(turn).__name__}")  # noqa: TRY004 - of a file
        role, content = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        if role not in ROLES or not isinstance(content, str):
            raise ValueError(f"turn {place} needs a role ({', '.join(dict.fromkeys(ROLES.values()))}) and a text; its role is {role!r}")
        turns.append({"role": ROLES[role], "content": content})
    return turns


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
        turns = parse_messages((beside or {}).get("messages"))
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

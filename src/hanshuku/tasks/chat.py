"""chat: the next turn of a conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Task
from hanshuku.tasks.generate import decode, encode_targets
from hanshuku.tasks.generate import parse_target as parse_text
from hanshuku.tasks.tools import COLUMNS, call_text, parse_tools, read_calls, told_calls

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("messages", "conversations", "conversation", "dialog", "对话", "消息"),)
TARGET_COLUMNS = ("reply", "response", "answer", "output", "chosen", "回复", "回答")
BESIDE_COLUMNS = (*INPUT_COLUMNS[0], *COLUMNS)  # the answer may be the last turn; the tools that may be called
MORE_INPUTS = ("tools",)  # what a call may state besides
CALLING = ("tool_call", "function_call")  # the assistant's, where it calls tools
ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", *CALLING), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "tool_response", "observation", "function"), "tool"),
}


def parse_messages(value: Any) -> list[dict[str, Any]]:
    """A conversation from a list of turns, JSON of one, or one text, which is the user's.

    A turn is ``{"role": ..., "content": ...}`` (or from and value, as ShareGPT writes them). Its text may come in parts; the calls of a turn become
    its text, see `hanshuku.tasks.tools`, and what they brought a turn of the tool. Tools that may be called stand in the first turn, the system's, under
    "tools"; they may be given there, or beside the messages: ``{"messages": [...], "tools": [...]}``.

    Raises:
        ValueError: a turn has no known role or no text; the message says which.
    """
    if isinstance(given := value, str):
        text = value.strip()
        try:
            value = json.loads(text) if text.startswith(("[", "{")) else value
        except ValueError:
            value = text
        if not isinstance(value, list) and not _has_messages(value):
            return [{"role": "user", "content": text if text.startswith("[") else given}]
    if _has_messages(value):
        return with_tools(parse_messages(value["messages"]), parse_tools(value.get("tools")))
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, bytes):
        raise ValueError(f"a conversation is a list of turns, not {'empty' if value is None else f'a {type(value).__name__}'}")  # noqa: TRY004 - of a file
    if not len(value):
        raise ValueError("the conversation has no turns")
    return [plain for place, turn in enumerate(value, 1) for plain in _turns(place, turn)]


def _has_messages(value: Any) -> bool:
    return isinstance(value, Mapping) and "messages" in value and set(value) <= {"messages", "tools"}


def with_tools(turns: list[dict[str, Any]], tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conversation with these tools in the system's turn, which is made, without a text, where there is none."""
    if not tools:
        return turns
    first, rest = (turns[0], turns[1:]) if turns[0]["role"] == "system" else ({"role": "system", "content": ""}, turns)
    return [{**first, "tools": list(tools)}, *rest]


def shown_beside(row: tuple[str, ...], beside: Mapping[str, Any]) -> tuple[str, ...]:
    """The row with the tools that stand beside it.

    Raises:
        ValueError: they are no tools.
    """
    tools = next((found for name in COLUMNS if (found := parse_tools(beside.get(name)))), [])
    return (json.dumps(with_tools(json.loads(row[0]), tools), ensure_ascii=False),) if tools else row


def _turns(place: int, turn: Any) -> list[dict[str, Any]]:
    """One turn in its plain form, with what its calls brought; `place` counts from 1."""
    if not isinstance(turn, Mapping):
        raise ValueError(f"turn {place} is no object with role and content but a {type(turn).__name__}")  # noqa: TRY004 - of a file
    role = turn.get("role", turn.get("from"))
    known = ROLES.get(role.strip().lower()) if isinstance(role, str) else None
    if known is None:
        raise ValueError(f"turn {place} needs a role, {', '.join(dict.fromkeys(ROLES.values()))}; its role is {role!r}")
    content = _text(turn.get("content", turn.get("value")))
    calls, brought = told_calls(turn)
    if not calls and known == "assistant" and role.strip().lower() in CALLING:
        calls = read_calls(_json(content))
        content = "" if calls else content
    if content is None and not calls and (unread := turn.get("tool_calls", turn.get("function_call"))):
        content = json.dumps(unread, ensure_ascii=False)
    if content is None and not calls:
        raise ValueError(f"turn {place}, of the role {role!r}, has no text as its content")
    if not calls:
        plain = {"role": known, "content": content}
        return with_tools([plain], parse_tools(turn.get("tools"))) if known == "system" else [plain]
    results = [{"role": "tool", "content": text} for text in brought if text is not None]
    if known == "assistant":
        return [{"role": known, "content": call_text(calls, content or "")}, *results]
    return [*([{"role": known, "content": content}] if content else []), {"role": "assistant", "content": call_text(calls)}, *results]


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None


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
        turns = parse_messages(next((cell for name, cell in (beside or {}).items() if cell is not None and name not in COLUMNS), None))
        value = turns[_last_answer(turns)]["content"]
    elif not isinstance(value, str):
        value = parse_messages([value] if isinstance(value, Mapping) else value)[-1]["content"]
    return parse_text(task, value)


def _last_answer(turns: Sequence[Mapping[str, str]]) -> int:
    places = [place for place, turn in enumerate(turns) if turn["role"] == "assistant"]
    if not places:
        raise ValueError("the conversation has no turn of the assistant, so there is nothing to learn from it")
    return places[-1]


__all__ = ["BESIDE_COLUMNS", "INPUT_COLUMNS", "MORE_INPUTS", "TARGET_COLUMNS", "decode", "encode_targets", "parse_input", "parse_messages", "parse_target", "shown_beside", "with_tools"]

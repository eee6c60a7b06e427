"""Tools that an assistant may call, and its calls, in one plain form whatever wrote them.

A tool is ``{"name": ..., "description": ..., "parameters": JSON schema}``. A call is ``{"name": ..., "arguments": {...}}``; in a conversation it is
the assistant's text: one call as a JSON object, several as a list, what is said besides on the lines before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

COLUMNS = ("tools", "functions", "available_tools", "工具", "可用工具")
FORM = '{"name": ..., "description": ..., "parameters": {...}}'


def parse_tools(value: Any) -> list[dict[str, Any]]:
    """Tools from a list of them, or JSON of one: bare, or as OpenAI's clients write them, ``{"type": "function", "function": {...}}``.

    Raises:
        ValueError: it is no list of tools; the message says which is wrong.
    """
    if value is None or (isinstance(value, float) and value != value):  # an empty cell
        return []
    if isinstance(value, str):
        if not value.strip():
            return []
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ValueError(f"the tools are no JSON: {error}") from None
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise ValueError(f"tools are a list of {FORM}, not a {type(value).__name__}")  # noqa: TRY004 - of a file
    return [_tool(place, tool) for place, tool in enumerate(value, 1)]


def _tool(place: int, tool: Any) -> dict[str, Any]:
    given = tool.get("function", tool) if isinstance(tool, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str) or not given["name"].strip():
        raise ValueError(f"tool {place} is no {FORM} but {str(tool)[:80]!r}")
    if not isinstance(given.get("parameters") or {}, Mapping):
        raise ValueError(f"the parameters of tool {place}, {given['name']!r}, are no JSON schema but {str(given['parameters'])[:80]!r}")  # noqa: TRY004 - of a file
    return {"name": given["name"], **{key: given[key] for key in ("description", "parameters") if given.get(key)}}


def read_calls(value: Any) -> list[dict[str, Any]]:
    """Calls as files and models write them: one or a list, bare or as OpenAI's clients do, arguments as an object or as JSON of one; [] where it is none."""
    calls = [value] if isinstance(value, Mapping) else list(value) if isinstance(value, (list, tuple, np.ndarray)) else []
    found = []
    for call in calls:
        inner = call.get("function", call) if isinstance(call, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            return []
        arguments = inner.get("arguments", inner.get("parameters"))
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments or "{}")
            except ValueError:
                return []
        if not isinstance(arguments, Mapping):
            return []
        found.append({"name": inner["name"], "arguments": dict(arguments)})
    return found


def call_text(calls: Sequence[Mapping[str, Any]], said: str = "") -> str:
    """Calls as the text of a turn, behind what is said besides."""
    text = json.dumps(calls[0] if len(calls) == 1 else list(calls), ensure_ascii=False)
    return f"{said.rstrip()}\n{text}" if said.strip() else text


def calls_in(text: str) -> tuple[str, list[dict[str, Any]]]:
    """What a turn of the assistant says, and the calls behind it, in the form of `call_text`; [] where it calls nothing."""
    starts = [0] if text.lstrip()[:1] in ("{", "[") else [place for place in range(len(text)) if text[place] == "\n" and text[place + 1 : place + 2] in ("{", "[")]
    for start in starts:
        try:
            value = json.loads(text[start:])
        except ValueError:
            continue
        calls = value if isinstance(value, list) else [value]
        if calls and all(isinstance(call, dict) and set(call) == {"name", "arguments"} and isinstance(call["arguments"], dict) for call in calls):
            return text[:start].strip(), calls
    return text, []


def told_calls(turn: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str | None]]:
    """The calls that a turn lists, and what each brought where the list says so too."""
    raw = turn.get("tool_calls", turn.get("function_call"))
    calls = read_calls(raw) if raw is not None else []
    each = [raw] if isinstance(raw, Mapping) else list(raw) if calls else []
    brought = [call.get("response") for call in each]
    return calls, [text if text is None or isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text in brought]

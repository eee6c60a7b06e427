"""Tools as a model reads them: through its own chat template where that knows tools, else as JSON in what the system is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hanshuku.inference.prompts import special_tokens
from hanshuku.tasks.tools import call_text, calls_in, read_calls

Turns = list[dict[str, Any]]
TOLD = {
    "en": 'You can call these tools. To call one, answer with JSON alone: {"name": "...", "arguments": {...}}; to call several, with a list of such objects.\nTools:\n',
    "zh": '你可以调用以下工具。需要调用时，只回答 JSON：{"name": "...", "arguments": {...}}；调用多个时，回答由这样的对象组成的列表。\n工具：\n',
}
NAME, ARGUMENT = "probe_tool_name", "probe_argument"  # of the call by which a template is tried
ASKED = {"role": "user", "content": "x"}


def told_tools(turns: Turns, language: str) -> Turns:
    """The conversation with its tools, a line each, behind what the system is told.

    Args:
        turns: the first may hold "tools".
        language: of the words round them, "en" or "zh".
    """
    if not turns or not turns[0].get("tools"):
        return turns
    lines = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in turns[0]["tools"])
    told = "\n\n".join(part for part in (turns[0]["content"], TOLD[language] + lines) if part)
    return [{"role": "system", "content": told}, *turns[1:]]


def listed_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tools as chat templates and servers take them."""
    return [{"type": "function", "function": {"description": "", "parameters": {"type": "object", "properties": {}}, **tool}} for tool in tools]


def listed_calls(turns: Turns) -> Turns:
    """The conversation with each call as chat templates take it, apart from what is said; what a tool brought names the tool."""
    found: Turns = []
    waiting: list[str] = []  # tools that were called and have brought nothing yet
    for turn in turns:
        said, calls = calls_in(turn["content"]) if turn["role"] == "assistant" else ("", [])
        if calls:
            waiting = [call["name"] for call in calls]
            found.append({"role": "assistant", "content": said, "tool_calls": [{"type": "function", "function": call} for call in calls]})
        elif turn["role"] == "tool" and waiting:
            found.append({"name": waiting.pop(0), **turn})
        else:
            found.append(turn)
    return found


def without_tools(turns: Turns) -> tuple[Turns, list[dict[str, Any]]]:
    """The conversation without its tools, and these; a system's turn that held nothing else is left out."""
    if not turns or "tools" not in turns[0]:
        return turns, []
    first = {name: value for name, value in turns[0].items() if name != "tools"}
    return ([first] if first["content"] else []) + turns[1:], turns[0]["tools"]


@dataclass(frozen=True)
class CallForm:
    """How a model's chat template writes a call.

    Attributes:
        before: what stands before it, such as "<tool_call>"; "" where nothing does.
        after: what stands behind it.
    """

    before: str
    after: str

    @classmethod
    def of(cls, tokenizer: Any) -> CallForm | None:
        """That of a tokenizer's template; None where it shows no tools or no calls."""
        call = {"name": NAME, "arguments": {ARGUMENT: 1}}
        turns = [ASKED, {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]}]
        try:
            shown = str(tokenizer.apply_chat_template([ASKED], tools=listed_tools([{"name": NAME}]), tokenize=False))
            asked = str(tokenizer.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True))
            called = str(tokenizer.apply_chat_template(turns, tokenize=False))
        except Exception:  # noqa: BLE001 - a template raises whatever it likes at roles and fields that it does not know
            return None
        if NAME not in shown or NAME not in called or ARGUMENT not in called:
            return None
        text = called[len(asked) :] if called.startswith(asked) else ""
        for mark in special_tokens(tokenizer).values():  # they are no part of what is read
            text = text.replace(mark, "")
        start, end = text.find("{"), text.rfind("}")
        is_json = 0 <= start < end and read_calls(_json(text[start : end + 1])) == [call]
        before = (text[:start].strip().removesuffix("[").splitlines() or [""])[-1].strip()  # thoughts that a template writes before are no part of it
        return cls(before, text[end + 1 :].strip().removeprefix("]").strip()) if is_json else None

    def begins(self, text: str) -> int:
        """From which character on a text that is still written may be a call; its length where it is none so far."""
        if not self.before:
            return 0 if text.lstrip()[:1] in ("", "{", "[") else len(text)
        if (place := text.find(self.before)) >= 0:
            return place
        return next((len(text) - n for n in range(min(len(text), len(self.before) - 1), 0, -1) if self.before.startswith(text[-n:])), len(text))

    def plain(self, text: str) -> str:
        """A text that a model wrote, with its calls in the plain form; as it is where it calls nothing."""
        place = self.begins(text)
        rest = text[place:]
        for mark in filter(None, (self.before, self.after)):
            rest = rest.replace(mark, "\n")
        calls: list[dict[str, Any]] = []
        while rest := rest.lstrip().lstrip(",;"):
            try:
                value, end = json.JSONDecoder().raw_decode(rest)
            except ValueError:
                return text
            if not (found := read_calls(value)):
                return text
            calls += found
            rest = rest[end:]
        if not calls:
            return text
        joint = "" if not text[:place].strip() or text[:place].endswith("\n") else "\n"
        return text[:place] + joint + call_text(calls)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None

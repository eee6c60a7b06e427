"""A request for a chat completion, read and checked: which row it is, and with which settings it is answered."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hanshuku.errors import DataError, ServingError
from hanshuku.functions.core import Function
from hanshuku.tasks import Task

MUTE = frozenset({"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"})  # they change no answer
NOTHING: dict[str, tuple[Any, ...]] = {  # settings that are not known here, with the values that ask for nothing
    "n": (1,), "logprobs": (False,), "top_logprobs": (0,), "frequency_penalty": (0,), "presence_penalty": (0,), "logit_bias": ({},),
    "tool_choice": ("none", "auto"), "parallel_tool_calls": (True, False), "response_format": ({"type": "text"},), "modalities": (["text"],),
}  # fmt: skip


class Refused(ServingError):
    """A request that is not answered.

    Args:
        message: why, and what to do.
        status: of HTTP.
        param: the field of the request.
        code: OpenAI's, where there is one.
    """

    def __init__(self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.param, self.code = status, param, code


@dataclass(frozen=True)
class Ask:
    """A request as the function answers it: a row, and settings of DECODING that differ from its own, by name."""

    row: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...] = ()


class Body(BaseModel):
    """What may be asked for."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(description="The name of a served function.")
    messages: Annotated[list[dict[str, Any]], Field(min_length=1, description="Turns with role and content; for a function of one text, one of the user's.")]
    max_tokens: int | None = Field(None, ge=1, description="Most tokens of the answer.")
    max_completion_tokens: int | None = Field(None, ge=1, description="The same.")
    temperature: float | None = Field(None, ge=0, le=100, description="0: the likeliest token always.")
    top_p: float | None = Field(None, ge=0.001, le=1)
    top_k: int | None = Field(None, ge=0)
    seed: int | None = Field(None, description="Same seed, same answer; where a temperature is given and no seed, one is drawn.")
    stop: str | list[str] | None = Field(None, description="Texts that end the answer and are no part of it.")
    tools: list[dict[str, Any]] | None = Field(None, description="Functions that the assistant may call.")
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None


def read_body(raw: bytes) -> Body:
    """The request in a body.

    Raises:
        Refused: it is no JSON, a field is not as it should be, or asks for what is not known here.
    """
    try:
        data = json.loads(raw)
    except ValueError as error:
        raise Refused(f"The body is no JSON: {error}.") from None
    try:
        body = Body.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(f"{place or 'The body'}: {first['msg']}. Received: {str(first['input'])[:80]!r}.", param=str(first["loc"][0]) if first["loc"] else None) from None
    for name, value in (body.model_extra or {}).items():
        if name in MUTE or value is None or any(value == nothing for nothing in NOTHING.get(name, ())):
            continue
        raise Refused(f"The setting '{name}' is not known here: leave it out. Received: {str(value)[:80]}.", param=name, code="unsupported_parameter")
    return body


def settings_of(body: Body) -> tuple[tuple[str, Any], ...]:
    """The settings of DECODING that a request states.

    Raises:
        Refused: a stop text is empty.
    """
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    if "" in stop:
        raise Refused("stop: a text that ends the answer is not empty.", param="stop")
    most = body.max_completion_tokens or body.max_tokens
    seed = body.seed if body.seed is not None else secrets.randbits(32) if body.temperature else None
    stated = {
        "max_new_tokens": most, "temperature": body.temperature, "top_p": body.top_p, "top_k": body.top_k,
        "seed": None if seed is None else seed % 2**32, "stop": stop or None,
    }  # fmt: skip
    return tuple((name, value) for name, value in stated.items() if value is not None)


def row_of(function: Function[..., Any], messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None) -> tuple[str, ...]:
    """The row that a conversation is: the turns of a chat; for any other function its inputs, in one message of the user's.

    A function of several inputs takes a JSON object of them; tools are for a chat.

    Raises:
        Refused: it is no row of this function.
    """
    task, turns = function.task, [{**turn, "content": _text(turn.get("content"))} for turn in messages]
    try:
        if task.kind == "chat":
            if turns[-1].get("role") == "assistant":
                raise Refused("The last message is the assistant's, so there is nothing to answer. End with one of the user's.", param="messages")
            return function.row({task.inputs[0]: turns} | ({"tools": tools} if tools else {}), 0)
        if tools:
            raise Refused(f"{task.name} ({task.kind}) is no chat and calls no tools: leave them out.", param="tools")
        if [turn.get("role") for turn in turns] != ["user"]:
            roles = ", ".join(str(turn.get("role")) for turn in turns)
            raise Refused(f"{task.name} ({task.kind}) takes one text and no conversation: send one message, of the user's. Received: {roles}.", param="messages")
        (content,) = (turn["content"] for turn in turns)
        return function.row({task.inputs[0]: content} if len(task.inputs) == 1 else _inputs(task, content), 0)
    except DataError as error:
        raise Refused(str(error).removeprefix("Row 0 does not fit: "), param="messages") from None


def _text(content: Any) -> Any:
    """Text that is given in parts as one text."""
    if not isinstance(content, list):
        return content
    if odd := [part for part in content if not isinstance(part, Mapping) or part.get("type") != "text" or not isinstance(part.get("text"), str)]:
        kind = odd[0].get("type") if isinstance(odd[0], Mapping) else type(odd[0]).__name__
        raise Refused(f"messages: only text is read. Received a part of type {kind!r}.", param="messages")
    return "".join(part["text"] for part in content)


def _inputs(task: Task, content: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (TypeError, ValueError):
        found = None
    if not isinstance(found, Mapping):
        form = json.dumps(dict.fromkeys(task.inputs, "..."))
        raise Refused(f"{task.name} takes {' and '.join(task.inputs)}: send them as a JSON object, {form}.", param="messages")
    return found

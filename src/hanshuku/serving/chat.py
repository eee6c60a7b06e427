"""OpenAI's chat completions for functions that write: POST /v1/chat/completions, GET /v1/models.

https://platform.openai.com/docs/api-reference/chat, as far as a function knows it: a setting that would change the answer and is not
known here is refused by name, never left out in silence. The model is a served function; what a request leaves out is as it was learned.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from hanshuku.errors import ConfigError, HanshukuError
from hanshuku.functions.core import Function
from hanshuku.inference.base import Reply
from hanshuku.serving.asked import Ask, Body, Refused, read_body, row_of, settings_of
from hanshuku.serving.batcher import Batcher
from hanshuku.serving.guard import problem
from hanshuku.serving.request_log import RequestLog
from hanshuku.tasks import WRITTEN_KINDS, Prediction
from hanshuku.tasks.tools import calls_in

MOST_SETTINGS = 16  # sets of settings of one function that are kept at hand
Item = tuple[str, ...] | Ask


class Talker:
    """Answers rows and chat requests by one function; for the thread of its predictor."""

    def __init__(self, function: Function[..., Any]) -> None:
        self.function = function
        self._with = lru_cache(MOST_SETTINGS)(lambda settings: self.function.predictor().with_settings(**dict(settings)))  # type: ignore[attr-defined]

    def answer(self, items: Sequence[Item]) -> list[Prediction | Reply]:
        """A Prediction for each row and a Reply to each request, in their order."""
        rows = [item for item in items if not isinstance(item, Ask)]
        asks = [item for item in items if isinstance(item, Ask)]
        predictions, replies = iter(self.function.predict_rows(rows) if rows else ()), iter(self.replies(asks))
        return [next(replies) if isinstance(item, Ask) else next(predictions) for item in items]

    def replies(self, asks: Sequence[Ask]) -> list[Reply]:
        """A reply to each request; those with the same settings are written together.

        Raises:
            Refused: a conversation is longer than the model reads.
            ConfigError: the model cannot write with these settings.
        """
        found: dict[int, Reply] = {}
        for settings in dict.fromkeys(ask.settings for ask in asks):
            places = [place for place, ask in enumerate(asks) if ask.settings == settings]
            rows = [asks[place].row for place in places]
            found |= zip(places, self._writer(rows, settings).replies(rows), strict=True)
        return [found[place] for place in range(len(asks))]

    def stream(self, ask: Ask) -> Iterator[str | Reply]:
        """The pieces of the answer, and last the reply. Raises as `answer`."""
        yield (yield from self._writer([ask.row], ask.settings).stream(ask.row))

    def _writer(self, rows: Sequence[tuple[str, ...]], settings: tuple[tuple[str, Any], ...]) -> Any:
        base = self.function.predictor(rows)
        if not hasattr(base, "replies"):
            raise Refused(f"{self.function.task.name} was made by {base.KIND} and writes no text.", status=404, param="model")
        try:
            writer: Any = self._with(settings) if settings else base
        except ConfigError as error:
            raise Refused(str(error)) from None
        if any(writer.overlong(rows)):
            raise Refused(
                f"The messages are longer than this function's maximum context: {writer.limit} tokens beside the answer. Send less, or ask for fewer max_tokens.",
                param="messages", code="context_length_exceeded",
            )  # fmt: skip
        return writer


def add_chat(app: FastAPI, talkers: Mapping[str, Talker], batchers: Mapping[str, Batcher[Item, Prediction | Reply]], log: RequestLog | None = None) -> None:
    """Add the addresses that OpenAI's clients ask; the models are those of the functions that write.

    Args:
        app: what they are added to.
        talkers: by name.
        batchers: by name.
        log: where conversations and replies are written; None: nowhere.
    """
    begun = int(time.time())
    models = {name: talker for name, talker in talkers.items() if talker.function.task.kind in WRITTEN_KINDS}

    def shown(name: str) -> dict[str, Any]:
        if name not in models:
            others = f" That function gives no text: POST /v1/functions/{name}." if name in talkers else ""
            raise Refused(f"The model {name!r} does not exist.{others} Models: {', '.join(models) or 'none'}.", status=404, param="model", code="model_not_found")
        return {"id": name, "object": "model", "created": begun, "owned_by": "hanshuku"}

    @app.get("/v1/models", tags=["openai"])
    async def list_models() -> dict[str, Any]:
        """The functions that write, as OpenAI's clients list models."""
        return {"object": "list", "data": [shown(name) for name in models]}

    @app.get("/v1/models/{name}", tags=["openai"])
    async def one_model(name: str) -> dict[str, Any]:
        """One of them."""
        return shown(name)

    @app.post("/v1/chat/completions", tags=["openai"], openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": Body.model_json_schema()}}}})
    async def complete(request: Request) -> Response:
        """The next turn of a conversation by a function that writes, in OpenAI's form; `stream` sends it piece by piece."""
        body = read_body(await request.body())
        name = shown(body.model)["id"]
        tools = body.tools if (body.model_extra or {}).get("tool_choice") != "none" else None
        ask = Ask(row_of(models[name].function, body.messages, tools), settings_of(body))
        task = models[name].function.task
        keep = (lambda _reply: None) if log is None else lambda reply: log.add(name, task, ask.row, reply.text, reply.confidence)
        told = _Told(name, keep, with_usage=bool((body.stream_options or {}).get("include_usage")), with_calls=bool(tools))
        if not body.stream:
            return JSONResponse(told.whole((await batchers[name].ask([ask]))[0]))
        pieces = batchers[name].stream(lambda: models[name].stream(ask))
        first = await anext(pieces)  # what is wrong with the request is told by the status
        return StreamingResponse(_events(first, pieces, told), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


class _Told:
    """An answer in OpenAI's words; `keep` is given the whole reply once it is there."""

    def __init__(self, model: str, keep: Callable[[Any], None], *, with_usage: bool, with_calls: bool = False) -> None:
        self.keep, self.with_calls = keep, with_calls
        self.head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model}
        self.with_usage = with_usage

    def whole(self, reply: Any) -> dict[str, Any]:
        """An answer that is sent at once."""
        self.keep(reply)
        said = self.said(reply)
        message = {"role": "assistant", **said, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(reply, said)}
        return {**self.head, "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}

    def said(self, reply: Any) -> dict[str, Any]:
        """The text of a message, and the calls of the tools that the request brought."""
        text, calls = calls_in(reply.text) if self.with_calls else (reply.text, [])
        if not calls:
            return {"content": reply.text}
        form = [{"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)} for call in calls]
        return {"content": text or None, "tool_calls": [{"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": each} for each in form]}

    def chunk(self, delta: dict[str, Any], reason: str | None = None) -> str:
        """A piece of an answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return self._event({"choices": [choice], **({"usage": None} if self.with_usage else {})})

    def end(self, reply: Reply) -> Iterator[str]:
        """What follows the last piece."""
        self.keep(reply)
        said = self.said(reply) if self.with_calls else {}
        if said:  # with tools the answer is sent at its end, as only then it is known to call none
            calls = [{"index": place, **call} for place, call in enumerate(said.get("tool_calls", ()))]
            yield self.chunk({"content": said["content"]} | ({"tool_calls": calls} if calls else {}))
        yield self.chunk({}, _reason(reply, said))
        if self.with_usage:
            yield self._event({"choices": [], "usage": _usage(reply)})
        yield "data: [DONE]\n\n"

    def _event(self, data: dict[str, Any]) -> str:
        return _event({**self.head, "object": "chat.completion.chunk", **data})


async def _events(first: str | Reply, pieces: AsyncGenerator[str | Reply, None], told: _Told) -> AsyncIterator[str]:
    yield told.chunk({"role": "assistant", "content": ""})
    try:
        piece = first
        while not isinstance(piece, Reply):
            if not told.with_calls:
                yield told.chunk({"content": piece})
            piece = await anext(pieces)
        for event in told.end(piece):
            yield event
    except HanshukuError as error:  # the status is sent already
        yield _event(json.loads(bytes(problem(500, str(error), path="/v1/chat/").body)))
    finally:
        await pieces.aclose()  # a client that left is not written for


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _reason(reply: Reply, said: Mapping[str, Any]) -> str:
    return "length" if not reply.is_whole else "tool_calls" if "tool_calls" in said else "stop"


def _usage(reply: Reply) -> dict[str, int] | None:
    """Tokens; None where a function asks a server that does not count them."""
    if reply.tokens_in is None or reply.tokens_out is None:
        return None
    return {"prompt_tokens": reply.tokens_in, "completion_tokens": reply.tokens_out, "total_tokens": reply.tokens_in + reply.tokens_out}

"""The FastAPI application: POST /v1/functions/NAME for each function (/rows, /stream), OpenAI's addresses, /healthz, /metrics, /openapi.json."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from hanshuku.errors import HanshukuError, RemoteError
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded
from hanshuku.inference.base import Reply
from hanshuku.serving.asked import Refused
from hanshuku.serving.batcher import Batcher, Busy
from hanshuku.serving.chat import Item, Talker, add_chat
from hanshuku.serving.guard import OPENAI, Guard, problem
from hanshuku.serving.limits import Limits
from hanshuku.serving.request_log import RequestLog
from hanshuku.serving.schema import request_model, response_model
from hanshuku.serving.watch import Watch
from hanshuku.tasks import WRITTEN_KINDS, Prediction

AnyBatcher = Batcher[Item, Prediction | Reply]


def make_app(functions: Mapping[str, Function[..., Any]], *, limits: Limits | None = None, api_key: str = "", log: RequestLog | None = None) -> FastAPI:
    """The application that serves these functions.

    Args:
        functions: name in the address -> function.
        limits: sizes.
        api_key: asked for as "Authorization: Bearer KEY" or "X-API-Key: KEY"; empty: none is asked for.
        log: where rows and answers are written; None: nowhere.
    """
    limits = limits or Limits()
    watch = Watch()
    talkers = {name: Talker(function) for name, function in functions.items()}
    batchers: dict[str, AnyBatcher] = {
        name: Batcher(talker.answer, max_batch=limits.max_batch, max_wait_ms=limits.max_wait_ms, max_waiting=limits.max_waiting)
        for name, talker in talkers.items()
    }

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for batcher in batchers.values():
            batcher.start()
        if log is not None:
            log.start()
        yield
        for batcher in batchers.values():
            await batcher.stop()
        if log is not None:
            log.stop()

    # FastAPI's own pages for docs load scripts from a foreign host, so they are off; /openapi.json is all one needs.
    app = FastAPI(title="Hanshuku", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, limits=limits, api_key=api_key, watch=watch)
    watch.guards({name: function.guard.counts for name, function in functions.items() if isinstance(function, Guarded)})
    app.state.log = log
    if log is not None:
        watch.log(log)
    _add_pages(app, functions, watch)
    for name, function in functions.items():
        _add_function(app, name, function, batchers[name], limits, log)
    add_chat(app, talkers, batchers, log)
    return app


def _add_pages(app: FastAPI, functions: Mapping[str, Function[..., Any]], watch: Watch) -> None:
    @app.get("/healthz", tags=["server"])
    async def healthz() -> dict[str, Any]:
        """Say that the server answers."""
        return {"status": "ok", "functions": sorted(functions)}

    @app.get("/metrics", tags=["server"])
    async def metrics() -> Response:
        """Counts and latencies in the text format of Prometheus."""
        text, kind = watch.page()
        return Response(text, media_type=kind)

    @app.get("/v1/functions", tags=["server"])
    async def list_functions() -> dict[str, Any]:
        """Every function that is served, with its task and its measured quality."""
        return {"functions": {name: {"task": function.task.to_json(), "report": function.report} for name, function in functions.items()}}

    @app.exception_handler(HanshukuError)
    async def ours(request: Request, error: HanshukuError) -> Response:
        path = request.url.path
        if isinstance(error, Refused):
            return problem(error.status, str(error), path=path, param=error.param, code=error.code)
        if isinstance(error, Busy):
            return problem(503, str(error), {"Retry-After": "1"}, path=path)
        usual = 400 if path.startswith(OPENAI) else 422
        return problem(502 if isinstance(error, RemoteError) else usual, str(error), path=path)


def _add_function(app: FastAPI, name: str, function: Function[..., Any], batcher: AnyBatcher, limits: Limits, log: RequestLog | None) -> None:
    task = function.task
    one_in, many_in = request_model(task, limits.max_rows)
    one_out, many_out = response_model(task, refuses=function.refuses)
    told = {413: {"description": "Too large"}, 503: {"description": "Too busy"}}

    async def asked(rows: list[tuple[str, ...]]) -> list[Any]:
        found: list[Any] = await batcher.ask(rows)
        if log is not None:
            for row, prediction in zip(rows, found, strict=True):
                log.add(name, task, row, prediction.output, prediction.confidence, prediction.reason)
        return found

    async def told_of(rows: list[tuple[str, ...]]) -> list[dict[str, Any]]:
        answers = [prediction.to_json() for prediction in await asked(rows)]
        if task.kind not in WRITTEN_KINDS:
            return answers
        return [answer | cut for answer, cut in zip(answers, await asyncio.to_thread(_cut, function, rows), strict=True)]

    async def call(body: Any) -> Any:
        return (await told_of([function.row(body.model_dump(), 0)]))[0]

    async def call_many(body: Any) -> Any:
        rows = [function.row(row.model_dump(), place) for place, row in enumerate(body.rows)]
        answers = []
        for start in range(0, len(rows), limits.max_batch):
            answers += await told_of(rows[start : start + limits.max_batch])
        return {"rows": answers}

    async def call_stream(body: Any) -> StreamingResponse:
        row = function.row(body.model_dump(), 0)
        pieces = batcher.stream(lambda: function.write_row(row))
        return StreamingResponse(_events(pieces, lambda: _cut(function, [row])[0], told=lambda whole: log.add(name, task, row, whole) if log is not None else None), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    call.__annotations__["body"], call_many.__annotations__["body"], call_stream.__annotations__["body"] = one_in, many_in, one_in
    call.__name__, call_many.__name__, call_stream.__name__ = name, f"{name}_rows", f"{name}_stream"
    about: dict[str, Any] = {"tags": [name], "responses": told}
    summary = task.instruction or f"Call {name}."
    app.post(f"/v1/functions/{name}", response_model=one_out, response_model_exclude_unset=True, summary=summary, **about)(call)
    app.post(f"/v1/functions/{name}/rows", response_model=many_out, response_model_exclude_unset=True, summary=f"{summary} (many rows)", **about)(call_many)
    if task.kind in WRITTEN_KINDS:
        app.post(f"/v1/functions/{name}/stream", response_class=StreamingResponse, response_model=None, summary=f"{summary} (piece by piece)", **about)(call_stream)


def _cut(function: Function[..., Any], rows: Sequence[tuple[str, ...]]) -> list[dict[str, bool]]:
    """What an answer says besides where a text was longer than the language model reads."""
    overlong = getattr(function.predictor(rows), "overlong", None)
    return [{"cut": True} if long else {} for long in overlong(rows)] if overlong else [{} for _ in rows]


async def _events(pieces: AsyncIterator[str], cut: Callable[[], dict[str, bool]], told: Callable[[str], None]) -> AsyncIterator[str]:
    """Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): a `piece` each, then `done` with the whole text, or `error`.

    Args:
        pieces: of the answer.
        cut: gives what `done` says besides.
        told: called with the whole answer once it is there.
    """
    whole = ""
    try:
        async for piece in pieces:
            whole += piece
            yield _event("piece", {"text": piece})
        told(whole.strip())
        yield _event("done", {"text": whole.strip()} | await asyncio.to_thread(cut))
    except HanshukuError as error:  # the status is sent already
        yield _event("error", {"detail": str(error)})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

"""What every request passes before anything of it is parsed: the key, the size limit, the counters."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hanshuku.serving.limits import Limits
from hanshuku.serving.watch import Watch

OPEN = {"/healthz"}  # answered without a key
OPENAI = ("/v1/chat/", "/v1/models")  # addresses that OpenAI's clients ask: errors have their form


class Guard:
    """ASGI middleware; it is plain ASGI because a task and a stream for each request cost more than a small answer does.

    Args:
        app: what is guarded.
        limits: sizes.
        api_key: asked for as "Authorization: Bearer KEY" or "X-API-Key: KEY"; empty: none is asked for.
        watch: counts what passes.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits, api_key: str, watch: Watch) -> None:
        self._app, self._limits, self._key, self._watch = app, limits, api_key.encode(), watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._key and scope["path"] not in OPEN and not hmac.compare_digest(_key_of(scope), self._key):
            text = "Give the API key: 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."
            await problem(401, text, path=scope["path"], code="invalid_api_key")(scope, receive, send)
            return
        if scope["method"] == "POST":
            body = await self._body(receive)
            if body is None:
                text = f"A request may have {self._limits.max_body_kb} KB. Send fewer rows at once, or raise --max-body-kb."
                await problem(413, text, path=scope["path"])(scope, receive, send)
                return
            receive = _again(body, receive)
        start = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":  # an address that is no route is counted as one
                self._watch.count(getattr(scope.get("route"), "path", "other"), message["status"], time.perf_counter() - start)
            await send(message)

        await self._app(scope, receive, counted)

    async def _body(self, receive: Receive) -> bytes | None:
        """All of the body; None where it is larger than the limit, of which no more is then read."""
        chunks, size = [], 0
        while True:
            message = await receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limits.max_body_kb * 1024:
                return None
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)


def _key_of(scope: Scope) -> bytes:
    headers = Headers(scope=scope)
    return (headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")).encode()


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body in one piece, then whatever comes after it."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, *, path: str = "", param: str | None = None, code: str | None = None
) -> JSONResponse:
    """An error as JSON, in the form that those who ask this address read.

    Args:
        status: of HTTP.
        detail: what was received, what is legal, what to do.
        headers: of the answer.
        path: of the request.
        param: OpenAI's form: the field of the request.
        code: OpenAI's form: their name for it.
    """
    body: dict[str, object] = {"detail": detail}
    if path.startswith(OPENAI):
        kind = "invalid_request_error" if status < 500 else "server_error"
        body = {"error": {"message": detail, "type": kind, "param": param, "code": code}}
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))

"""A text from a server as it is written."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Mapping
from typing import Any

from hanshuku.errors import RemoteError
from hanshuku.inference.base import Reply
from hanshuku.inference.remote.client import Client, library
from hanshuku.inference.remote.failures import Failure


def stream_text(client: Client, body: Mapping[str, Any]) -> Generator[str, None, Reply]:
    """Pieces of one answer, as the server sends them, and at the end the answer. It is asked once; nothing is taken from what was kept, and nothing kept.

    Args:
        client: names the server and the settings.
        body: of the request.

    Raises:
        RemoteError: the server cannot be asked, did not finish within the time of a request, broke off, or sent no stream.
    """
    client.check()
    openai = library()
    seconds, whole, finish, streamed = client.settings.timeout, "", "", False
    end = time.monotonic() + seconds
    sent = {name: value for name, value in client.without_refused(body).items() if not name.endswith("logprobs")}
    try:
        with (
            openai.OpenAI(api_key=client.model.key or "none", base_url=client.model.address, max_retries=0, timeout=seconds) as server,
            server.chat.completions.create(**sent, stream=True) as events,
            _closed_at(end, events),
        ):
            for event in events:
                if not event.choices:
                    continue
                streamed = True
                finish = event.choices[0].finish_reason or finish
                if piece := event.choices[0].delta.content:
                    whole += piece
                    yield piece
    except Exception as error:  # noqa: BLE001 - the client's own, its transport's, or of what was closed or is no JSON
        failure = client.failure(TimeoutError() if time.monotonic() >= end else error, seconds, body)
        raise _error(client, failure, whole) from None
    if time.monotonic() >= end and not finish:
        raise _error(client, client.failure(TimeoutError(), seconds, body), whole)
    if not streamed:  # what is no stream of events is read by the client as one without any
        raise _error(client, Failure("answered with what is no stream of a chat completion", hint=" Call the function instead of streaming it."), whole)
    if not finish:  # servers say why an answer ends; half of one must not pass for the whole
        raise _error(client, Failure("broke off before the end of the answer"), whole)
    return Reply(whole.strip(), is_whole=finish != "length")


class _closed_at:  # noqa: N801 - used as a context
    """Close a stream when its time is up: a server that sends nothing but signs of life would hold it for ever."""

    def __init__(self, end: float, events: Any) -> None:
        self._timer = threading.Timer(max(end - time.monotonic(), 0), events.response.close)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _error(client: Client, failure: Failure, written: str) -> RemoteError:
    come = f", {len(written)} characters of the answer had come" if written else ""
    return RemoteError(f"{client.model.address} {failure.what.rstrip('.')}{come}.{failure.hint}")

"""A text from a server as it is written."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any

from hanshuku.errors import RemoteError
from hanshuku.inference.base import Reply
from hanshuku.inference.remote.client import Client, library
from hanshuku.inference.remote.failures import of_status


def stream_text(client: Client, body: Mapping[str, Any]) -> Generator[str, None, Reply]:
    """Pieces of one answer, as the server sends them, and at the end the answer. It is asked once; nothing is taken from what was kept, and nothing kept.

    Args:
        client: names the server and the settings.
        body: of the request.

    Raises:
        RemoteError: the server cannot be asked, did not finish within the time of a request, or sent no stream.
    """
    client.check()
    openai = library()
    address, end = client.model.address, time.monotonic() + client.settings.timeout
    sent = {name: value for name, value in client.without_refused(body).items() if not name.endswith("logprobs")}
    whole, finish, streamed = "", "stop", False
    try:
        with (
            openai.OpenAI(api_key=client.model.key or "none", base_url=address, max_retries=0, timeout=client.settings.timeout) as server,
            server.chat.completions.create(**sent, stream=True) as events,
        ):
            for event in events:
                if time.monotonic() > end:
                    raise RemoteError(f"{address} did not finish within {client.settings.timeout:g} s. Raise it: timeout=SECONDS.")
                if not event.choices:
                    continue
                streamed = True
                finish = event.choices[0].finish_reason or finish
                if piece := event.choices[0].delta.content:
                    whole += piece
                    yield piece
    except openai.APIStatusError as error:
        what = of_status(error.status_code, client.without_key(error.response.text), dict(error.response.headers), body).what
        raise RemoteError(f"{address} {what.rstrip('.')}.") from None
    except (openai.OpenAIError, ValueError) as error:
        raise RemoteError(f"{address} broke off: {client.without_key(str(error.__cause__ or error))}.") from None
    if not streamed:  # what is no stream of events is read by the client as one without any
        raise RemoteError(f"{address} answered with what is no stream of a chat completion. Call the function instead of streaming it.")
    return Reply(whole.strip(), is_whole=finish != "length")

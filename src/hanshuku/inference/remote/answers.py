"""Answer: what a server wrote, and how a response is read as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hanshuku.inference.remote.failures import Failure

Alternatives = tuple[tuple[str, float], ...]  # token texts with their log-probabilities


@dataclass(frozen=True)
class Answer:
    """One answer of a server.

    Attributes:
        text: what it wrote.
        finish: why it ended: "stop", "length", "content_filter" ...
        tokens: (text, log-probability, the likeliest alternatives) of each token; () where the server does not say.
        tokens_in: tokens that were sent; None: not told.
        tokens_out: tokens that were written; None: not told.
        left_out: settings that the server refused and that it was asked without.
    """

    text: str
    finish: str = "stop"
    tokens: tuple[tuple[str, float, Alternatives], ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    left_out: tuple[str, ...] = ()


def read_answer(text: str) -> Answer:
    """The answer in the body of a response.

    Raises:
        Failure: it is no chat completion.
    """
    try:
        data = json.loads(text)
        choice = data["choices"][0]
        message = choice["message"]
        listed = (choice.get("logprobs") or {}).get("content") or ()
        tokens = tuple((str(t["token"]), float(t["logprob"]), _alternatives(t)) for t in listed)
        usage = data.get("usage") or {}
        sent, written = ((int(usage[name]) if usage.get(name) is not None else None) for name in ("prompt_tokens", "completion_tokens"))
        return Answer("" + (message.get("content") or ""), str(choice.get("finish_reason") or "stop"), tokens, sent, written)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        shown = " ".join(text[:200].split())
        raise Failure(f"answered with what is no chat completion: {repr(shown) if shown else 'nothing at all'}", passes=True) from None


def _alternatives(token: Any) -> Alternatives:
    return tuple((str(other["token"]), float(other["logprob"])) for other in token.get("top_logprobs") or ())

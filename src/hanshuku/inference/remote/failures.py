"""What can go wrong with a server, sorted: what passes by itself, what is wrong with one request, and what ends everything."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})  # statuses after which the same request may succeed
OPTIONAL = {  # settings that a server may refuse -> fields of the body that then go
    "logprobs": ("logprobs", "top_logprobs"), "response_format": ("response_format",), "seed": ("seed",), "temperature": ("temperature",),
    "top_p": ("top_p",), "stop": ("stop",),
}  # fmt: skip
RENAMED = "max_completion_tokens"  # what newer models of OpenAI call max_tokens
LONG = ("context length", "context window", "context size", "maximum context", "context_length", "too long", "too many tokens", "exceeds the available context")


@dataclass(eq=False)
class Failure(Exception):
    """A try that failed; it never leaves this package.

    Attributes:
        what: what happened, in words, without the address.
        passes: whether it is worth trying again.
        wait: seconds that the server asks to wait; None: it does not say.
        ends: whether every other request would fail alike.
        absent: whether there is no such model there.
        busy: whether it gets too many requests, and would answer this one at another time.
        hint: a sentence on what to do.
        refused: a setting of OPTIONAL, or RENAMED, without which the server may answer.
    """

    what: str
    passes: bool = False
    wait: float | None = None
    ends: bool = False
    refused: str = ""
    absent: bool = False
    busy: bool = False
    hint: str = ""


def of_status(status: int, text: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Failure:
    """The failure that an HTTP status stands for.

    Args:
        status: of the answer, 400 or more.
        text: the answer's body.
        headers: of the answer; names in lower case.
        body: of the request.
    """
    said = message_in(text)
    wait = _wait(headers)
    if status in {401, 403}:
        return Failure(f"refuses the key ({status}): {said}", ends=True)
    if status == 404:
        return Failure(f"has no model {body['model']!r}, or no chat completions at this address (404): {said}", ends=True, absent=True)
    if status == 429 and "insufficient_quota" in text:
        return Failure(f"has no quota left for this key (429): {said}", ends=True)
    if status in PASSING:
        more = " as it gets too many requests" if status == 429 else ""
        return Failure(f"does not answer{more} ({status}): {said}", passes=True, wait=wait, ends=status == 429, busy=status == 429)
    if any(words in said.lower() for words in LONG) and not any(f"'{name}'" in said for name in body):
        return Failure(f"reads no prompt that long ({status}): {said.rstrip('.')}. Shorten the text, the instruction or the demonstrations")
    return Failure(f"refuses the request ({status}): {said}", refused=_refused(said, text, body))


def _refused(said: str, text: str, body: Mapping[str, Any]) -> str:
    """The setting of the request that a refusal speaks of; "" where it names none that can be left out."""
    if RENAMED in said and "max_tokens" in body:
        return RENAMED
    try:
        error = json.loads(text).get("error")
        stated = str(error.get("param") or "") if isinstance(error, dict) else ""
    except (ValueError, AttributeError):
        stated = ""
    for name, parts in OPTIONAL.items():
        if any(part in body and (part == stated or re.search(rf"\b{part}\b", said)) for part in parts):
            return name
    return ""


def message_in(text: str) -> str:
    """What a server says of an error, in one line of at most 300 letters: JSON of OpenAI's or FastAPI's form, else the text itself."""
    found: Any = text
    try:
        data = json.loads(text)
        found = data.get("error", data.get("detail", data.get("message", text))) if isinstance(data, dict) else text
        found = found.get("message", found) if isinstance(found, dict) else found
    except ValueError:
        pass
    line = " ".join(str(found).split())
    return (line[:297] + "..." if len(line) > 300 else line) or "it says no more"


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for: a number, or a date (RFC 9110, section 10.2.3)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        stated = headers.get(name, "").strip()
        try:
            return max(0.0, float(stated) / unit)
        except ValueError:
            pass
        if stated:
            try:
                return max(0.0, email.utils.parsedate_to_datetime(stated).timestamp() - time.time())
            except ValueError:
                continue
    return None

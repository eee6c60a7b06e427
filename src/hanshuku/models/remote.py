"""Models that a server holds: how they are named, and where and with what key they are asked.

The server speaks the chat completions of OpenAI, as vLLM, Ollama and llama.cpp do:
https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from hanshuku.errors import ModelError, RemoteError

PREFIX = "openai:"
OFFICIAL = "https://api.openai.com/v1"
KEY, ADDRESS = "OPENAI_API_KEY", "OPENAI_BASE_URL"  # environment variables
FORMS = "openai:MODEL (the server of OPENAI_BASE_URL) or http://HOST:PORT/v1#MODEL"


@dataclass(frozen=True)
class RemoteModel:
    """A model on a server.

    Attributes:
        name: as the user wrote it.
        model: what the server calls it.
        stated: the address that the name holds; "": that of the environment.
    """

    name: str
    model: str
    stated: str = ""

    @property
    def address(self) -> str:
        """The address of the server, without a slash at its end.

        Raises:
            RemoteError: OPENAI_BASE_URL holds none.
        """
        found = (self.stated or os.environ.get(ADDRESS, "").strip() or OFFICIAL).rstrip("/")
        if not self.stated and _fault(found):
            raise RemoteError(f"{ADDRESS} must be an address such as http://localhost:8000/v1: {_fault(found)}.")
        return found

    @property
    def key(self) -> str:
        """The key for this server, from OPENAI_API_KEY; "" where there is none.

        A key belongs to the server of OPENAI_BASE_URL (without it: to OpenAI's). A name that holds another address, perhaps in a function
        that somebody else saved, does not get it.
        """
        theirs = os.environ.get(ADDRESS, "").strip() or OFFICIAL
        return os.environ.get(KEY, "").strip() if _origin(self.address) == _origin(theirs) else ""

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.address).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def is_remote(name: str) -> bool:
    """Whether a model's name is that of one on a server."""
    return name.startswith((PREFIX, "http://", "https://"))


def parse_remote(name: str) -> RemoteModel:
    """The model that a name such as openai:MODEL or http://HOST:PORT/v1#MODEL stands for.

    Raises:
        ModelError: it names no model, or its address holds what would be written down with it, such as a password.
    """
    if name.startswith(PREFIX):
        model, stated = name[len(PREFIX) :].strip(), ""
    else:
        stated, _, model = name.partition("#")
        if fault := _fault(stated):
            raise ModelError(f"A model on a server is named {FORMS}. {fault}.")
    if not model or any(letter.isspace() or not letter.isprintable() for letter in model):
        raise ModelError(f"A model on a server is named {FORMS}. Received: {name!r}, which names no model.")
    return RemoteModel(name, model, stated)


def _fault(address: str) -> str:
    """What is wrong with an address; "" where nothing is. What could be a password is not repeated."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        return f"The address cannot be read ({error})"
    if parts.username or parts.password or parts.query:
        return f"An address holds no user, password or query, as it is saved with the function: give a key in {KEY}"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return f"Received the address {address!r}"
    return ""


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

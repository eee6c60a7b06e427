"""RemoteSettings: how a server is asked, apart from what it is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hanshuku.errors import ConfigError, UnknownName

CACHE_SWITCH = "HANSHUKU_REMOTE_CACHE"  # environment variable: 0 keeps no answers, whatever a function says


@dataclass(frozen=True)
class RemoteSettings:
    """How a server is asked; plain data, saved with the function. Never a key."""

    concurrency: int = 8  # requests under way at once, 1..256
    timeout: float = 120.0  # seconds for one request, from its start to its whole answer
    retries: int = 5  # further tries of a request that failed for a while, 0..50
    deadline: float = 3600.0  # seconds for all rows that are given at once, waiting included
    cache: bool = True  # answers are kept on this machine and not paid for twice
    logprobs: bool = True  # ask for probabilities, from which confidence comes, where the server gives them
    price_in: float = 0.0  # of a million tokens that are sent, in any currency; 0: not counted
    price_out: float = 0.0  # of a million tokens that are written

    def __post_init__(self) -> None:
        ranges = {"concurrency": (1, 256, True), "timeout": (0.01, 86_400, False), "retries": (0, 50, True), "deadline": (0.01, 1e9, False),
                  "price_in": (0, 1e9, False), "price_out": (0, 1e9, False)}  # fmt: skip
        for name, (low, high, whole) in ranges.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not low <= value <= high:
                raise ConfigError(f"{name} is a {'whole ' if whole else ''}number from {low:g} to {high:g}. Received: {value!r}.")
        for name in ("cache", "logprobs"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is true or false. Received: {getattr(self, name)!r}.")

    @property
    def keeps(self) -> bool:
        """Whether answers are kept, here and now."""
        return self.cache and os.environ.get(CACHE_SWITCH, "").strip().lower() not in {"0", "false", "no", "off"}

    @classmethod
    def parse(cls, stated: str | Mapping[str, Any]) -> RemoteSettings:
        """Settings from "timeout=30,price_in=0.15", or from a mapping.

        Raises:
            UnknownName: no setting has that name.
            ConfigError: a value is outside its range, or the text is not name=value.
        """
        given = stated if isinstance(stated, Mapping) else dict(map(_pair, filter(str.strip, stated.split(","))))
        names = {f.name for f in fields(cls)}
        for name in given:
            if name not in names:
                raise UnknownName("setting of a remote model", name, names)
        return cls(**given)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise ConfigError(f"Settings of a remote model are name=value with commas between, as in timeout=30,retries=2. Received: {text.strip()!r}.")
    if value.lower() in {"true", "false"}:
        return name, value.lower() == "true"
    try:
        return name, int(value)
    except ValueError:
        try:
            return name, float(value)
        except ValueError:
            return name, value

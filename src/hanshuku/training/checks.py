"""Checks that settings share; each error says what is legal."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from hanshuku.errors import ConfigError


def check_choice(name: str, value: Any, legal: Iterable[str]) -> None:
    """
    Raises:
        ConfigError: value is not one of the legal words; the nearest is offered.
    """
    words = list(legal)
    if value not in words:
        near = get_close_matches(str(value), words, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{name} is one of {', '.join(words)}. Received: {value!r}.{hint}")


def check_range(name: str, value: Any, low: float, high: float, *, whole: bool = False) -> None:
    """
    Raises:
        ConfigError: value is no number (no whole number, where one is due) from low to high.
    """
    is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ConfigError(f"{name} is a {'whole ' if whole else ''}number from {low:g} to {high:g}. Received: {value!r}.")

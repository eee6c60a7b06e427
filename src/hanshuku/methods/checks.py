"""Checks that every method's settings share; each error says what is legal."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError


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


def check_length(max_length: Any) -> None:
    """
    Raises:
        ConfigError: max_length is neither 0 nor a whole number of at least 8 tokens.
    """
    check_range("max_length", max_length, 0, 1_000_000, whole=True)
    if 0 < max_length < 8:
        raise ConfigError(f"max_length is 0 or at least 8 tokens. Received: {max_length}.")


def check_labelled(method: str, train: Encoded | None) -> Encoded:
    """The rows, if there are any with targets.

    Raises:
        DataError: fewer than 2 labelled rows.
    """
    if train is None or train.targets is None or len(train) < 2:
        received = "no labelled row" if train is None or train.targets is None else f"{len(train)} labelled rows"
        raise DataError(f"{method} learns from at least 2 labelled rows. Received: {received}.")
    return train

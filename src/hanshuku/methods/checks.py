"""Checks that every method's settings share; each error says what is legal."""

from __future__ import annotations

from typing import Any

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError
from hanshuku.training.checks import check_choice, check_range

__all__ = ["check_choice", "check_labelled", "check_length", "check_range"]


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

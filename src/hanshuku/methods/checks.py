"""Checks that every method's settings share; each error says what is legal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError
from hanshuku.training.checks import check_choice, check_range

__all__ = ["check_choice", "check_labelled", "check_length", "check_range", "check_training"]


def check_length(max_length: Any) -> None:
    """
    Raises:
        ConfigError: max_length is neither 0 nor a whole number of at least 8 tokens.
    """
    check_range("max_length", max_length, 0, 1_000_000, whole=True)
    if 0 < max_length < 8:
        raise ConfigError(f"max_length is 0 or at least 8 tokens. Received: {max_length}.")


def check_training(method: Any, tunings: Sequence[str]) -> None:
    """What every method that trains a network is set by: tuning, size, epochs, batch_size, learning_rate, max_length, precision, and what it has
    of warmup, weight_decay, dropout and patience.

    Raises:
        ConfigError: one is outside its range.
    """
    check_choice("tuning", method.tuning, tunings)
    check_choice("precision", method.precision, ("auto", "bf16", "fp32"))
    check_range("size", method.size, 0, 4096, whole=True)
    check_range("epochs", method.epochs, 0, 10_000)
    check_range("batch_size", method.batch_size, 0 if hasattr(method, "planned_batch") else 1, 4096, whole=True)
    if method.learning_rate is not None:
        check_range("learning_rate", method.learning_rate, 1e-9, 10)
    for name in ("warmup", "weight_decay", "dropout"):
        check_range(name, getattr(method, name, 0), 0, 0.999)
    check_length(method.max_length)
    check_range("patience", getattr(method, "patience", 0), 0, 10_000, whole=True)


def check_labelled(method: str, train: Encoded | None) -> Encoded:
    """The rows, if there are any with targets.

    Raises:
        DataError: fewer than 2 labelled rows.
    """
    if train is None or train.targets is None or len(train) < 2:
        received = "no labelled row" if train is None or train.targets is None else f"{len(train)} labelled rows"
        raise DataError(f"{method} learns from at least 2 labelled rows. Received: {received}.")
    return train

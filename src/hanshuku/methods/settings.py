"""Settings as text: `field=value`, and "name@model:field=value" for a method with its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hanshuku.errors import ConfigError


def pairs(texts: Iterable[str], example: str) -> dict[str, str]:
    """``["a=b", ...]`` as a dict.

    Args:
        texts: the items.
        example: shown in the message where one is wrong.

    Raises:
        ConfigError: an item has no name or no equals sign.
    """
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"name=value is due, as in {example}. Received: {text!r}.")
        found[key.strip()] = value.strip()
    return found


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Method settings from ``["field=value", ...]``: numbers, true, false, none and text are told apart.

    Raises:
        ConfigError: one is not field=value.
    """
    return {key: parse_value(value) for key, value in pairs(texts, "--set epochs=5").items()}


def parse_value(text: str) -> Any:
    """A number, a boolean, None or the text itself."""
    plain = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in plain:
        return plain[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def parse_method(text: str) -> tuple[str, str | None, dict[str, Any]]:
    """Name, model and settings from "name@model:field=value:field=value".

    Raises:
        ConfigError: a setting is not field=value.
    """
    head, *settings = text.strip().split(":")
    name, _, model = head.partition("@")
    return name, model or None, parse_settings(settings)

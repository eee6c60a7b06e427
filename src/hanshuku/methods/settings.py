"""Settings as text: `field=value`, `field=@file`, and "name@model:field=value" for a method with its settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hanshuku.errors import ConfigError

# Said otherwise than by a setting: what learning takes beside the method's own fields.
BESIDE = frozenset({"model", "method", "task", "examples", "corpus", "out", "budget", "validation", "unlabelled", "earlier", "seed", "folder", "track", "report", "accept_licence", "source"})


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
        ConfigError: one is not field=value, or is an option of its own.
    """
    found = pairs(texts, "--set epochs=5")
    for key in found:
        if key in BESIDE:
            raise ConfigError(f"{key!r} is no setting of a method. On the command line it is an option of its own where the command takes it, such as --seed 1. Received: --set {key}=...")
    return {key: parse_value(value) for key, value in found.items()}


def parse_value(text: str) -> Any:
    """A number, a boolean, None or the text itself; @FILE stands for the text in a file, @@ for an @ of its own.

    Raises:
        ConfigError: the file cannot be read.
    """
    if text.startswith("@"):
        return text[1:] if text.startswith("@@") else _file_text(text[1:])
    plain = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in plain:
        return plain[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _file_text(path: str) -> str:
    """The text of a file without the line break at its end."""
    try:
        return Path(path).read_text(encoding="utf-8-sig").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ConfigError(f"@{path} stands for the text in that file, which cannot be read: {why}. Write @@ for an @ of its own.") from error


def parse_method(text: str) -> tuple[str, str | None, dict[str, Any]]:
    """Name, model and settings from "name@model:field=value:field=value". A model's name may hold colons, as openai:MODEL does.

    Raises:
        ConfigError: a setting is not field=value.
    """
    head, *settings = re.split(r":(?=\s*\w+\s*=)", text.strip())
    name, _, model = head.partition("@")
    name, *others = name.split(":")
    settings = [*others, *settings]
    return name, model or None, parse_settings(settings)

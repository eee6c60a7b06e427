"""script: simplified Chinese in traditional characters, or the other way round (OpenCC)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import words_of
from hanshuku.data.language import script_of
from hanshuku.errors import MissingExtra


@cache
def converter(way: str) -> Any:
    """OpenCC's converter: "s2tw" to traditional characters as Taiwan writes them, "t2s" to simplified ones.

    Raises:
        MissingExtra: opencc is not installed.
    """
    try:
        import opencc
    except ImportError as error:
        raise MissingExtra("opencc", "augment", "Traditional and simplified Chinese") from error
    return opencc.OpenCC(way)


def script(text: str, rng: Random) -> Iterator[Edit]:
    """Every character in the other script; which one a character becomes depends on its word (头发 頭髮, 发展 發展)."""
    convert = converter("t2s" if script_of(text) == "zh-Hant" else "s2tw").convert
    new = convert(text)
    if len(new) == len(text):
        yield from (Edit(i, i + 1, other) for i, (own, other) in enumerate(zip(text, new, strict=True)) if own != other)
    else:  # a word that has more characters there; word by word its place is still known
        yield from (Edit(word.start, word.end, convert(word.text)) for word in words_of(text) if word.is_han)


def check() -> None:
    """Raises MissingExtra where opencc is not installed."""
    converter("s2tw")

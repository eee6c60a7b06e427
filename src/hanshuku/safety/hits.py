"""A word of a group in a text, and how another word is written in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)
_VOWEL = re.compile(r"(?!uni|eu|one\b|use|ute)[aeiou]|8|11\b|18\b|hour|honest|heir", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """A word of a group: text[start:end]."""

    start: int
    end: int
    slot: str  # which words may stand in its place: those of the same slot of another group
    group: str
    place: int  # of the word in its slot's list


def as_written(word: str, like: str) -> str:
    """A word in the case of the one that it replaces: all small, all capitals, or a capital at the front."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    if like == like.lower():
        return word.lower()
    return word[:1].upper() + word[1:]


def replaced(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with these stretches replaced; "a" and "an" before them are kept right.

    Args:
        text: any.
        edits: (start, end, new), none over another.
    """
    for start, end, new in sorted(edits, reverse=True):
        before, article = text[:start], _ARTICLE.search(text[:start])
        if article and new[:1].isascii():
            right = as_written("an" if _VOWEL.match(new) else "a", article[1] if len(article[1]) > 1 or not article[1].isupper() else "An")
            before = text[: article.start(1)] + right + article[2]
        text = before + new + text[end:]
    return text

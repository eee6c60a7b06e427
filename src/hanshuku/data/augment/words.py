"""Words of a text in English and Chinese, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from hanshuku.data.language import HAN
from hanshuku.errors import MissingExtra

_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+|[A-Za-z0-9\u00c0-\u024f]+(?:['’][A-Za-z]+|[.,:]\d+)*")


@dataclass(frozen=True)
class Word:
    """A word of a text: text[start:end]."""

    text: str
    start: int
    end: int
    tag: str = ""  # Chinese: its part of speech as jieba names it ("n", "v", "a" ...)

    @property
    def is_han(self) -> bool:
        """Whether it is written in Chinese characters."""
        return HAN.match(self.text) is not None

    @property
    def is_latin(self) -> bool:
        """Whether it is written in letters."""
        return not self.is_han and not any(map(str.isdigit, self.text))


def words_of(text: str) -> list[Word]:
    """Words and numbers in their order; runs of Chinese are cut into words by jieba's dictionary (rjieba).

    Raises:
        MissingExtra: there is Chinese in the text and rjieba is not installed.
    """
    found: list[Word] = []
    for match in _RUN.finditer(text):
        if not HAN.match(match[0]):
            found.append(Word(match[0], match.start(), match.end()))
            continue
        at = match.start()
        for word, tag in segmenter().tag(match[0]):
            found.append(Word(word, at, at + len(word), tag))
            at += len(word)
    return found


def count_words(text: str) -> int:
    """How many words a text has."""
    return len(words_of(text))


def latin_words(text: str) -> list[Word]:
    """The words of a text that are written in letters alone."""
    return [word for match in _RUN.finditer(text) if (word := Word(match[0], match.start(), match.end())).is_latin]


def han_places(text: str) -> list[int]:
    """Where Chinese characters stand in a text."""
    return [match.start() for match in HAN.finditer(text)]


@cache
def segmenter() -> Any:
    """The segmenter of rjieba (jieba's algorithm and dictionary in Rust: 4 MB on disk, 60 MB in memory, ready in 0.2 s).

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import rjieba
    except ImportError as error:
        raise MissingExtra("rjieba", "augment", "Cutting Chinese into words") from error
    return rjieba


def shuffled(items: list[Any], rng: Random) -> list[Any]:
    """The items in an order drawn by the Random."""
    order = list(items)
    rng.shuffle(order)
    return order

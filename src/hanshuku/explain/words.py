"""The words of a row with their places to the character: what an explanation gives weights to, and what is left out to see what it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hanshuku.data.augment.words import segmenter
from hanshuku.data.language import HAN
from hanshuku.errors import MissingExtra
from hanshuku.tasks.tag import WIDE

MOST = 200  # words a row; of a longer one neighbours go together, so that any text costs about the same
_JOINED = "\u200d"  # makes one sign of several: 👩‍💻
_LOOKS = "\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff"  # how the sign before is drawn: colour, skin, key


@dataclass(frozen=True)
class Word:
    """A word of a row: ``row[part][start:end]``."""

    part: int  # which of the task's inputs, from 0
    start: int  # first character
    end: int  # the character behind the last
    text: str


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """A run of Han; a word with what an apostrophe or hyphen joins to it; a number; a sign, repeated or joined; any other wide character."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE00) if unicodedata.category(chr(code)).startswith("M"))
    inside = rf"(?:(?![{WIDE}])[^\W_]|[{marks}])"
    word = rf"(?:(?<!\S)['’](?=(?:s|t|d|m|re|ve|ll|em)(?!\w)))?(?![{WIDE}])[^\W\d_]{inside}*(?:['’\-](?=[^\W\d_]){inside}+)*"
    sign = rf"[^\s\w{_JOINED}][{_LOOKS}]*"
    return re.compile(
        rf"(?P<han>(?:{HAN.pattern})+)|{word}|\d+(?:[.,:]\d+)*(?:%|[{_LOOKS}]+)?|[\U0001f1e6-\U0001f1ff]{{2}}|[:;=][-'^]?[()\[\]DPp|/]"
        rf"|{sign}(?:{_JOINED}{sign})+|([^\s\w])\2+|{sign}|\S[{marks}]*"
    )


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, as (first character, character behind the last); together they are all that is no blank.

    Chinese is cut into words by jieba's dictionary where rjieba is installed, else into characters.
    """
    found = []
    for match in _pattern().finditer(text):
        found += _han_spans(match[0], match.start()) if match["han"] else [match.span()]
    return found


def _han_spans(run: str, start: int) -> list[tuple[int, int]]:
    try:
        words = [word for word, _ in segmenter().tag(run)]
    except MissingExtra:
        words = list(run)
    ends = np.cumsum([len(word) for word in words])
    return [(start + int(end) - len(word), start + int(end)) for word, end in zip(words, ends, strict=True)]


def words_of_row(row: Sequence[str], *, parts: Sequence[int] | None = None, most: int = MOST) -> tuple[Word, ...]:
    """The words of a row in their order; where there are more than `most`, neighbours of one text are taken together.

    Args:
        row: one text per input.
        parts: the inputs whose words are wanted; None: all.
        most: at least 1 a part.
    """
    spans = [(part, *span) for part in (range(len(row)) if parts is None else parts) for span in spans_of(row[part])]
    size = -(-len(spans) // most)
    if size > 1:
        spans = [group for part in range(len(row)) for group in _grouped([span for span in spans if span[0] == part], size)]
    return tuple(Word(part, start, end, row[part][start:end]) for part, start, end in spans)


def _grouped(spans: list[tuple[int, int, int]], size: int) -> list[tuple[int, int, int]]:
    return [(group[0][0], group[0][1], group[-1][2]) for group in (spans[i : i + size] for i in range(0, len(spans), size))]


def cuts_of(row: Sequence[str], words: Sequence[Word]) -> list[tuple[int, int]]:
    """What goes with each word when it is left out: its characters, and the blanks behind it where there is one before it or nothing."""
    found = []
    for word in words:
        text, end = row[word.part], word.end
        if word.start == 0 or text[word.start - 1].isspace():
            while end < len(text) and text[end].isspace():
                end += 1
        found.append((word.start, end))
    return found


@dataclass(frozen=True)
class Cutter:
    """Rows made from one row by leaving words out.

    Attributes:
        row: the whole row.
        words: its words.
        cuts: see `cuts_of`.
    """

    row: tuple[str, ...]
    words: tuple[Word, ...]
    cuts: list[tuple[int, int]]

    @classmethod
    def of(cls, row: Sequence[str], words: Sequence[Word]) -> Cutter:
        """For these words of a row."""
        return cls(tuple(row), tuple(words), cuts_of(row, words))

    def variant(self, kept: np.ndarray) -> tuple[str, ...]:
        """The row with those words alone for which (W,) `kept` is true, and with what is no word."""
        texts: list[list[str]] = [[] for _ in self.row]
        done = [0] * len(self.row)
        for word, (start, end), stays in zip(self.words, self.cuts, kept.tolist(), strict=True):
            if not stays:
                texts[word.part].append(self.row[word.part][done[word.part] : start])
                done[word.part] = end
        return tuple("".join([*pieces, text[at:]]) for pieces, text, at in zip(texts, self.row, done, strict=True))

    def moved(self, part: int, place: int, kept: np.ndarray) -> int:
        """Where the character at `place` of an input stands in the variant; of one that is left out, where it would stand."""
        gone = [cut for word, cut, stays in zip(self.words, self.cuts, kept.tolist(), strict=True) if not stays and word.part == part]
        return place - sum(max(0, min(end, place) - start) for start, end in gone)

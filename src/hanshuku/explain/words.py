"""The words of a row with their places to the character: what an explanation gives weights to, and what is left out to see what it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from hanshuku.data.augment.words import segmenter
from hanshuku.data.language import HAN
from hanshuku.errors import MissingExtra
from hanshuku.tasks.tag import WIDE

MOST = 200  # words a row that have weights, so that any text costs about the same
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


def words_of_row(row: Sequence[str], *, most: int = MOST) -> tuple[Word, ...]:
    """The words of a row in their order. Of a text with too many the first half stands alone, as a model that cuts long texts reads the
    beginning, and of the rest neighbours are taken together.

    Args:
        row: one text per input.
        most: words of the row; each input has an equal part, and what a short one leaves goes to the others.
    """
    spans = [spans_of(text) for text in row]
    left, room = most, [0] * len(row)
    for number, part in enumerate(sorted(range(len(row)), key=lambda part: len(spans[part]))):
        room[part] = min(len(spans[part]), max(2, left // (len(row) - number)))
        left -= room[part]
    kept = ((part, *span) for part, own in enumerate(spans) for span in _grouped(own, room[part]))
    return tuple(Word(part, start, end, row[part][start:end]) for part, start, end in kept)


def _grouped(spans: list[tuple[int, int]], room: int) -> list[tuple[int, int]]:
    if len(spans) <= room:
        return spans
    first, rest = spans[: room // 2], spans[room // 2 :]
    edges = np.linspace(0, len(rest), room - room // 2 + 1).astype(int).tolist()
    return [*first, *((rest[a][0], rest[b - 1][1]) for a, b in pairwise(edges))]


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

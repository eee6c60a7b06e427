"""Folded: a text as rules read it, where full-width digits, zero-width characters and look-alikes no longer hide anything.

Unicode Technical Standard 39 (https://www.unicode.org/reports/tr39/) is the idea; the table of look-alikes is ours and small.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_ALIKE = dict(zip("АВЕЅЗІЈКМНОРСТУХавеѕіјкморстухһԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυχιϲ", "ABES3IJKMHOPCTYXabesijkmopctyxhdgABEZHIKMNOPTYXavopuxic", strict=True))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe58\ufe63\uff0d\u30fc"
_STEADY = re.compile(r"[\u4e00-\u9fff，。！？、；：“”‘’（）《》…·]*")  # what stays as it is, mostly
_KEPT = {"，": ",", "。": "。", "：": ":", "；": ";", "（": "(", "）": ")", "！": "!", "？": "?"}
_HAN_DIGITS = dict(zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_HAN_RUN = re.compile(rf"[{''.join(_HAN_DIGITS)}](?:[ -]?[{''.join(_HAN_DIGITS)}]){{6,30}}")
_MIXED_RUN = re.compile(r"(?<![A-Za-z0-9])\+?[0-9OoIl](?:[ -]?[0-9OoIl]){7,22}(?![A-Za-z0-9])")
_LETTERS = str.maketrans("OoIl", "0011")
_LEAST_DIGITS = 3  # of a run in which letters are read as digits


@dataclass(frozen=True)
class Folded:
    """A text and where its characters come from.

    Attributes:
        text: what rules read: NFKC, no invisible characters, Latin letters for their look-alikes, ASCII digits, dashes and blanks.
        places: for each character of `text` its place in the original, and behind the last one the original's length; None: the same.
    """

    text: str
    places: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the original."""
        return (start, end) if self.places is None else (self.places[start], self.places[end - 1] + 1)


def fold(text: str) -> Folded:
    """The text as rules read it. Linear in its length."""
    changed: dict[str, str] = {} if text.isascii() else {char: new for char in set(text) if (new := _folded(char)) != char}
    if all(len(new) == 1 for new in changed.values()):
        return Folded(_digits(text.translate({ord(char): new for char, new in changed.items()}) if changed else text))
    parts: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for new in changed.get(char, char):
            parts.append(new)
            places.append(place)
    return Folded(_digits("".join(parts)), (*places, len(text)))


@lru_cache(maxsize=10_000)
def _folded(char: str) -> str:
    if char in _KEPT:
        return _KEPT[char]
    if _STEADY.fullmatch(char):
        return char
    if char in _DASHES:
        return "-"
    kind = unicodedata.category(char)
    if kind in {"Cf", "Mn", "Me"}:  # zero-width characters, soft hyphens, marks that are put on other characters
        return ""
    if kind == "Zs":
        return " "
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    return "".join(_ALIKE.get(part, part) for part in unicodedata.normalize("NFKC", char))


def _digits(text: str) -> str:
    """Numbers that are written in Chinese, and letters within numbers that stand for digits, as digits; the length stays."""
    text = _HAN_RUN.sub(lambda run: "".join(_HAN_DIGITS.get(char, char) for char in run[0]), text) if not text.isascii() else text
    return _MIXED_RUN.sub(_as_digits, text)


def _as_digits(run: re.Match[str]) -> str:
    return run[0].translate(_LETTERS) if sum(map(str.isdigit, run[0])) >= _LEAST_DIGITS else run[0]


Near = Callable[[str, int, int], bool]  # whether a folded text speaks of something beside text[start:end]


def near(words: str, *, before: int = 32, after: int = 0) -> Near:
    """A test whether a pattern stands close to a stretch: at most so many characters before or behind it."""
    pattern = re.compile(words, re.IGNORECASE)

    def found(text: str, start: int, end: int) -> bool:
        return bool(pattern.search(text[max(0, start - before) : start]) or (after and pattern.search(text[end : end + after])))

    return found

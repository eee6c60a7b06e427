"""width: full-width and half-width forms of letters, digits and punctuation, which Chinese keyboards mix."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.language import HAN

SHIFT = 0xFEE0  # from "!" to its full-width form
MARKS = {"，": ",", "。": ".", "！": "!", "？": "?", "：": ":", "；": ";", "（": "(", "）": ")"}  # what is typed for one another beside Chinese
OTHER = MARKS | {half: mark for mark, half in MARKS.items()}


def width(text: str, rng: Random) -> Iterator[Edit]:
    """All letters and digits, or all punctuation, of a text with Chinese in the other width."""
    if not HAN.search(text):
        return
    signs = [(i, _other(character)) for i, character in enumerate(text) if character.isalnum() and _other(character)]
    marks = [(i, OTHER[character]) for i, character in enumerate(text) if character in OTHER and not _in_number(text, i)]
    ways = [way for way in (signs, marks) if way]
    if ways:
        for place, new in rng.choice(ways):
            yield Edit(place, place + 1, new)


def _other(character: str) -> str:
    """The other width of a letter or digit; "" where there is none."""
    code = ord(character)
    return chr(code + SHIFT) if 0x21 <= code <= 0x7E else chr(code - SHIFT) if 0xFF01 <= code <= 0xFF5E else ""


def _in_number(text: str, place: int) -> bool:
    """Whether a mark stands within a number or a name in letters: 3.5, 10:30, www.example.com."""
    return text[place - 1 : place].isascii() and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isascii() and text[place + 1 : place + 2].isalnum() if place else False

"""homophones: Chinese characters that sound the same, as the keyboards that take pinyin confuse them (pypinyin)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import segmenter, shuffled
from hanshuku.data.language import HAN
from hanshuku.errors import MissingExtra

OTHER_TONE = 0.2  # share of the slips that miss the tone too: keyboards do not ask for it


@cache
def _pinyin() -> Any:
    try:
        import pypinyin
    except ImportError as error:
        raise MissingExtra("pypinyin", "augment", "Chinese characters that sound alike") from error
    return pypinyin


@cache
def common_characters() -> tuple[str, ...]:
    """The 3,755 characters of GB 2312's first level, those of everyday texts."""
    return tuple(bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) if (row, cell) < (0xD7, 0xFA))


@cache
def _alike() -> dict[str, list[tuple[str, float]]]:
    """Sound with its tone, and without, -> the common characters that have it in the first place, each with its weight."""
    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for character in common_characters():
        sound = sounds(character)[0]
        weighed = (character, segmenter().suggest_freq(character) ** 0.75)  # rare ones are slips too
        found[sound].append(weighed)
        found[sound.rstrip("12345")].append(weighed)
    return dict(found)


def same_sound(character: str, sound: str) -> list[str]:
    """Other common characters of a sound, the commonest first; the tone counts where the sound ends in one."""
    found = sorted(_alike().get(sound, ()), key=lambda pair: -pair[1])
    return [other for other, _ in found if other != character]


def sounds(text: str) -> list[str]:
    """The pinyin of each character of a run of Chinese, with its tone behind it, as the words around it have it (银行 yin2 hang2)."""
    pinyin = _pinyin()
    return list(pinyin.lazy_pinyin(text, style=pinyin.Style.TONE3, neutral_tone_with_five=True))


def homophones(text: str, rng: Random) -> Iterator[Edit]:
    """A character becomes another common one of the same sound, frequent ones first of all."""
    places = [match.start() for match in HAN.finditer(text)]
    said = dict(zip(places, sounds("".join(text[i] for i in places)), strict=True)) if places else {}
    for place in shuffled(places, rng):
        sound = said[place] if rng.random() >= OTHER_TONE else said[place].rstrip("12345")
        others = [(character, weight) for character, weight in _alike().get(sound, ()) if character != text[place]]
        if others:
            yield Edit(place, place + 1, rng.choices([character for character, _ in others], [weight for _, weight in others])[0])


def count_han(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(HAN.findall(text))


def check() -> None:
    """Raises MissingExtra where pypinyin or rjieba is not installed."""
    _pinyin()
    segmenter()

"""noise: characters lost, doubled, turned round, or broken by a mark, in any script; as bad scans and bad copies have them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import shuffled

MARKS = "~^*_-.'`"


def noise(text: str, rng: Random) -> Iterator[Edit]:
    """A letter or a Chinese character is missed, doubled, changes places with the next one, or has a mark beside it."""
    for place in shuffled([i for i, character in enumerate(text) if character.isalpha()], rng):
        kind, character = rng.randrange(4), text[place]
        following = text[place + 1 : place + 2]
        beside = text[max(place - 1, 0) : place].isalpha() or following.isalpha()
        if kind == 0 and beside:
            yield Edit(place, place + 1, "")
        elif kind == 1:
            yield Edit(place, place + 1, character * 2)
        elif kind == 2 and following.isalpha() and following != character:
            yield Edit(place, place + 2, following + character)
        else:
            yield Edit(place, place + 1, rng.choice([character + rng.choice(MARKS), rng.choice(MARKS) + character]))


def count_letters(text: str) -> int:
    """How many letters or Chinese characters a text has."""
    return sum(map(str.isalpha, text))

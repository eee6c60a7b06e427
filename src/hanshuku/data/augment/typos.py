"""typos: slips of the finger on a keyboard with QWERTY letters."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import latin_words, shuffled

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHIFT = (0.0, 0.25, 0.75)  # how far a row begins to the right of the upper one, in keys
SHORTEST = 4  # letters of a word in which a slip does not make another one too easily


def _neighbours() -> dict[str, str]:
    """Letter -> the letters whose keys touch its own."""
    at = {letter: (x + _SHIFT[y], y) for y, row in enumerate(_ROWS) for x, letter in enumerate(row)}
    return {
        letter: "".join(sorted(other for other, (u, v) in at.items() if other != letter and abs(v - y) <= 1 and abs(u - x) <= 1.0))
        for letter, (x, y) in at.items()
    }


NEIGHBOURS = _neighbours()


def typos(text: str, rng: Random) -> Iterator[Edit]:
    """In a word of four letters or more: a neighbour's key instead (half of the times), or with it, two letters turned round, one twice, one missed."""
    for word in shuffled([word for word in latin_words(text) if word.end - word.start >= SHORTEST], rng):
        place = word.start + rng.randrange(1, len(word.text))  # the first letter is seldom wrong
        letter, beside = text[place], NEIGHBOURS.get(text[place].lower(), "")
        if not beside:
            continue
        wrong = rng.choice(beside)
        wrong = wrong.upper() if letter.isupper() else wrong
        slip = rng.random()
        if slip < 0.5:
            yield Edit(place, place + 1, wrong)
        elif slip < 0.65:
            yield Edit(place, place + 1, rng.choice([letter + wrong, wrong + letter]))
        elif slip < 0.85 and place + 1 < word.end and text[place + 1].isalpha() and text[place + 1] != letter:
            yield Edit(place, place + 2, text[place + 1] + letter)
        elif slip < 0.93:
            yield Edit(place, place + 1, letter * 2)
        else:
            yield Edit(place, place + 1, "")


def count_long_words(text: str) -> int:
    """How many words are long enough for a slip."""
    return sum(word.end - word.start >= SHORTEST for word in latin_words(text))

"""casing: the same letters large or small, as people write in haste, in anger, or under a heading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import latin_words

MANNERS: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "title": lambda word: word[:1].upper() + word[1:].lower()}


def casing(text: str, rng: Random) -> Iterator[Edit]:
    """All words in one manner that the text is not written in yet: small, LARGE, or Titled. Letters that would become two stay."""
    words = latin_words(text)
    manners = {name: [(word, write(word.text)) for word in words] for name, write in MANNERS.items()}
    open_ = [name for name, found in manners.items() if any(new != word.text for word, new in found)]
    if open_:
        for word, new in manners[rng.choice(open_)]:
            if len(new) == len(word.text):
                yield Edit(word.start, word.end, new)


def count_latin(text: str) -> int:
    """How many words a text has that are written in letters."""
    return len(latin_words(text))

"""synonyms, insert and masked: a word gives way to a near one, or gets one for company.

The first two after EDA (Wei & Zou 2019, https://arxiv.org/abs/1901.11196), with an encoder's near words where the paper has a thesaurus, and beside its word;
`masked` lets the sentence choose, as Kobayashi 2018 (https://arxiv.org/abs/1805.06201) does with a language model.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hanshuku.data.augment.eda import turns
from hanshuku.data.augment.edits import Edit, apply
from hanshuku.data.augment.near import WordSpace, word_space
from hanshuku.data.augment.words import Word, shuffled, words_of

AROUND = 60  # characters on each side of a word by which the sentence chooses
LIKE = 0.9  # likeness of the sentence with another word to the sentence as it was, below which the word does not fit
LISTED = 6  # words that a sentence chooses among
CHOICE = 2  # of the words that fit best one is drawn, the better the likelier


def synonyms(text: str, rng: Random) -> Iterator[Edit]:
    """A word becomes a near one, in the same form and the same letters, large or small."""
    for word in shuffled(open_words(text), rng):
        near = written(text, word, space_of(word).near(word.text.lower()))
        if near:
            yield Edit(word.start, word.end, drawn(near, rng))


def insert(text: str, rng: Random) -> Iterator[Edit]:
    """A word has a near one beside it, on either side (in the paper it stands anywhere, which breaks the sentence)."""
    for word in shuffled(open_words(text), rng):
        near = written(text, word, space_of(word).near(word.text.lower()))
        if near:
            blank, new = "" if word.is_han else " ", drawn(near, rng)
            is_first = rng.random() < 0.5 and not word.text[:1].isupper()
            yield Edit(word.start, word.start, new + blank) if is_first else Edit(word.end, word.end, blank + new.lower())


def masked(text: str, rng: Random) -> Iterator[Edit]:
    """A word becomes the one that changes the sentence least in the encoder's eyes, of all that come near it."""
    for word in shuffled(open_words(text), rng):
        space = space_of(word)
        near = written(text, word, space.loose(word.text.lower()))[:LISTED]
        if not near:
            continue
        start, end = max(0, word.start - AROUND), word.end + AROUND
        edits = [Edit(word.start - start, word.end - start, other) for other in near]
        like = space.likeness(text[start:end], [apply(text[start:end], [edit]) for edit in edits])
        best = [near[i] for i in sorted(range(len(near)), key=lambda i: -like[i]) if like[i] >= LIKE]
        if best:
            yield Edit(word.start, word.end, drawn(best[:CHOICE], rng))


def space_of(word: Word) -> WordSpace:
    """The word space of a word's language."""
    return word_space("zh" if word.is_han else "en")


def open_words(text: str) -> list[Word]:
    """The words that may change: none that turns the sense round, and none with a capital within a sentence, which is a name."""
    return [word for word in words_of(text) if (word.is_han or word.is_latin) and not turns(word.text) and not _is_name(text, word)]


def _is_name(text: str, word: Word) -> bool:
    """Whether a word has a capital within a sentence, or capitals alone where the text has others too."""
    if word.text.isupper():
        return not text.isupper()
    before = text[: word.start].rstrip()
    return word.text[:1].isupper() and before != "" and before[-1] not in ".!?。！？\"“:："


def written(text: str, word: Word, near: tuple[str, ...]) -> list[str]:
    """Near words in the letters of the word, large or small; behind "a" and "an" those that go with it."""
    before = text[: word.start].rstrip().rpartition(" ")[2].lower()
    if before in {"a", "an"}:
        near = tuple(other for other in near if (other[0] in "aeiou") == (before == "an"))
    own = word.text
    write = str.upper if own.isupper() and len(own) > 1 else str.capitalize if own[:1].isupper() else str
    return [write(other) for other in near]


def drawn(words: list[str], rng: Random) -> str:
    """One of the words: the first, the likest, twice as likely as the second, and so on."""
    return rng.choices(words, [0.5**i for i in range(len(words))])[0]

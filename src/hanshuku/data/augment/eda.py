"""swap and delete: word order and words at random. Wei & Zou 2019, "EDA", https://arxiv.org/abs/1901.11196

Two differences from the paper: neighbours change places, not any two words, which keeps more of the sense; and words that
turn a sentence round (not, never, 不, 没) stay where they are. `synonyms` and `insert` are in synonyms.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import Word, shuffled, words_of

# Without these a sentence says the opposite, or something else.
KEPT = frozenset(
    ["not", "no", "never", "nor", "neither", "none", "nothing", "nobody", "nowhere", "without", "cannot", "hardly", "barely", "scarcely", "but", "however", "although", "though", "unless", "except", "if", "than", "too", "less", "least", "more", "most", "few", "only"]
)
KEPT_HAN = frozenset("不没未无非别莫勿否但却除")


def turns(word: str) -> bool:
    """Whether a word may turn the sense of its sentence round."""
    return word.casefold() in KEPT or word.casefold().endswith(("n't", "n’t")) or not KEPT_HAN.isdisjoint(word)


def swap(text: str, rng: Random) -> Iterator[Edit]:
    """Two neighbouring words change places; what stands between them is a blank or nothing."""
    words = words_of(text)
    for first, second in shuffled(list(pairwise(words)), rng):
        between = text[first.end : second.start]
        if not between.strip() and not turns(first.text) and not turns(second.text) and first.text.casefold() != second.text.casefold():
            yield Edit(first.start, second.end, second.text + between + first.text)


def delete(text: str, rng: Random) -> Iterator[Edit]:
    """A word goes, with one blank beside it; of a text of one or two words nothing does."""
    words = words_of(text)
    if len(words) < 3:
        return
    for word in shuffled(words, rng):
        if not turns(word.text):
            yield _without(text, word)


def _without(text: str, word: Word) -> Edit:
    if text[word.end : word.end + 1] == " ":
        return Edit(word.start, word.end + 1, "")
    if text[word.start - 1 : word.start] == " " and word.start:
        return Edit(word.start - 1, word.end, "")
    return Edit(word.start, word.end, "")

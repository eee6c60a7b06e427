"""words: near words that keep the sense, after TextFooler (Jin et al. 2020, https://arxiv.org/abs/1907.11932) and PWWS (Ren et al. 2019,
https://aclanthology.org/P19-1103).

Candidates are the near words of an encoder's vocabulary: of the same form or part of speech, no opposites, none that blames where the word
praises; in Chinese, whose everyday words that vocabulary mostly lacks, lists of words of one sense come first. Negations, numbers, names and the words of the labels stay. The sentence around a change must stay alike to the encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from hanshuku.data.augment.near import check
from hanshuku.data.augment.synonyms import AROUND, LIKE, open_words, space_of, written
from hanshuku.data.augment.words import Word, count_words, words_of
from hanshuku.safety.attacks.base import How

CANDIDATES = 8  # near words of a word that are tried


def units(text: str) -> list[tuple[int, int]]:
    """The words that may change: open ones for which there may be another."""
    return [(word.start, word.end) for word in open_words(text) if space_of(word).may_have(word.text.lower())]


def candidates(text: str, start: int, end: int, rng: Random) -> list[str]:
    """Near words in the letters of the word, large or small."""
    word = Word(text[start:end], start, end)
    space = space_of(word)
    near = space.loose if word.is_han else space.near  # of Chinese words its vocabulary has few, so that lists of ours come first there
    return written(text, word, near(word.text.lower()))[:CANDIDATES]


def alike(text: str, news: Sequence[str], start: int, end: int) -> np.ndarray:
    """(N,) how like each new text is to the text, to the encoder's eyes, in a window around the change.

    The new texts may have other changes before this one, by which the window moves a little.
    """
    space = space_of(Word(text[start:end], start, end))
    low, high = max(0, start - AROUND), end + AROUND
    return space.likeness(text[low:high], [new[low : high + len(new) - len(text)] for new in news])


def check_words() -> None:
    """Raises MissingExtra where torch, transformers or (for Chinese) rjieba is not installed."""
    check()
    words_of("词")


WORDS = How("words become near ones", units, candidates, count_words, share=0.2, alike=alike, least=LIKE, check=check_words)

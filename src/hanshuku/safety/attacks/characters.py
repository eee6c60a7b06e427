"""characters: slips that people read over: one in a word, never its first letter; in Chinese a character that
sounds or looks the same.

After DeepWordBug (Gao et al. 2018, https://arxiv.org/abs/1801.04354), with keys that touch in place of any letter. Negations, numbers and the words
of the labels stay.
"""

from __future__ import annotations

from random import Random

from hanshuku.data.augment.eda import turns
from hanshuku.data.augment.homophones import check, same_sound, sounds
from hanshuku.data.augment.lookalikes import alike
from hanshuku.data.augment.typos import NEIGHBOURS, SHORTEST
from hanshuku.data.augment.words import count_words, latin_words, words_of
from hanshuku.data.language import HAN
from hanshuku.safety.attacks.base import How

SOUNDS, LOOKS = 3, 2  # characters of one sound, and of one look, that are tried in a place
PLACES = 2  # of a word that are tried


def units(text: str) -> list[tuple[int, int]]:
    """Words of four letters and more, and Chinese words, but none that turns the sense round."""
    found = [(word.start, word.end) for word in latin_words(text) if word.end - word.start >= SHORTEST and not turns(word.text)]
    if HAN.search(text):
        found += [(word.start, word.end) for word in words_of(text) if word.is_han and not turns(word.text)]
    return sorted(found)


def candidates(text: str, start: int, end: int, rng: Random) -> list[str]:
    """The forms of a word with one slip."""
    word = text[start:end]
    return _confused(word, rng) if HAN.match(word) else _slipped(word, rng)


def _confused(word: str, rng: Random) -> list[str]:
    """A Chinese word with one character that sounds or looks the same in place of one of its own."""
    said, found = sounds(word), []
    for place in rng.sample(range(len(word)), min(PLACES, len(word))):
        others = [*same_sound(word[place], said[place])[:SOUNDS], *alike(word[place])[:LOOKS]]
        found += [word[:place] + other + word[place + 1 :] for other in dict.fromkeys(others)]
    return found


def _slipped(word: str, rng: Random) -> list[str]:
    """A word with two letters turned round, one missed, or a neighbour's key in place of one or before it."""
    found = []
    for place in rng.sample(range(1, len(word)), min(PLACES, len(word) - 1)):
        letter, key = word[place], NEIGHBOURS.get(word[place].lower(), "")
        if place + 1 < len(word):
            found.append(word[:place] + word[place + 1] + letter + word[place + 2 :])
        found.append(word[:place] + word[place + 1 :])
        if key:
            slip = rng.choice(key)
            slip = slip.upper() if letter.isupper() else slip
            found += [word[:place] + slip + word[place + 1 :], word[:place] + slip + word[place:]]
    return list(dict.fromkeys(found))


def check_characters() -> None:
    """Raises MissingExtra where pypinyin or rjieba is not installed."""
    check()


CHARACTERS = How("slips in words, Chinese characters of the same sound or look", units, candidates, count_words, share=0.2, check=check_characters)

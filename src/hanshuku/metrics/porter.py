"""Porter's stemmer for English, as ROUGE counts words with it: "running" and "runs" are "run".

Porter 1980, https://tartarus.org/martin/PorterStemmer, with the later changes and the irregular forms of NLTK, whose stems rouge-score takes.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

IRREGULAR = {
    "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "innings": "inning", "outings": "outing", "cannings": "canning",
    **{word: word for word in ("sky", "news", "inning", "outing", "canning", "howe", "proceed", "exceed", "succeed")},
}  # fmt: skip
STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble", "entli": "ent", "eli": "e", "ousli": "ous",
    "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al",
    "iviti": "ive", "biliti": "ble", "fulli": "ful",
}  # fmt: skip
STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
STEP_4 = ("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize")


@lru_cache(maxsize=50_000)
def porter_stem(word: str) -> str:
    """The stem of a word of the letters a to z in lower case; what has two letters or fewer is its own."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _past(_plural(word))
    if word.endswith("y") and len(word) > 2 and _is_consonant(word, len(word) - 2):
        word = word[:-1] + "i"
    for step in (_long, _middle, _short):
        word = step(word)
    return _last(word)


def _is_consonant(word: str, place: int) -> bool:
    letter = word[place]
    return letter not in "aeiou" and (letter != "y" or place == 0 or not _is_consonant(word, place - 1))


def _measure(stem: str) -> int:
    """How often a vowel is followed by a consonant."""
    kinds = [_is_consonant(stem, place) for place in range(len(stem))]
    return sum(not before and after for before, after in pairwise(kinds))


def _has_vowel(stem: str) -> bool:
    return not all(_is_consonant(stem, place) for place in range(len(stem)))


def _is_short(word: str) -> bool:
    """Consonant, vowel, consonant other than w, x, y at the end; or just vowel and consonant."""
    end = len(word) - 1
    if end == 1:
        return not _is_consonant(word, 0) and _is_consonant(word, 1)
    shape = end >= 2 and _is_consonant(word, end - 2) and not _is_consonant(word, end - 1) and _is_consonant(word, end)
    return shape and word[end] not in "wxy"


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    stem = next((word[: -len(end)] for end in ("ed", "ing") if word.endswith(end) and _has_vowel(word[: -len(end)])), None)
    if stem is None:
        return word
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if len(stem) > 1 and stem[-1] == stem[-2] and _is_consonant(stem, len(stem) - 1):
        return stem if stem[-1] in "lsz" else stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _is_short(stem) else stem


def _replaced(word: str, endings: dict[str, str]) -> str:
    """The longest ending that the word has, replaced where a measured stem is left."""
    end = max((end for end in endings if word.endswith(end)), key=len, default=None)
    return word if end is None or not _measure(word[: -len(end)]) else word[: -len(end)] + endings[end]


def _long(word: str) -> str:
    if word.endswith("alli"):
        return _long(word[:-2]) if _measure(word[:-4]) else word
    if word.endswith("logi"):
        return word[:-1] if _measure(word[:-3]) else word
    return _replaced(word, STEP_2)


def _middle(word: str) -> str:
    return _replaced(word, STEP_3)


def _short(word: str) -> str:
    end = max((end for end in STEP_4 if word.endswith(end)), key=len, default="")
    stem = word[: len(word) - len(end)]
    return word if not end or _measure(stem) < 2 or (end == "ion" and stem[-1] not in "st") else stem


def _last(word: str) -> str:
    if word.endswith("e"):
        stem = word[:-1]
        if _measure(stem) > 1 or (_measure(stem) == 1 and not _is_short(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word

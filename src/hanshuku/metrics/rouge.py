"""ROUGE-1, ROUGE-2 and ROUGE-L: shared words, word pairs and the longest common subsequence. Lin 2004, https://aclanthology.org/W04-1013.

The F measure of each row, the best of its references, as Google's rouge-score counts it; English is split as there. In all
other languages words keep their letters, and a character of a script without spaces (Chinese, Japanese, Thai) is a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from hanshuku.metrics.porter import porter_stem

ENGLISH_WORD = re.compile(r"[a-z0-9]+")
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
ANY_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
NAMES = ("rouge_1", "rouge_2", "rouge_l")


def rouge_rows(
    predictions: Sequence[str], references: Sequence[Sequence[str]], language: str = "en", *, stem: bool = False, names: Sequence[str] = NAMES
) -> dict[str, np.ndarray]:
    """The scores of each row, (N,) 0..1, by name; 0 where either side has no word.

    Args:
        predictions: N texts.
        references: N lists of accepted texts, at least one each.
        language: "en" splits as rouge-score does; any other keeps all letters, and splits Chinese by character.
        stem: English: words with the same Porter stem are one word, as some papers count; reports do not.
        names: which of NAMES.
    """
    found = np.zeros((len(names), len(predictions)))
    for row, (given, due) in enumerate(zip(predictions, references, strict=True)):
        mine = words(given, language, stem=stem)
        theirs = [words(text, language, stem=stem) for text in due]
        for place, name in enumerate(names):
            found[place, row] = max(_score(name, mine, other) for other in theirs)
    return dict(zip(names, found, strict=True))


def words(text: str, language: str, *, stem: bool = False) -> list[str]:
    """The words of a text, in lower case; of English, where asked, the stems of those with more than three letters."""
    if not language.lower().startswith("en"):
        return ANY_WORD.findall(text.lower())
    found = ENGLISH_WORD.findall(text.lower())
    return [porter_stem(word) if len(word) > 3 else word for word in found] if stem else found


def _score(name: str, given: list[str], due: list[str]) -> float:
    if name == "rouge_l":
        return _f1(longest_common(given, due), len(given), len(due))
    n = int(name[-1])
    mine, theirs = (Counter(tuple(side[i : i + n]) for i in range(len(side) - n + 1)) for side in (given, due))
    return _f1(sum((mine & theirs).values()), sum(mine.values()), sum(theirs.values()))


def _f1(hits: int, given: int, due: int) -> float:
    return 2 * hits / (given + due) if hits else 0.0


def longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, by one addition of long numbers a word.

    Hyyrö 2004, Bit-parallel LCS-length computation revisited: a bit a word of `first`; those that have become 0 count.
    """
    places: dict[str, int] = {}
    for i, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << i
    whole = (1 << len(first)) - 1
    state = whole
    for word in second:
        hit = state & places.get(word, 0)
        state = ((state + hit) | (state - hit)) & whole
    return len(first) - state.bit_count()

"""What is counted of each row's text: its length, its language, and words that were not seen before."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanshuku.data.language import script_of
from hanshuku.explain.words import spans_of

LANGUAGES = ("en", "zh", "other", "none")
SHOWN, LEAST = 20, 3  # typical words that are given; rows that such a word stands in at least
LONGEST = 4000  # characters of a text whose words are looked at
PRIOR = 100.0  # words' weight of what both have in common


def lengths(inputs: Sequence[tuple[str, ...]]) -> np.ndarray:
    """(N,) characters of each row."""
    return np.array([sum(map(len, row)) for row in inputs], dtype=np.float64)


def languages(inputs: Sequence[tuple[str, ...]]) -> list[str]:
    """The language of each row, one of LANGUAGES; both scripts of Chinese are "zh"."""
    return ["zh" if found.startswith("zh") else found for found in (script_of(" ".join(row)) for row in inputs)]


def words_of(inputs: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """The words of each row, without case and without what is no word; Chinese by jieba's dictionary where rjieba is installed, else by character."""
    found = []
    for row in inputs:
        text = "\n".join(row)[:LONGEST].casefold()
        found.append([word for start, end in spans_of(text) if any(map(str.isalnum, word := text[start:end]))])
    return found


def unknown_shares(words: Sequence[Sequence[str]], known: Counter[str], *, own: bool = False) -> np.ndarray:
    """(N,) the share of each row's words that stand in none of the rows counted; 0 where it has none.

    Args:
        words: of each row.
        known: word -> rows that have it.
        own: the rows are among those counted, so a word counts as known where another row has it.
    """
    least = 1 if own else 0
    return np.array([sum(known[word] <= least for word in row) / len(row) if row else 0.0 for row in words])


def count_rows(words: Sequence[Sequence[str]]) -> Counter[str]:
    """Word -> rows that have it."""
    return Counter(word for row in words for word in set(row))


@dataclass(frozen=True)
class TypicalWord:
    """A word that stands apart."""

    word: str
    before: float  # share of the rows that have it
    now: float
    z: float  # log odds ratio by its standard error; above 0: more of it now

    def to_json(self) -> dict[str, float | str]:
        """Plain JSON data."""
        return dict(vars(self))


def typical_words(before: Counter[str], now: Counter[str], rows: tuple[int, int]) -> tuple[list[TypicalWord], list[TypicalWord]]:
    """The words that are commoner now, and those that were commoner before, surest first: log odds with an informative prior.

    Monroe et al. 2008, https://doi.org/10.1093/pan/mpn018, on rows that have the word, so that one long text moves little.

    Args:
        before: word -> rows of the first sample that have it.
        now: the same of the second.
        rows: how many rows the samples have.
    """
    totals = sum(before.values()), sum(now.values())
    found = []
    for word in before.keys() | now.keys():
        a, b = before[word], now[word]
        if a + b < LEAST:
            continue
        prior = PRIOR * (a + b) / sum(totals)
        odds = [math.log((count + prior) / max(total - count + PRIOR - prior, 1e-9)) for count, total in zip((a, b), totals, strict=True)]
        z = (odds[1] - odds[0]) / math.sqrt(1 / (a + prior) + 1 / (b + prior))
        found.append(TypicalWord(word, a / max(rows[0], 1), b / max(rows[1], 1), z))
    found.sort(key=lambda each: (-each.z, each.word))
    return [each for each in found[:SHOWN] if each.z > 2], [each for each in reversed(found[-SHOWN:]) if each.z < -2]

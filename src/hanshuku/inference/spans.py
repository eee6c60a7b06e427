"""Words and character n-grams of many texts at once, as bucket numbers: feature hashing with numpy alone.

Weinberger et al. 2009, arXiv 0902.2206; n-grams inside and across words make a typo, and Chinese without word breaks,
cost little (Bojanowski et al. 2017, arXiv 1607.04606). All texts of a batch are one array of code points; the hash of any
span comes from two places of a running sum, so that no text is walked through by the interpreter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GRAMS = (1, 2, 3, 4)  # lengths of the character n-grams; single characters count only where they are no Latin letters
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse modulo 2^64
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_MIX = np.uint64(0xD6E8FEB86659FD93)
_WIDE = 0x2E80  # from here on a character is a word by itself (CJK and the like)
_CHUNK = 400_000  # characters hashed at once, so that memory stays flat


@dataclass(frozen=True)
class Spans:
    """Bucket numbers of N texts, one after the other.

    Attributes:
        buckets: (S,) int64, 0..count-1, those of one text in a row, in no order.
        starts: (N + 1,) int64; text i has buckets[starts[i] : starts[i + 1]].
    """

    buckets: np.ndarray
    starts: np.ndarray


def hash_spans(texts: Sequence[str], count: int) -> Spans:
    """Words, pairs of words and character n-grams of each text as numbers below `count`.

    Upper and lower case, and full and half width, are not told apart.

    Args:
        texts: N texts.
        count: buckets, a power of two.
    """
    found: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    batch: list[str] = []
    size = 0
    for text in texts:
        plain = text.lower()
        plain = plain if plain.isascii() else unicodedata.normalize("NFKC", plain)
        batch.append(" " + " ".join(plain.split()) + " ")
        size += len(batch[-1])
        if size > _CHUNK:
            _add(batch, count, found, sizes)
            batch, size = [], 0
    if batch:
        _add(batch, count, found, sizes)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]) if sizes else np.zeros(1)
    return Spans(np.concatenate(found) if found else np.zeros(0, dtype=np.int64), starts.astype(np.int64))


def _add(batch: list[str], count: int, found: list[np.ndarray], sizes: list[np.ndarray]) -> None:
    buckets, text_of = _hash(batch, count)
    order = np.argsort(text_of, kind="stable")
    found.append(buckets[order])
    sizes.append(np.bincount(text_of, minlength=len(batch)))


def _hash(texts: Sequence[str], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Buckets of every span of every text, and the text that each belongs to."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), dtype=np.uint32)
    lengths = np.array([len(text) for text in texts])
    owner = np.repeat(np.arange(len(texts)), lengths)
    begins, ends = _spans(codes, owner)
    powers = np.empty(len(codes), dtype=np.uint64)
    inverse = np.empty(len(codes), dtype=np.uint64)
    powers[:], inverse[:] = _BASE, _INVERSE
    powers[0] = inverse[0] = 1
    np.cumprod(powers, out=powers)
    np.cumprod(inverse, out=inverse)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes.astype(np.uint64) * powers, out=sums[1:])
    hashed = (sums[ends] - sums[begins]) * inverse[begins]  # the same for the same characters, wherever they stand
    hashed = (hashed ^ (hashed >> np.uint64(32))) * _MIX
    return (hashed >> np.uint64(64 - count.bit_length() + 1)).astype(np.int64), owner[begins]


def _spans(codes: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First place, and place behind the last, of each span."""
    blank = codes == ord(" ")
    places = np.arange(len(codes))
    begins, ends = [], []
    for n in GRAMS:
        first, last = places[: len(codes) - n + 1], places[n - 1 :]
        kept = (owner[first] == owner[last]) & ~(blank[first] & blank[last])
        if n == 1:
            kept &= codes[first] >= _WIDE
        elif n == 2:
            kept &= (codes[first] >= _WIDE) | (codes[last] >= _WIDE)
        begins.append(first[kept])
        ends.append(last[kept] + 1)
    edges = places[blank]  # a text begins and ends with a blank, so words lie between two of one text
    for step in (1, 2):
        left, right = edges[:-step], edges[step:]
        kept = owner[left] == owner[right]
        begins.append(left[kept])
        ends.append(right[kept] + 1)
    return np.concatenate(begins), np.concatenate(ends)

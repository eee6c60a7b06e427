"""Mean static vectors of texts, word by word: a word that was seen before is looked up, not tokenised again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

_WORD = re.compile(r"[\u2e80-\U0010ffff]|[^\s\u2e80-\U0010ffff]+")  # a run without blanks, or one character where words have no blanks
_LONGEST = 64  # characters of a word that is remembered
_MOST = 200_000  # words remembered: at width 256 about 200 MB at worst


class WordVectors:
    """Word vectors with a memory of whole words.

    Args:
        vectors: (V, D) float32, one row a token.
        tokenizer: tokenizers.Tokenizer without truncation.
    """

    def __init__(self, vectors: np.ndarray, tokenizer: Any) -> None:
        self.vectors, self.tokenizer = vectors, tokenizer
        self._place: dict[str, int] = {}
        self._sums = np.empty((1024, vectors.shape[1]), dtype=np.float32)  # of a word's token vectors
        self._counts = np.empty(1024, dtype=np.float32)  # tokens of a word
        self._lock = Lock()

    def mean(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) float32: the mean of the token vectors of each text; zeros for a text without a word."""
        words = [_WORD.findall(text) for text in texts]
        with self._lock:
            self._learn({word for row in words for word in row} - self._place.keys())
            place = self._place
            flat = np.array([place[word] for row in words for word in row], dtype=np.int64)
            starts = np.concatenate([[0], np.cumsum([len(row) for row in words])])
            summed, counts = sums(self._sums[flat], starts), sums(self._counts[flat][:, None], starts)
            if len(place) > _MOST:
                self._place = {}
        return summed / np.maximum(counts, 1)

    def _learn(self, unknown: set[str]) -> None:
        new = sorted(unknown)
        if not new:
            return
        encode = getattr(self.tokenizer, "encode_batch_fast", self.tokenizer.encode_batch)
        ids = [encoding.ids for encoding in encode([word[:_LONGEST] for word in new], add_special_tokens=False)]
        sizes = np.array([len(row) for row in ids])
        flat = np.array([token for row in ids for token in row], dtype=np.int64)
        found = sums(self.vectors[flat], np.concatenate([[0], np.cumsum(sizes)]))
        known = len(self._place)
        while known + len(new) > len(self._counts):
            self._sums = np.concatenate([self._sums, np.empty_like(self._sums)])
            self._counts = np.concatenate([self._counts, np.empty_like(self._counts)])
        self._sums[known : known + len(new)], self._counts[known : known + len(new)] = found, sizes
        self._place.update(zip(new, range(known, known + len(new)), strict=True))


def sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(N, D) float32: sums of values[starts[i] : starts[i + 1]]; an empty part sums to 0."""
    found = np.zeros((len(starts) - 1, values.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        found[filled] = np.add.reduceat(values, starts[:-1][filled], axis=0)
    return found

"""Which words the tokens of an encoder belong to, so that sub-words, and pieces over several Chinese words, are summed to words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.explain.words import Word
from hanshuku.inference.tokens import row_texts


@dataclass(frozen=True)
class ReadRow:
    """A row as the model reads it.

    Attributes:
        ids: T token ids, special ones included.
        types: T segment numbers.
        is_text: (T,) bool: tokens of the row's own texts, not special ones and not those of the model's prefix.
        shares: (T, W): how much of each token belongs to each word; rows sum to 1 for tokens of the text, else to 0.
    """

    ids: list[int]
    types: list[int]
    is_text: np.ndarray
    shares: np.ndarray


def read_row(tokenizer: Any, row: Sequence[str], words: Sequence[Word], limit: int, prefix: str, *, parts: Sequence[int] | None = None) -> ReadRow:
    """A row, or one text of it, as token ids with the words they belong to.

    Args:
        tokenizer: a fast transformers tokenizer.
        row: one text per input.
        words: of the whole row.
        limit: most tokens; what is beyond belongs to no token and so gets no weight.
        prefix: put before each text.
        parts: the inputs that are read; None: all.
    """
    chosen = list(range(len(row))) if parts is None else list(parts)
    texts = row_texts([row[part] for part in chosen], prefix)
    encoding = tokenizer(*([text] for text in texts), truncation=True, max_length=limit, padding=False, verbose=False).encodings[0]
    starts = _starts(row, chosen, prefix)
    owners: list[tuple[int, int, int]] = []  # of each word: which side of the encoding, first character there, the one behind the last
    place = {part: number for number, part in enumerate(chosen)}
    for word in words:
        side, shift = starts[place[word.part]] if word.part in place else (-1, 0)
        owners.append((side, word.start + shift, word.end + shift))
    table = np.array(owners, dtype=np.int64).reshape(-1, 3)
    is_text = np.zeros(len(encoding.ids), dtype=bool)
    shares = np.zeros((len(encoding.ids), len(words)))
    for t, (side, (start, end)) in enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True)):
        is_text[t] = side is not None and end > len(prefix) and len(words) > 0
        if is_text[t]:
            shares[t] = _share(table, side, max(start, len(prefix)), end)
    return ReadRow(encoding.ids, encoding.type_ids, is_text, shares)


def _starts(row: Sequence[str], chosen: Sequence[int], prefix: str) -> list[tuple[int, int]]:
    """For each part that is read: the side of the encoding it stands on, and at which character."""
    if len(chosen) <= 2:
        return [(side, len(prefix)) for side in range(len(chosen))]
    ends = np.cumsum([len(row[part]) + 1 for part in chosen]).tolist()  # three texts or more are lines of one
    return [(0, len(prefix) + end - len(row[part]) - 1) for part, end in zip(chosen, ends, strict=True)]


def _share(table: np.ndarray, side: int, start: int, end: int) -> np.ndarray:
    """(W,) of one token: by the characters it has of each word; of a blank alone, the word behind it, else the last one before."""
    own = table[:, 0] == side
    overlap = np.where(own, np.minimum(table[:, 2], end) - np.maximum(table[:, 1], start), 0).clip(0).astype(np.float64)
    if overlap.any():
        return np.asarray(overlap / overlap.sum())
    found = np.zeros(len(table))
    behind, before = np.flatnonzero(own & (table[:, 1] >= start)), np.flatnonzero(own)
    if len(before):
        found[behind[0] if len(behind) else before[-1]] = 1.0
    return found

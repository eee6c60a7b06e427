"""Texts to token ids, and token ids to batches of near-equal length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CHARACTERS_PER_TOKEN = 8  # a first cut of long texts; where it proves too short, the text is cut later
LIKE = 0.6  # texts of at least this part of the longest one's length are padded to it
FEWEST = 8  # texts that are worth a pass of their own
BATCH_TOKENS = 4096  # padded tokens of a batch: enough to fill two cores, little enough for their caches


@dataclass(frozen=True)
class Tokenised:
    """Rows as token ids.

    Attributes:
        ids: N rows of 1..max_length ids, special tokens included.
        types: N rows of segment numbers (0 first text, 1 second), or None where the model reads none or all are 0.
        cut: rows that were longer than max_length and lost their end.
    """

    ids: list[list[int]]
    types: list[list[int]] | None
    cut: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> np.ndarray:
        """(N,) int64, tokens a row."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)

    def take(self, places: Iterable[int]) -> Tokenised:
        """The rows at these places, none of which counts as cut."""
        chosen = list(places)
        return Tokenised([self.ids[i] for i in chosen], None if self.types is None else [self.types[i] for i in chosen], 0)


def row_texts(row: Sequence[str], prefix: str = "") -> tuple[str, ...]:
    """One text, or two of a pair, as a model reads them; a row of three or more is one text, a line each."""
    texts = row if len(row) <= 2 else ("\n".join(row),)
    return tuple(prefix + text for text in texts)


def tokenise(tokenizer: Any, rows: Sequence[Sequence[str]], max_length: int, *, prefix: str = "") -> Tokenised:
    """Token ids of rows that hold one text, or two which are read as one sequence.

    A text far beyond the limit is cut before it is tokenised, so that 300,000 characters cost no more than the model
    can read. The longer text of a pair is the one that loses tokens first.

    Args:
        tokenizer: a fast transformers tokenizer.
        rows: N rows of one or two texts (all alike).
        max_length: most tokens a row, special ones included.
        prefix: put before each text.
    """
    ids: list[list[int]] = [[] for _ in rows]
    types: list[list[int]] = [[] for _ in rows]
    todo, limit, cut = np.arange(len(rows)), max_length * CHARACTERS_PER_TOKEN, 0
    while len(todo):
        texts = [row_texts(rows[int(i)], prefix) for i in todo]
        encodings = _encode(tokenizer, [tuple(text[:limit] for text in row) for row in texts], max_length)
        again = []
        for i, row, encoding in zip(todo, texts, encodings, strict=True):
            was_short = len(encoding.ids) < max_length and any(len(text) > limit for text in row)
            if was_short:  # few tokens in many characters (blanks, a string of digits): there may be room for more
                again.append(i)
                continue
            ids[i], types[i] = encoding.ids, encoding.type_ids
            cut += bool(encoding.overflowing) or any(len(text) > limit for text in row)
        todo, limit = np.array(again, dtype=np.int64), limit * 8
    reads_types = "token_type_ids" in tokenizer.model_input_names and any(any(row) for row in types)
    return Tokenised(ids, types if reads_types else None, cut)


def _encode(tokenizer: Any, texts: Sequence[tuple[str, ...]], max_length: int) -> list[Any]:
    columns = [list(column) for column in zip(*texts, strict=True)]
    found = tokenizer(*columns, truncation=True, max_length=max_length, padding=False, verbose=False)
    return list(found.encodings)


def token_batches(lengths: Sequence[int] | np.ndarray, budget: int = BATCH_TOKENS, *, apart: bool = False) -> Iterator[np.ndarray]:
    """Row numbers in batches of near-equal length, the longest first, each of at most `budget` padded tokens.

    Args:
        lengths: (N,) tokens a row.
        budget: padded tokens of a batch; a single longer row is a batch of its own.
        apart: part each batch further where lengths are unlike, for networks to which padding costs as much as text.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + max(1, budget // max(1, int(lengths[order[start]])))
        batch = order[start:stop]
        yield from np.split(batch, length_breaks(lengths[batch].tolist()) if apart else [])
        start = stop


def length_breaks(lengths: Sequence[int]) -> list[int]:
    """Where falling lengths are parted so that no text is padded to much more than its own, and no pass is for a few texts only."""
    found, start = [], 0
    for i, length in enumerate(lengths):
        if length < LIKE * lengths[start] and i - start >= FEWEST and len(lengths) - i >= FEWEST:
            found.append(i)
            start = i
    return found


def pad(rows: Sequence[Sequence[int]], filler: int, width: int = 0) -> np.ndarray:
    """(B, T) int64 from rows of at most T ids, filled on the right; T is the longest row, or `width` where that is more."""
    width = max(width, *(len(row) for row in rows))
    padded = np.full((len(rows), width), filler, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded


def model_inputs(tokens: Tokenised, rows: Sequence[int] | np.ndarray, pad_id: int, width: int = 0) -> dict[str, Any]:
    """What a network takes for these rows, as torch tensors on the CPU.

    `attention_mask` is left out where no row is padded, which lets attention run without a mask. `width`: see `pad`.
    """
    import torch

    ids = [tokens.ids[i] for i in rows]
    padded = pad(ids, pad_id, width)
    inputs = {"input_ids": torch.from_numpy(padded)}
    lengths = np.array([len(row) for row in ids])
    if lengths.min() < padded.shape[1]:
        mask = np.arange(padded.shape[1])[None, :] < lengths[:, None]
        inputs["attention_mask"] = torch.from_numpy(mask.astype(np.int64))
    if tokens.types is not None:
        inputs["token_type_ids"] = torch.from_numpy(pad([tokens.types[i] for i in rows], 0, width))
    return inputs

"""Texts as a tagger reads them, and the entities in the scores of their tokens: what taggers with torch and without it share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.inference.base import Inputs
from hanshuku.inference.bio import best_entities, confidences
from hanshuku.inference.pieces import Frame, Pieces, Windows, pieces_of, windows_of
from hanshuku.inference.tokens import Tokenised
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

OVERLAP = 4  # neighbouring windows share the limit divided by this
SHAPES = 8  # ways in which a unit may be written, see `shape_of`
NEIGHBOURS = (-1, 0, 1)  # units whose shapes the head reads


class TagReader:
    """Texts as windows, and how their words are written where the tokenizer does not tell (lower-cased models).

    Args:
        tokenizer: a fast transformers tokenizer.
        limit: most tokens a window.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self.tokenizer, self.limit = tokenizer, limit
        self.frame = Frame.of(tokenizer, pair=False)
        upper, lower = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("Paris USA", "paris usa"))
        self.width = SHAPES * len(NEIGHBOURS) if upper == lower else 0  # features of a token beside its hidden state

    def read(self, texts: Sequence[str]) -> tuple[list[Pieces], Windows, list[np.ndarray]]:
        """N texts as pieces, their windows, and the features of each window's tokens, (T, width) float32; none where width is 0."""
        pieces = pieces_of(self.tokenizer, texts)
        windows = windows_of(self.frame, pieces, self.limit, self.limit // OVERLAP)
        if not self.width:
            return pieces, windows, []
        shapes = [_shapes(text, found) for text, found in zip(texts, pieces, strict=True)]
        features = []
        for w in range(len(windows)):
            given = np.zeros((len(windows.tokens.ids[w]), self.width), dtype=np.float32)
            begin, count, offset = int(windows.begin[w]), int(windows.count[w]), int(windows.offset[w])
            given[offset : offset + count] = shapes[windows.row[w]][begin : begin + count]
            features.append(given)
        return pieces, windows, features

    def unit_logits(self, pieces: Sequence[Pieces], windows: Windows, logits: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each text (U, O): the logits of its units, each from the window that answers for it."""
        width = logits[0].shape[1] if len(logits) else 0
        found = [np.zeros((len(text), width), dtype=np.float32) for text in pieces]
        for w in range(len(windows)):
            low, high = windows.own[w]
            start = int(windows.offset[w] - windows.begin[w])
            found[windows.row[w]][low:high] = logits[w][start + low : start + high]
        return [rows[text.heads] for rows, text in zip(found, pieces, strict=True)]


def shape_of(word: str) -> int:
    """How a unit is written: 0 small letters, 1 Capitalised, 2 CAPITALS, 3 one capital, 4 miXed, 5 digits, 6 letters without case, 7 signs."""
    if word.isdigit():
        return 5
    if not word[:1].isalpha():
        return 7
    if word.lower() == word:
        return 6 if word.upper() == word else 0
    if len(word) == 1:
        return 3
    return 2 if word.upper() == word else 1 if word[0].isupper() and word[1:].lower() == word[1:] else 4


def _shapes(text: str, pieces: Pieces) -> np.ndarray:
    """(P, SHAPES * neighbours) float32: the shapes of each piece's unit and of the units beside it, one of SHAPES each; none beyond the ends."""
    kinds = np.array([shape_of(text[start:end]) for start, end in zip(pieces.starts, pieces.ends, strict=True)], dtype=np.int64)
    of_units = np.zeros((len(kinds), len(NEIGHBOURS), SHAPES), dtype=np.float32)
    for k, step in enumerate(NEIGHBOURS):
        places = np.arange(len(kinds))
        there = (places + step >= 0) & (places + step < len(kinds))
        of_units[places[there], k, kinds[places[there] + step]] = 1.0
    return of_units.reshape(len(kinds), SHAPES * len(NEIGHBOURS))[pieces.unit]


class Tagger:
    """Finds entities by the likeliest legal BIO tags of a text's units.

    Attributes:
        task: of kind tag.
        reader: of the model's tokenizer.
    """

    task: Task
    reader: TagReader

    def token_logits(self, tokens: Tokenised, features: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each window (T, 1 + 2 L) float32: what its tokens are, from their ids and, where the reader gives them, features."""
        raise NotImplementedError

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples of (start, end, label, confidence), in the order of the text."""
        return self.outputs_and_chances(inputs)[0]

    def outputs_and_chances(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """`outputs`, and the probabilities of all tags at all units of the unlike texts, in one row: what two forms of a tagger are compared by."""
        unique = list(dict.fromkeys(row[0] for row in inputs))
        pieces, windows, features = self.reader.read(unique)
        scores = self.reader.unit_logits(pieces, windows, self.token_logits(windows.tokens, features))
        chances = [log_softmax(each) for each in scores]
        found = {text: self._spans(own, each) for text, own, each in zip(unique, pieces, chances, strict=True)}
        return objects([found[row[0]] for row in inputs]), np.exp(np.concatenate([np.zeros(0), *(each.ravel() for each in chances)]))

    def _spans(self, pieces: Pieces, chances: np.ndarray) -> tuple[tuple[int, int, str, float], ...]:
        entities = best_entities(chances)
        spans = []
        for (start, end, label), confidence in zip(entities, confidences(chances, entities), strict=True):
            spans.append((int(pieces.starts[start]), int(pieces.ends[end - 1]), self.task.labels[label], confidence))
        return tuple(spans)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """(U, O) -> (U, O) float64 log-probabilities."""
    scores = scores.astype(np.float64)
    if not len(scores):
        return scores
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result

"""StaticPredictor: static word vectors, hashed words and n-grams, and a linear head; needs numpy and tokenizers alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import CountsCut, Inputs, cut_note
from hanshuku.inference.heads import answers
from hanshuku.inference.pairs import pair_features
from hanshuku.inference.spans import Spans, hash_spans
from hanshuku.inference.word_vectors import WordVectors, sums
from hanshuku.tasks import Task

BUCKETS = 1 << 16
WEIGHTS, VECTORS, TOKENIZER = "head.npz", "model/vectors.npz", "model/tokenizer.json"
CHARACTERS_PER_TOKEN = 6  # texts are cut to this many characters for each token that may count
BATCH = 2048  # texts at once


@dataclass
class StaticHead:
    """logits = dense features @ weight.T + sum of the rows of `table` that the text's spans name / sqrt(spans) + bias.

    Attributes:
        weight: (O, F) float32 for the mean vector, or for `pair_features` of two and their overlap.
        bias: (O,) float32.
        buckets: (K,) int64, ascending: the buckets that matter.
        table: (K, O) float32, one row a bucket.
    """

    weight: np.ndarray
    bias: np.ndarray
    buckets: np.ndarray
    table: np.ndarray


@dataclass
class StaticPredictor(CountsCut):
    """Answers from the mean of static word vectors and from hashed words and character n-grams.

    Attributes:
        task: classify or rate.
        vectors: (V, D) float16 or float32 word vectors.
        tokenizer: tokenizers.Tokenizer without truncation.
        head: what was learned.
        max_length: tokens that count, roughly: texts are cut at CHARACTERS_PER_TOKEN times as many characters.
        threshold: several labels: least probability of a label that is given.
        fit_notes: what was said of the fit, for the history.
        cut: rows seen so far that were cut.
    """

    KIND: ClassVar[str] = "static"
    task: Task
    vectors: np.ndarray
    tokenizer: Any
    head: StaticHead
    max_length: int
    threshold: float = 0.5
    fit_notes: tuple[str, ...] = ()
    cut: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._place = np.full(BUCKETS, len(self.head.buckets), dtype=np.int64)
        self._place[self.head.buckets] = np.arange(len(self.head.buckets))
        self._table = np.concatenate([self.head.table, np.zeros((1, self.head.table.shape[1]))]).astype(np.float32)
        self.vectors = np.ascontiguousarray(self.vectors, dtype=np.float32)
        # of one text the head is linear in the word vectors, so that each word's logits can be looked up instead
        self._words = WordVectors(self.vectors if self.task.is_pair else self.vectors @ self.head.weight.T, self.tokenizer)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `CountsCut`: what is read is counted in characters."""
        return cut_note(self.cut, f"{self.max_length * CHARACTERS_PER_TOKEN:,} characters")

    @property
    def moved_parameters(self) -> int:
        """Parameters that learning moved."""
        return self.head.weight.size + self.head.bias.size + self.head.table.size

    @property
    def total_parameters(self) -> int:
        """Parameters of vectors and head."""
        return self.moved_parameters + self.vectors.size

    def logits(self, inputs: Inputs) -> np.ndarray:
        """(N, O) float32 before softmax or sigmoid."""
        found = np.empty((len(inputs), len(self.head.bias)), dtype=np.float32)
        for start in range(0, len(inputs), BATCH):
            columns = self._columns(inputs[start : start + BATCH])
            dense, spans = read_columns(columns, self._words)
            if len(columns) == 2:
                dense = dense @ self.head.weight.T
            summed = sums(self._table[self._place[spans.buckets]], spans.starts)
            size = np.sqrt(np.maximum(np.diff(spans.starts), 1))[:, None]
            found[start : start + BATCH] = dense + summed / size + self.head.bias
        return found

    def features_and_logits(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) float32, the mean word vectors (of a pair see `read_columns`), and (N, O) float32."""
        columns, _ = text_columns(inputs, self.max_length)
        return (self._raw.mean(columns[0]) if len(columns) == 1 else read_columns(columns, self._words)[0]), self.logits(inputs)

    @cached_property
    def _raw(self) -> WordVectors:
        return WordVectors(self.vectors, self.tokenizer)

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        logits = self.logits(inputs)
        return answers(self.task, 1 / (1 + np.exp(-logits.clip(-60, 60))) if self.task.kind == "rate" else logits)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write vectors, tokenizer and head to `folder`; return JSON data that `load` needs besides."""
        (folder / VECTORS).parent.mkdir()
        self.tokenizer.save(str(folder / TOKENIZER))
        head = self.head
        with (folder / VECTORS).open("wb") as stream:
            np.savez(stream, vectors=self.vectors.astype(np.float16) if _fits_half(self.vectors) else self.vectors)
        with (folder / WEIGHTS).open("wb") as stream:
            np.savez(stream, weight=head.weight, bias=head.bias, buckets=head.buckets, table=head.table)
        return {"max_length": self.max_length, "threshold": self.threshold}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> StaticPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            with np.load(folder / VECTORS, allow_pickle=False) as arrays:
                vectors = arrays["vectors"]
            with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
                head = StaticHead(arrays["weight"], arrays["bias"], arrays["buckets"], arrays["table"])
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            return cls(task, vectors, tokenizer, head, data["max_length"], data["threshold"])
        except Exception as error:  # tokenizers raises plain Exception
            raise FunctionFolderError(f"{folder} is damaged: its static vectors or head cannot be read ({error!r}). Copy the function again.") from error

    def _columns(self, inputs: Inputs) -> list[list[str]]:
        columns, cut = text_columns(inputs, self.max_length)
        self.cut += cut
        return columns


def text_columns(inputs: Inputs, max_length: int) -> tuple[list[list[str]], int]:
    """One list of texts, or two where rows are pairs, each text cut to what may count; and how many rows were cut."""
    limit = max_length * CHARACTERS_PER_TOKEN
    cut = sum(any(len(text) > limit for text in row) for row in inputs)
    rows = [row if len(row) <= 2 else ("\n".join(row),) for row in inputs]
    return [[text[:limit] for text in column] for column in zip(*rows, strict=True)], cut


def read_columns(columns: list[list[str]], words: WordVectors) -> tuple[np.ndarray, Spans]:
    """Dense features (N, F) float32 and the spans of each row; those of a pair's second text count as other ones.

    F is D, the width of the word vectors; for a pair 4 D + 2: `pair_features`, their cosine and the overlap of their spans.
    """
    if len(columns) == 1:
        return words.mean(columns[0]), hash_spans(columns[0], BUCKETS)
    u, v = (words.mean(column) for column in columns)
    one, other = (hash_spans(column, BUCKETS) for column in columns)
    cosine = (u * v).sum(axis=1) / np.maximum(np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1), 1e-9)
    dense = np.concatenate([pair_features(u, v), cosine[:, None], overlap(one, other)[:, None]], axis=1)
    return dense.astype(np.float32), _side_by_side(one, Spans(other.buckets ^ 1, other.starts))


def overlap(one: Spans, other: Spans) -> np.ndarray:
    """(N,) float64, 0..1: the buckets that two texts share as a part of all that they have (Jaccard)."""
    rows = len(one.starts) - 1
    keys = [np.unique(np.repeat(np.arange(rows), np.diff(s.starts)) * BUCKETS + s.buckets) for s in (one, other)]
    shared = np.bincount(np.intersect1d(keys[0], keys[1], assume_unique=True) // BUCKETS, minlength=rows)
    total = sum(np.bincount(key // BUCKETS, minlength=rows) for key in keys) - shared
    return shared / np.maximum(total, 1)


def _side_by_side(one: Spans, other: Spans) -> Spans:
    """The spans of two texts as those of one row."""
    rows = len(one.starts) - 1
    owner = np.concatenate([np.repeat(np.arange(rows), np.diff(s.starts)) for s in (one, other)])
    buckets = np.concatenate([one.buckets, other.buckets])[np.argsort(owner, kind="stable")]
    return Spans(buckets, one.starts + other.starts)


def _fits_half(vectors: np.ndarray) -> bool:
    """Whether half precision holds the vectors exactly, as it does those that came in it."""
    return bool(np.array_equal(vectors.astype(np.float16).astype(np.float32), vectors))

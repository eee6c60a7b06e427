"""Predictors of exported encoders: labels, numbers, rankings, entities and answers with the base install only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hanshuku.inference.answer_reading import Answerer, AnswerReader
from hanshuku.inference.base import CountsCut, Inputs
from hanshuku.inference.heads import Head, answers
from hanshuku.inference.onnx_graph import Exported
from hanshuku.inference.pairs import pair_features
from hanshuku.inference.rank_scores import cosines, pair_scores
from hanshuku.inference.tag_reading import Tagger, TagReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanshuku.inference.tokens import Tokenised


@dataclass
class TextPredictor(CountsCut, Exported):
    """Answers from the vectors of whole texts.

    Attributes:
        cut: texts since the last `count_anew` that were longer than the model reads and lost their end.
    """

    threshold = 0.5
    cut: int = field(default=0, init=False)

    @property
    def reads(self) -> int:
        """Most tokens of a row that are read."""
        return int(self.settings["max_length"])

    def vectors(self, rows: Inputs, prefix: str | None = None) -> np.ndarray:
        """(N, D) float32 pooled vectors; prefix None: the model's own. Rows that were cut are counted."""
        found, cut = self.graph.vectors(rows, self.reads, self.settings["prefix"] if prefix is None else prefix)
        self.cut += cut
        return found


@dataclass
class OnnxPredictor(TextPredictor):
    """An encoder's graph (token ids -> pooled vectors) with the head it was learned with, (labels or 1, features): classify and rate."""

    KIND: ClassVar[str] = "onnx"
    SETTINGS: ClassVar[tuple[str, ...]] = ("normalise", "pair", "max_length", "threshold", "prefix", "pad_id", "inputs")
    head: Head

    def __post_init__(self) -> None:
        self.threshold = float(self.settings["threshold"])

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        return answers(self.task, self.features_and_logits(inputs)[1])

    def features_and_logits(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) and (N, O) float32 from one pass."""
        if self.settings["pair"] == "bi" and self.task.is_pair:
            both = self.vectors([(text,) for row in inputs for text in row])
            features = pair_features(both[0::2], both[1::2])
        else:
            features = self.vectors(inputs)
        return features, self.head.logits(features)


@dataclass
class OnnxRankPredictor(TextPredictor):
    """An encoder's graph that ranks: by the cosine of vectors, or, with a head (1, H), by reading query and candidate together."""

    KIND: ClassVar[str] = "onnx_ranking"
    SETTINGS: ClassVar[tuple[str, ...]] = ("has_head", "max_length", "prefix", "passage", "pad_id", "inputs")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples of scores, one a candidate, in the order given."""
        if (head := self.head) is not None:
            return pair_scores(inputs, lambda pairs: head.logits(self.vectors(pairs))[:, 0])
        return cosines(inputs, lambda texts, is_query: self.vectors(texts, self.settings["prefix" if is_query else "passage"]))


@dataclass
class OnnxTagPredictor(Tagger, Exported):
    """An encoder's graph (token ids -> vectors of tokens) with a head, (1 + 2 L, H + features of its reader), that finds entities."""

    KIND: ClassVar[str] = "onnx_tagging"
    SETTINGS: ClassVar[tuple[str, ...]] = ("max_length", "pad_id", "unk_id", "inputs")
    threshold = 0.5
    head: Head

    def __post_init__(self) -> None:
        self.reader = TagReader(self.graph.tokenizer, self.settings["max_length"])

    def token_logits(self, tokens: Tokenised, features: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `Tagger.token_logits`."""
        return self.graph.token_logits(self.head, tokens, features)


@dataclass
class OnnxAnswerPredictor(Answerer, Exported):
    """An encoder's graph (token ids -> vectors of tokens) with a head, (2, H): start and end, that finds answers."""

    KIND: ClassVar[str] = "onnx_answering"
    SETTINGS: ClassVar[tuple[str, ...]] = ("max_length", "longest", "threshold", "null_last", "apart", "pad_id", "unk_id", "inputs")
    BEFORE: ClassVar[dict[str, Any]] = {"apart": True}
    head: Head

    def __post_init__(self) -> None:
        self.longest, self.threshold = self.settings["longest"], self.settings["threshold"]
        self.reader = AnswerReader(self.graph.tokenizer, self.settings["max_length"], null_last=self.settings["null_last"], apart=self.settings["apart"])

    def token_logits(self, tokens: Tokenised) -> list[np.ndarray]:
        """See `Answerer.token_logits`."""
        return self.graph.token_logits(self.head, tokens)

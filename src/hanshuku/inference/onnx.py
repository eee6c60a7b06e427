"""Predictors of exported encoders that label, rate and rank; they need the base install only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hanshuku.inference.base import Inputs
from hanshuku.inference.heads import Head, answers
from hanshuku.inference.onnx_graph import Exported
from hanshuku.inference.pairs import pair_features
from hanshuku.inference.rank_scores import cosines, pair_scores


@dataclass
class OnnxPredictor(Exported):
    """An encoder's graph (token ids -> pooled vectors) with the head it was learned with, (labels or 1, features): classify and rate."""

    KIND: ClassVar[str] = "onnx"
    SETTINGS: ClassVar[tuple[str, ...]] = ("normalise", "pair", "max_length", "threshold", "prefix", "pad_id", "inputs")
    head: Head

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
class OnnxRankPredictor(Exported):
    """An encoder's graph that ranks: by the cosine of vectors, or, with a head (1, H), by reading query and candidate together."""

    KIND: ClassVar[str] = "onnx_ranking"
    SETTINGS: ClassVar[tuple[str, ...]] = ("has_head", "max_length", "prefix", "passage", "pad_id", "inputs")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples of scores, one a candidate, in the order given."""
        if (head := self.head) is not None:
            return pair_scores(inputs, lambda pairs: head.logits(self.vectors(pairs))[:, 0])
        return cosines(inputs, lambda texts, is_query: self.vectors(texts, self.settings["prefix" if is_query else "passage"]))

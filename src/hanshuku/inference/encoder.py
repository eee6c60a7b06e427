"""EncoderPredictor: an encoder, a pooling and a linear head."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError, FunctionFolderError
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.base import CountsCut, Inputs
from hanshuku.inference.embed import embed_counted, limit_of
from hanshuku.inference.heads import Head
from hanshuku.inference.pairs import pair_features
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

__all__ = ["EncoderPredictor", "Head"]


@dataclass
class EncoderPredictor(CountsCut):
    """Answers by a linear head on the pooled vectors of an encoder.

    Attributes:
        task: classify or rate.
        loaded: the encoder; its network may be a peft model or any that gives `last_hidden_state`.
        head: (labels or 1, features).
        pooling: "mean", "cls" or "last".
        normalise: scale each vector to length 1 before the head.
        pair: how a row of two texts is read: "cross" as one sequence, "bi" as two vectors, see `pair_features`.
        max_length: most tokens a text; None: the model's limit.
        threshold: several labels: least probability of a label that is given.
        precision: "auto", "bf16" or "fp32"; the head always runs in float32.
        changed: whether weights of the network moved, so that they must be saved with the function.
        moved_parameters: how many parameters learning moved, the head's among them.
        layers: whose outputs the head reads, one after the other, 1..number of layers; (): the last one.
        fit_notes: what was said of the fit, for the history.
        cut: rows since the last `count_anew` that were longer than the model reads and lost their end.
    """

    KIND: ClassVar[str] = "encoder"
    task: Task
    loaded: Loaded
    head: Head
    pooling: str
    normalise: bool
    pair: str = "cross"
    max_length: int | None = None
    threshold: float = 0.5
    precision: str = "auto"
    changed: bool = True
    moved_parameters: int = 0
    layers: tuple[int, ...] = ()
    fit_notes: tuple[str, ...] = ()
    cut: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.pair not in {"cross", "bi"}:
            raise ConfigError(f"pair is 'cross' or 'bi'. Received: {self.pair!r}.")

    @property
    def total_parameters(self) -> int:
        """Parameters of the network and the head."""
        return sum(p.numel() for p in self.loaded.network.parameters()) + self.head.weight.size + self.head.bias.size

    @property
    def reads(self) -> int:
        """Most tokens of a row that are read."""
        return limit_of(self.loaded, self.max_length)

    def features(self, inputs: Inputs) -> np.ndarray:
        """What the head reads, (N, F) float32. No row depends on another."""
        if self.pair == "bi" and self.task.is_pair:
            both = self._vectors([(text,) for row in inputs for text in row])
            return pair_features(both[0::2], both[1::2])
        return self._vectors(inputs)

    def features_and_logits(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) and (N, O) float32 from one pass."""
        features = self.features(inputs)
        return features, self.head.logits(features)

    def logits(self, inputs: Inputs) -> np.ndarray:
        """(N, O) float32, before softmax or sigmoid; rate: (N, 1), 0..1 of the task's range."""
        if not len(inputs):
            return np.empty((0, len(self.head.bias)), dtype=np.float32)
        return self.head.logits(self.features(inputs))

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        from hanshuku.inference.heads import answers

        return answers(self.task, self.logits(inputs))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network below `folder`/model and the head beside it; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=self.changed)
        self.head.save(folder)
        plain = ("pooling", "normalise", "pair", "max_length", "threshold", "precision", "changed", "moved_parameters")
        return {"backbone": backbone, "layers": list(self.layers)} | {name: getattr(self, name) for name in plain}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> EncoderPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            backbone = data["backbone"]
            settings = {key: data[key] for key in ("pooling", "normalise", "pair", "max_length", "threshold", "precision", "changed")}
        except KeyError as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json lacks {error}. Copy the function again.") from error
        more = {"moved_parameters": data.get("moved_parameters", 0), "layers": tuple(data.get("layers", ()))}
        return cls(task, load_backbone(folder, backbone), Head.load(folder), **settings, **more)

    def _vectors(self, rows: Inputs) -> np.ndarray:
        found, cut = embed_counted(
            self.loaded,
            rows,
            pooling=self.pooling,
            normalise=self.normalise,
            max_length=self.max_length,
            precision=self.precision,
            layers=self.layers,
        )
        self.cut += cut
        return found

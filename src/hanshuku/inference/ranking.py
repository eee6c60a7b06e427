"""Predictors that score the candidates of a query: by cosine of vectors (bi-encoder), or by reading both together (cross-encoder)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.base import CountsCut, Inputs
from hanshuku.inference.embed import embed_counted, limit_of
from hanshuku.inference.heads import Head
from hanshuku.inference.rank_scores import cosines, pair_scores
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from typing_extensions import Self

SAVED = ("pooling", "max_length", "precision", "changed", "moved_parameters")


@dataclass
class RankPredictor(CountsCut):
    """What both ways of ranking share.

    Attributes:
        task: of kind rank.
        loaded: the encoder; its network may be any that gives `last_hidden_state`.
        pooling: "mean", "cls" or "last".
        max_length: most tokens of a text, or of query and candidate read together; None: the model's limit.
        precision: "auto", "bf16" or "fp32".
        changed: whether weights of the network moved, so that they must be saved with the function.
        moved_parameters: how many parameters learning moved, a head's among them.
        cut: texts so far that were longer than the model reads and lost an end.
    """

    threshold = 0.5
    task: Task
    loaded: Loaded
    pooling: str
    max_length: int | None = None
    precision: str = "auto"
    changed: bool = True
    moved_parameters: int = 0
    cut: int = field(default=0, init=False)

    @property
    def total_parameters(self) -> int:
        """Parameters of the network."""
        return sum(p.numel() for p in self.loaded.network.parameters())

    @property
    def reads(self) -> int:
        """Most tokens of a text, or of query and candidate together, that are read."""
        return limit_of(self.loaded, self.max_length)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network below `folder`/model; return JSON data that `load` needs besides."""
        return {"backbone": save_backbone(self.loaded, folder, changed=self.changed)} | {name: getattr(self, name) for name in SAVED}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> Self:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        return cls(task, load_backbone(folder, _part(folder, data, "backbone")), **cls._kept(folder, data))

    @classmethod
    def _kept(cls, folder: Path, data: dict[str, Any]) -> dict[str, Any]:
        """The arguments that `load` gives besides task and network."""
        return {name: _part(folder, data, name) for name in SAVED}

    def _read(self, texts: Sequence[str] | Sequence[tuple[str, ...]], **more: Any) -> np.ndarray:
        """(N, H) pooled vectors of texts or pairs; those that were cut are counted."""
        found, cut = embed_counted(self.loaded, texts, pooling=self.pooling, max_length=self.max_length, precision=self.precision, **more)
        self.cut += cut
        return found


@dataclass
class BiRankPredictor(RankPredictor):
    """Scores candidates by the cosine of their vectors to the query's. A text that stands in many rows of a call is read once."""

    KIND: ClassVar[str] = "bi_ranking"

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples of cosines, one a candidate, in the order given."""
        info = self.loaded.info
        return cosines(inputs, lambda texts, is_query: self._read(texts, prefix=info.prefix if is_query else info.passage or info.prefix))


@dataclass
class CrossRankPredictor(RankPredictor):
    """Scores candidates by a linear head on the pooled vector of query and candidate, read as one sequence.

    A pair that stands in many rows of a call is read once.

    Attributes:
        head: (1, H); it runs in float32.
    """

    KIND: ClassVar[str] = "cross_ranking"
    head: Head = field(kw_only=True)

    @property
    def total_parameters(self) -> int:
        """Parameters of the network and the head."""
        return super().total_parameters + self.head.weight.size + self.head.bias.size

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples of scores, one a candidate, in the order given; only their order has a meaning."""
        return pair_scores(inputs, lambda pairs: self.head.logits(self._read(pairs, normalise=False))[:, 0])

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network below `folder`/model and the head beside it; return JSON data that `load` needs besides."""
        self.head.save(folder)
        return super().save(folder)

    @classmethod
    def _kept(cls, folder: Path, data: dict[str, Any]) -> dict[str, Any]:
        return super()._kept(folder, data) | {"head": Head.load(folder)}


def _part(folder: Path, data: dict[str, Any], name: str) -> Any:
    if name not in data:
        raise FunctionFolderError(f"{folder} is damaged: its function.json lacks {name!r}. Copy the function again.")
    return data[name]

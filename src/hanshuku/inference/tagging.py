"""TagPredictor: an encoder with a linear head on every token finds entities, as spans of characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.heads import Head
from hanshuku.inference.tag_reading import Tagger, TagReader
from hanshuku.inference.token_head import token_logits
from hanshuku.inference.tokens import Tokenised
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task


@dataclass
class TagPredictor(Tagger):
    """Finds entities by the likeliest legal BIO tags of a text's units.

    Long texts are read whole, by windows. No span begins or ends with a blank, and none ends inside a word.

    Attributes:
        task: of kind tag.
        loaded: the encoder; its network may be any that gives `last_hidden_state`.
        head: (1 + 2 L, H + features of `TagReader`).
        max_length: most tokens a window.
        precision: "auto", "bf16" or "fp32"; the head always runs in float32.
        changed: whether weights of the network moved, so that they must be saved with the function.
        moved_parameters: how many parameters learning moved, the head's among them.
    """

    KIND: ClassVar[str] = "tagging"
    threshold = 0.5
    task: Task
    loaded: Loaded
    head: Head
    max_length: int
    precision: str = "auto"
    changed: bool = True
    moved_parameters: int = 0

    def __post_init__(self) -> None:
        self.reader = TagReader(self.loaded.tokenizer, self.max_length)

    @property
    def total_parameters(self) -> int:
        """Parameters of the network and the head."""
        return sum(p.numel() for p in self.loaded.network.parameters()) + self.head.weight.size + self.head.bias.size

    def token_logits(self, tokens: Tokenised, features: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `Tagger.token_logits`."""
        return token_logits(self.loaded, self.head, tokens, features=features, precision=self.precision)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network below `folder`/model and the head beside it; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=self.changed)
        self.head.save(folder)
        return {"backbone": backbone} | {name: getattr(self, name) for name in ("max_length", "precision", "changed", "moved_parameters")}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> TagPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            settings = {key: data[key] for key in ("max_length", "precision", "changed", "moved_parameters")}
            return cls(task, load_backbone(folder, data["backbone"]), Head.load(folder), **settings)
        except KeyError as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json lacks {error}. Copy the function again.") from error

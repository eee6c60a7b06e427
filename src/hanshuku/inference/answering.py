"""AnswerPredictor: an encoder with a start and an end score on every token finds the answer to a question in a context."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.answer_reading import Answerer, AnswerReader
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.heads import Head
from hanshuku.inference.token_head import token_logits
from hanshuku.inference.tokens import Tokenised
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

SAVED = ("max_length", "longest", "threshold", "precision", "changed", "moved_parameters", "apart")


@dataclass
class AnswerPredictor(Answerer):
    """Finds the answer to a question in a context of any length.

    Attributes:
        task: of kind answer.
        loaded: the encoder; its network may be any that gives `last_hidden_state`.
        head: (2, H): start and end.
        max_length: most tokens a window.
        longest: most pieces of an answer.
        threshold: tasks whose answer is optional: least probability that there is one.
        precision: "auto", "bf16" or "fp32"; the head always runs in float32.
        changed: whether weights of the network moved, so that they must be saved with the function.
        moved_parameters: how many parameters learning moved, the head's among them.
        apart: whether Chinese words are read character by character, as functions saved before this field were.
    """

    KIND: ClassVar[str] = "answering"
    task: Task
    loaded: Loaded
    head: Head
    max_length: int
    longest: int = 30
    threshold: float = 0.5
    precision: str = "auto"
    changed: bool = True
    moved_parameters: int = 0
    apart: bool = False

    def __post_init__(self) -> None:
        self.reader = AnswerReader(self.loaded.tokenizer, self.max_length, null_last=self.loaded.info.pooling == "last", apart=self.apart)

    @property
    def total_parameters(self) -> int:
        """Parameters of the network and the head."""
        return sum(p.numel() for p in self.loaded.network.parameters()) + self.head.weight.size + self.head.bias.size

    def token_logits(self, tokens: Tokenised) -> list[np.ndarray]:
        """See `Answerer.token_logits`."""
        return token_logits(self.loaded, self.head, tokens, precision=self.precision)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network below `folder`/model and the head beside it; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=self.changed)
        self.head.save(folder)
        return {"backbone": backbone} | {name: getattr(self, name) for name in SAVED}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> AnswerPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            settings = {key: ({"apart": True} | data)[key] for key in SAVED}
            return cls(task, load_backbone(folder, data["backbone"]), Head.load(folder), **settings)
        except KeyError as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json lacks {error}. Copy the function again.") from error

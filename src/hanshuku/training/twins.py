"""SimCSE: a text read twice under different dropout shall lie nearer to itself than to any other text of the batch.

L = -log( exp(cos(f(x), f'(x)) / t) / sum over y of exp(cos(f(x), f'(y)) / t) ), f and f' two passes with dropout of their own, t = 0.05 (Gao et al. 2021,
arXiv 2104.08821, equation 4). Texts that occur twice in a batch are no strangers to one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from hanshuku.training.consistency import doubled, require_dropout
from hanshuku.training.contrast import Vectors

TEMPERATURE = 0.05


class Views(nn.Module):
    """The mean loss of telling each text of a batch by its other view: `input_ids` and, where it is padded, `attention_mask`, (B, T) each.

    Args:
        trunk: an encoder.
        pooling: "mean", "cls" or "last".
    """

    drops: ClassVar[bool] = True  # whether held-out views are made under dropout: where nothing else parts them

    def __init__(self, trunk: Any, pooling: str) -> None:
        super().__init__()
        self.vectors = Vectors(trunk, pooling)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """A scalar."""
        return twin_losses(*self.views(batch), same_rows(batch["input_ids"])).mean()

    def views(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(B, H) unit vectors of each text, twice."""
        raise NotImplementedError


class Twins(Views):
    """A text and itself, under other dropout; see Views.

    Raises:
        ConfigError: the trunk has no dropout, so that both passes would be the same.
    """

    def __init__(self, trunk: Any, pooling: str) -> None:
        super().__init__(trunk, pooling)
        require_dropout(trunk, "objective simcse")

    def views(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(B, H) unit vectors of two passes."""
        first, second = self.vectors(doubled(batch)).chunk(2)
        return first, second


def twin_losses(first: Tensor, second: Tensor, same: Tensor) -> Tensor:
    """(B,) losses.

    Args:
        first: (B, H) unit vectors of B texts.
        second: (B, H) of the same texts in another pass.
        same: (B, B) bool, which rows are one text; those beside a row's own place are passed over.
    """
    itself = torch.eye(len(first), dtype=torch.bool, device=first.device)
    cosines = (first @ second.T / TEMPERATURE).masked_fill(same & ~itself, float("-inf"))
    return nn.functional.cross_entropy(cosines, torch.arange(len(first), device=first.device), reduction="none")


def same_rows(ids: Tensor) -> Tensor:
    """(B, B) bool: which rows of (B, T) tokens are equal."""
    return (ids[:, None] == ids[None]).all(-1)

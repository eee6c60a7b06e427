"""SimCSE: a text read twice under different dropout shall lie nearer to itself than to any other text of the batch.

L = -log( exp(cos(f(x), f'(x)) / t) / sum over y of exp(cos(f(x), f'(y)) / t) ), f and f' two passes with dropout of their own, t = 0.05 (Gao et al. 2021,
arXiv 2104.08821, equation 4). Texts that occur twice in a batch are no strangers to one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.training.consistency import doubled, require_dropout
from hanshuku.training.contrast import Vectors

TEMPERATURE = 0.05


class Twins(nn.Module):
    """The mean loss of a batch of tokens, `input_ids` and, where it is padded, `attention_mask`, (B, T) each.

    Args:
        trunk: an encoder with dropout.
        pooling: "mean", "cls" or "last".

    Raises:
        ConfigError: it has no dropout, so that both passes would be the same.
    """

    def __init__(self, trunk: Any, pooling: str) -> None:
        super().__init__()
        require_dropout(trunk, "objective simcse")
        self.vectors = Vectors(trunk, pooling)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """A scalar."""
        first, second = self.vectors(doubled(batch)).chunk(2)
        return twin_losses(first, second, same_rows(batch["input_ids"])).mean()


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

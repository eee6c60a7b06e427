"""Mixup of hidden states: the head learns from lines between rows.

h = m h_i + (1 - m) h_j and the loss m L(h, y_i) + (1 - m) L(h, y_j), with m from Beta(a, a) and j another row of the batch (Zhang et al. 2018,
arXiv 1710.09412, on the pooled states of a transformer as Sun et al. 2020, arXiv 2010.02394). A small a mixes little; they use 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hanshuku.training.classifier import MIX_SHARE, MIX_WITH, TARGETS, TEACHER


def mixed(batch: Mapping[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """A batch that says with which row each is mixed, and how much of itself it keeps; drawn from torch's generator."""
    device = batch[TARGETS].device
    share = torch.distributions.Beta(alpha, alpha).sample().to(device)
    return {**batch, MIX_WITH: torch.randperm(len(batch[TARGETS])).to(device), MIX_SHARE: share}


def mixed_loss(loss: Callable[[Tensor, Mapping[str, Tensor]], Tensor], outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """The loss against a row's own target (and teacher) and that of the row it is mixed with, each by its part."""
    if MIX_WITH not in batch:
        return loss(outputs, batch)
    share, others = batch[MIX_SHARE], {name: batch[name][batch[MIX_WITH]] for name in (TARGETS, TEACHER) if name in batch}
    return share * loss(outputs, batch) + (1 - share) * loss(outputs, {**batch, **others})

"""AdamW in one kernel, with the clipping of gradients folded into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from hanshuku.training.config import Schedule


def make_optimiser(parameters: Mapping[str, nn.Parameter], groups: list[dict[str, Any]] | None, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW (arXiv 1711.05101) over these groups; None: matrices decay, biases, norms and other vectors do not."""
    if groups is None:
        decayed = [p for p in parameters.values() if p.ndim >= 2]
        others = [p for p in parameters.values() if p.ndim < 2]
        groups = [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}]
    filled = [group for group in groups if group["params"]]
    return torch.optim.AdamW(filled, lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True)


def clipped_step(optimiser: torch.optim.AdamW, limit: float) -> None:
    """One step with the gradient scaled down to the norm `limit` where it is longer (0: as it is); gradients are then freed.

    The kernel divides by a scale as it reads, so clipping costs one pass over the gradients, not three, and nothing is
    sent from a GPU to the processor.
    """
    if limit:
        gradients = [p.grad for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        optimiser.grad_scale = (norm / limit).clamp(min=1.0).float()  # type: ignore[attr-defined]
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)

"""Objectives: terms of the training loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task

Criterion = Callable[[Tensor, Tensor], Tensor]  # logits, targets -> mean loss, a scalar


def make_objective(task: Task, *, label_smoothing: float = 0.0, class_weights: Any = None) -> Criterion:
    """The loss of a task.

    One label: cross entropy on (B, L) logits and (B,) int64. Several: binary cross entropy on (B, L) logits and (B, L) of 0
    and 1. rate: squared error of (B, 1) logits and (B,) targets, both 0..1 of the range.

    Args:
        task: what is learned.
        label_smoothing: part of each target that is spread over all labels, 0..1 (arXiv 1512.00567, section 7).
        class_weights: (L,) weight of each label in the loss; None: all 1.

    Raises:
        ConfigError: label_smoothing is outside 0..1, or there is not one weight a label.
    """
    if not 0 <= label_smoothing < 1:
        raise ConfigError(f"label_smoothing goes from 0 to less than 1. Received: {label_smoothing}.")
    weights = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
    if weights is not None and len(weights) != len(task.labels):
        raise ConfigError(f"Give one class weight a label ({len(task.labels)}). Received: {len(weights)}.")
    if task.kind == "rate":
        return lambda logits, targets: torch.nn.functional.mse_loss(logits[:, 0].float(), targets)
    if task.several:

        def several(logits: Tensor, targets: Tensor) -> Tensor:
            smooth = targets * (1 - label_smoothing) + label_smoothing / 2
            given = None if weights is None else weights.to(logits.device)
            return torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), smooth, weight=given)

        return several
    return lambda logits, targets: torch.nn.functional.cross_entropy(
        logits.float(), targets, weight=None if weights is None else weights.to(logits.device), label_smoothing=label_smoothing
    )

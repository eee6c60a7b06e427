"""Objectives: terms of the training loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task

Criterion = Callable[[Tensor, Tensor], Tensor]  # logits, targets -> mean loss, a scalar


def make_objective(task: Task, *, label_smoothing: float = 0.0, class_weights: Any = None, focal: float = 0.0) -> Criterion:
    """The loss of a task.

    One label: cross entropy on (B, L) logits and (B,) int64. Several: binary cross entropy on (B, L) logits and (B, L) of 0
    and 1. rate: squared error of (B, 1) logits and (B,) targets, both 0..1 of the range.

    Args:
        task: what is learned.
        label_smoothing: part of each target that is spread over all labels, 0..1 (arXiv 1512.00567, section 7).
        class_weights: (L,) weight of each label in the loss; None: all 1.
        focal: gamma of the focal loss, see `focal_cross_entropy`; 0: plain.

    Raises:
        ConfigError: label_smoothing is outside 0..1, or there is not one weight a label.
    """
    if not 0 <= label_smoothing < 1:
        raise ConfigError(f"label_smoothing goes from 0 to less than 1. Received: {label_smoothing}.")
    weights = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
    if weights is not None and len(weights) != len(task.labels):
        raise ConfigError(f"Give one class weight a label ({len(task.labels)}). Received: {len(weights)}.")

    def placed(logits: Tensor) -> Tensor | None:
        return None if weights is None else weights.to(logits.device)

    if task.kind == "rate":
        return lambda logits, targets: mse_loss(logits[:, 0].float(), targets)
    if task.several:
        return lambda logits, targets: focal_binary(logits.float(), targets, placed(logits), gamma=focal, smoothing=label_smoothing)
    return lambda logits, targets: focal_cross_entropy(logits.float(), targets, placed(logits), gamma=focal, smoothing=label_smoothing)


def focal_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None, *, gamma: float = 0.0, smoothing: float = 0.0) -> Tensor:
    """Mean of (1 - p)^gamma times the cross entropy of a row, where p is the probability of its label: sure rows hardly count.

    Lin et al. 2017, arXiv 1708.02002, equation 5 (their gamma: 2). With gamma 0 it is the cross entropy.

    Args:
        logits: (B, L) float32.
        targets: (B,) int64.
        weights: (L,) of the labels; the mean is then a weighted one.
        gamma: 0..10.
        smoothing: part of a target that is spread over all labels.
    """
    if not gamma:
        return cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing)
    each = cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing, reduction="none")
    sure = logits.log_softmax(1).gather(1, targets[:, None])[:, 0].exp()
    return ((1 - sure).clamp(min=0.0) ** gamma * each).sum() / (len(targets) if weights is None else weights[targets].sum())


def focal_binary(logits: Tensor, targets: Tensor, weights: Tensor | None = None, *, gamma: float = 0.0, smoothing: float = 0.0) -> Tensor:
    """`focal_cross_entropy` where each label is there or not: (B, L) logits, (B, L) targets of 0 and 1, binary cross entropies."""
    smooth = targets * (1 - smoothing) + smoothing / 2
    if not gamma:
        return binary_cross_entropy_with_logits(logits, smooth, weight=weights)
    each = binary_cross_entropy_with_logits(logits, smooth, weight=weights, reduction="none")
    missed = torch.where(targets > 0.5, torch.sigmoid(-logits), torch.sigmoid(logits))  # 1 - p of what is true
    return (missed**gamma * each).mean()

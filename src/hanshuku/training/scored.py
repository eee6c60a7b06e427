"""Objectives in parts, between which switches stand: what a network says of a batch, its loss, and how far two such answers lie apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hanshuku.tasks import Task
from hanshuku.training.classifier import TARGETS
from hanshuku.training.objectives import Criterion


@dataclass(frozen=True)
class Scored:
    """An objective in parts.

    Attributes:
        outputs: (network, batch) -> what the network says, a tensor.
        loss: (outputs, batch) -> mean loss, a scalar.
        distance: (outputs, outputs, batch) -> how far two answers to one batch lie apart, a scalar, 0 for the same.
    """

    outputs: Callable[[Any, Any], Tensor]
    loss: Callable[[Tensor, Any], Tensor]
    distance: Callable[[Tensor, Tensor, Any], Tensor]

    def __call__(self, network: Any, batch: Any) -> Tensor:
        """The mean loss of a batch."""
        return self.loss(self.outputs(network, batch), batch)


def labels_scored(task: Task, criterion: Criterion) -> Scored:
    """The logits of a task's labels, or its number, by a criterion; distances are `jeffreys`, `binary_jeffreys` or squares."""

    def distance(first: Tensor, second: Tensor, _batch: Any) -> Tensor:
        if task.kind == "rate":
            return (first - second).square().mean()
        return binary_jeffreys(first, second) if task.several else jeffreys(first, second)

    return Scored(lambda network, batch: network(batch), lambda logits, batch: criterion(logits, batch[TARGETS]), distance)


def jeffreys(first: Tensor, second: Tensor) -> Tensor:
    """KL(p, q) + KL(q, p) of two softmaxes, the mean over rows.

    Args:
        first: (..., L) logits; minus infinity, the same in both, for what cannot be.
        second: the same.
    """
    ours, theirs = first.float().log_softmax(-1), second.float().log_softmax(-1)
    gaps = (ours - theirs).masked_fill(torch.isinf(ours), 0.0)
    return ((ours.exp() - theirs.exp()) * gaps).sum(-1).mean()


def binary_jeffreys(first: Tensor, second: Tensor) -> Tensor:
    """KL(p, q) + KL(q, p) of two Bernoulli distributions by their logits, the mean over all of them."""
    return ((first.sigmoid() - second.sigmoid()) * (first - second)).mean()

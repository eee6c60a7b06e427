"""Diagonal Fisher information: how much each weight matters to what a network answers.

F_i = E_x E_{y ~ p(y | x)} [(d log p(y | x) / d w_i)^2]. The answers y are drawn from the network itself, one a row: with the labels of the
rows in their place it would be the empirical Fisher, which is another matrix (Kunstner et al. 2019, https://arxiv.org/abs/1905.12558).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.models.device import best_device
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows

FISHER_ROWS = 200  # rows that tell it: the mean of a square settles with few, and each takes a backward of its own


def fisher_information(classifier: Classifier, rows: Rows, picked: np.ndarray, task: Task, seed: int) -> dict[str, Tensor]:
    """The diagonal Fisher information of every parameter that requires a gradient, float32, in its shape, on the processor.

    Args:
        classifier: its dropout is off while this is computed.
        rows: the rows.
        picked: (N,) which of them tell it.
        task: classify: a softmax, or a sigmoid for each of several labels; rate: a normal distribution with deviation 1.
        seed: of the answers that are drawn.
    """
    moving = {name: parameter for name, parameter in classifier.named_parameters() if parameter.requires_grad}
    found = {name: torch.zeros_like(parameter) for name, parameter in moving.items()}
    device, generator = best_device(), torch.Generator().manual_seed(seed)
    classifier.to(device)
    with _evaluating(classifier):
        for row in picked.tolist():
            batch = {name: tensor.to(device) for name, tensor in rows.collate([row]).items()}
            chance = log_chance(task, classifier(batch), generator)
            gradients = torch.autograd.grad(chance, list(moving.values()), allow_unused=True)
            for name, gradient in zip(moving, gradients, strict=True):
                if gradient is not None:
                    found[name].to(device).addcmul_(gradient, gradient, value=1.0 / len(picked))
    return {name: tensor.cpu() for name, tensor in found.items()}


def log_chance(task: Task, logits: Tensor, generator: torch.Generator) -> Tensor:
    """The log probability, a scalar, of answers drawn from the network's own distribution.

    Args:
        task: see `fisher_information`.
        logits: (B, O).
        generator: draws the answers.
    """
    if task.kind == "rate":
        drawn = logits.detach() + torch.randn(logits.shape, generator=generator).to(logits)
        return -0.5 * (logits - drawn).square().sum()
    if task.several:
        given = torch.bernoulli(logits.detach().sigmoid().cpu(), generator=generator).to(logits)
        return -nn.functional.binary_cross_entropy_with_logits(logits, given, reduction="sum")
    drawn = torch.multinomial(logits.detach().softmax(dim=1).cpu(), 1, generator=generator).to(logits.device)
    return logits.log_softmax(dim=1).gather(1, drawn).sum()


def normalised(information: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Scaled to a mean of 1 over all weights, so that each session counts alike and one strength fits all.

    Schwarz et al. 2018, https://arxiv.org/abs/1805.06370, section 3.3: what Fisher information says of the scale of a task is no measure of
    how much it matters.
    """
    total = sum(float(tensor.double().sum()) for tensor in information.values())
    count = sum(tensor.numel() for tensor in information.values())
    return {name: tensor * (count / total) if total > 0 else tensor for name, tensor in information.items()}


def decayed(old: Mapping[str, Tensor], new: Mapping[str, Tensor], decay: float) -> dict[str, Tensor]:
    """Online EWC: ``decay * old + new`` for each name, bfloat16; a head that has grown counts nothing for its new rows.

    Schwarz et al. 2018, https://arxiv.org/abs/1805.06370, equation 9: one matrix for all sessions, centred on the weights as they are now.

    Args:
        old: of the sessions before.
        new: of this session.
        decay: 0 forgets the sessions before, 1 keeps them whole.
    """
    found = {}
    for name in {**old, **new}:
        tensor = new[name].clone() if name in new else torch.zeros_like(old[name], dtype=torch.float32)
        if name in old:
            tensor[: len(old[name])] += decay * old[name].float()
        found[name] = tensor.to(torch.bfloat16)
    return found


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)

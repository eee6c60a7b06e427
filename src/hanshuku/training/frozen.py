"""Frozen weights in half precision while a model learns: autocast would cast each of them anew in every step.

Autocast keeps its casts only of weights that learn (torch/csrc/autograd/autocast_mode.cpp); a LoRA step on gemma-270m spends a seventh of
its time on the others. The products are the same to the bit, and as the casts are held for the backward anyway, the peak of memory is too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from hanshuku.inference.embed import is_half


@contextmanager
def frozen_in_half(network: nn.Module, precision: str) -> Iterator[None]:
    """While open, the frozen weights of linear layers are in bfloat16 where autocast would use them so; afterwards they are as they were.

    A weight that is also a word embedding stays whole there.

    Args:
        network: on the device where it learns.
        precision: "auto", "bf16" or "fp32".
    """
    first = next(network.parameters(), None)
    if first is None or not is_half(precision, first.device):
        yield
        return
    stored: list[tuple[nn.Linear, nn.Parameter]] = []
    for module in network.modules():
        if type(module) is nn.Linear and not module.weight.requires_grad and module.weight.dtype == torch.float32:
            stored.append((module, module.weight))
            module.weight = nn.Parameter(module.weight.detach().to(torch.bfloat16), requires_grad=False)
    try:
        yield
    finally:
        for module, weight in stored:
            module.weight = weight

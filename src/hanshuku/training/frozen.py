"""Frozen weights in half precision while a model learns: autocast would cast each of them anew in every step.

Autocast keeps its casts only of weights that learn (torch/csrc/autograd/autocast_mode.cpp); a LoRA step on gemma-270m spends a seventh of
its time on the others. The products are the same to the bit. Most published language models are stored in bfloat16, so that their frozen
weights lose nothing by it: of those the float32 copy is given up for the while, which is half of what a LoRA run would hold.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from hanshuku.inference.embed import is_half

ROWS = 8192  # of a weight that are compared at a time


@contextmanager
def frozen_in_half(network: nn.Module, precision: str) -> Iterator[None]:
    """While open, frozen weights of linear layers are in bfloat16 where autocast would use them so; afterwards they are as they were.

    Word embeddings give what they gave. A weight that bfloat16 cannot hold exactly is kept beside its half.

    Args:
        network: on the device where it learns.
        precision: "auto", "bf16" or "fp32".
    """
    device = next((parameter.device for parameter in network.parameters()), None)
    if device is None or not is_half(precision, device):
        yield
        return
    changed = _halve(network)
    try:
        yield
    finally:
        _give_back()
        while changed:  # one after the other, so that the halves go as the wholes come
            module, half = changed.pop()
            module.weight = half.whole()
            module.__dict__.pop("forward", None)


def _give_back() -> None:
    """Freed memory goes back to the system where the C library can do that (glibc): after a training it holds a gigabyte that is free."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


class _Half:
    """A weight in bfloat16, and the way back."""

    def __init__(self, weight: nn.Parameter) -> None:
        self.weight: nn.Parameter | None = nn.Parameter(weight.detach().to(torch.bfloat16), requires_grad=False)
        self.is_exact = all(torch.equal(a.float(), b) for a, b in zip(self.weight.split(ROWS), weight.split(ROWS), strict=True))
        self._whole = None if self.is_exact else weight

    def whole(self) -> nn.Parameter:
        """The weight in float32, the same one for all who share it."""
        if self._whole is None and self.weight is not None:
            self._whole = nn.Parameter(self.weight.detach().float(), requires_grad=False)
        self.weight = None
        return self._whole  # type: ignore[return-value]


def _halve(network: nn.Module) -> list[tuple[nn.Module, _Half]]:
    """Put halves where they may stand; the modules that were changed, each with its half."""
    sharing: dict[int, list[nn.Module]] = {}
    for module in network.modules():
        looks_up = isinstance(module, nn.Embedding) and "forward" not in module.__dict__
        if (type(module) is nn.Linear or looks_up) and not module.weight.requires_grad and module.weight.dtype == torch.float32:  # type: ignore[union-attr]
            sharing.setdefault(id(module.weight), []).append(module)
    changed = []
    for modules in sharing.values():  # one weight after the other, so that no more than one stands there in both forms
        half = _Half(modules[0].weight)  # type: ignore[arg-type]
        for module in modules:
            if isinstance(module, nn.Embedding):
                if not half.is_exact:
                    continue
                module.forward = _whole_rows(module)  # type: ignore[method-assign]
            module.weight = half.weight  # type: ignore[assignment]
            changed.append((module, half))
    return changed


def _whole_rows(module: nn.Embedding) -> Callable[[Tensor], Tensor]:
    """The module's own forward, over a float32 table of the rows that a batch needs: what it does besides looking up stays as it is."""
    forward = module.forward

    def look_up(ids: Tensor) -> Tensor:
        half, padding = module.weight, module.padding_idx
        needed, places = ids.unique(return_inverse=True)
        module.weight, module.padding_idx = nn.Parameter(half[needed].float(), requires_grad=False), None
        try:
            return forward(places)
        finally:
            module.weight, module.padding_idx = half, padding

    return look_up

"""Bottleneck adapters: a small network behind each feed-forward part, the only thing that moves.

Houlsby et al. 2019, https://arxiv.org/abs/1902.00751, figure 2; one a block suffices, Pfeiffer et al. 2021,
https://arxiv.org/abs/2005.00247, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hanshuku.training.blocks import all_blocks, feed_forward_outputs


class Bottleneck(nn.Module):
    """A linear layer followed by an adapter with a skip: ``h = base(x); h + up(gelu(down(h)))``.

    Args:
        base: the layer it stands behind, (..., F) -> (..., H); its weights stay as they are.
        size: width of the bottleneck, >= 1.
        generator: of the initial weights.
    """

    def __init__(self, base: nn.Linear, size: int, generator: torch.Generator) -> None:
        super().__init__()
        width = base.out_features
        self.base = base
        self.down = nn.Parameter(torch.randn(size, width, generator=generator) * width**-0.5)
        self.down_bias = nn.Parameter(torch.zeros(size))
        self.up = nn.Parameter(torch.zeros(width, size))  # zero: the network starts as it was
        self.up_bias = nn.Parameter(torch.zeros(width))

    @property
    def weight(self) -> Tensor:
        """Of the layer it stands behind: T5 asks for its type."""
        return self.base.weight

    def forward(self, x: Tensor) -> Tensor:
        """(..., F) -> (..., H)."""
        hidden = self.base(x)
        inner = nn.functional.gelu(nn.functional.linear(hidden, self.down, self.down_bias))
        return hidden + nn.functional.linear(inner, self.up, self.up_bias)


def insert_adapters(network: nn.Module, size: int, seed: int) -> list[str]:
    """Put an adapter behind the feed-forward part of every block; return the names of the new parameters.

    Args:
        network: a trunk with `config.hidden_size`; changed in place, its answers stay the same until an adapter moves.
        size: width of the bottleneck, >= 1.
        seed: of the initial weights.

    Raises:
        ConfigError: the feed-forward part was not found.
    """
    generator = torch.Generator().manual_seed(seed)
    for block in all_blocks(network):
        for name in feed_forward_outputs(block, network.config.hidden_size):
            path, _, leaf = name.rpartition(".")
            parent = block.get_submodule(path)
            setattr(parent, leaf, Bottleneck(getattr(parent, leaf), size, generator))
    inserted = [name for name, m in network.named_modules() if isinstance(m, Bottleneck)]
    return [f"{name}.{part}" for name in inserted for part in ("down", "down_bias", "up", "up_bias")]

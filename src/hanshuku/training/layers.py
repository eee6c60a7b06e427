"""Layers that learn at their own rate, and top layers that start anew."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hanshuku.errors import ConfigError
from hanshuku.training.blocks import find_blocks, stacks

SPREAD = 0.02  # deviation of new weights where the config names none, as BERT's


def rate_factors(network: Any, decay: float) -> dict[int, float]:
    """What part of the peak rate each parameter learns at, by its id; those that are not named learn at the whole rate.

    Block l of L (0 the lowest) has decay^(L - 1 - l), what stands before the blocks decay^L: low layers know of language, high ones
    of the task. Howard & Ruder 2018, arXiv 1801.06146, section 3.2 (theirs is 1 / 2.6 for an LSTM); Clark et al. 2020, arXiv 2003.10555,
    table 9, use 0.8 to 0.9 for ELECTRA.

    Args:
        network: of transformers, tuned or not; of an encoder-decoder each half decays by itself.
        decay: more than 0, at most 1.
    """
    found: dict[int, float] = {}
    for blocks in stacks(network):
        for level, block in enumerate(blocks):
            found |= {id(parameter): decay ** (len(blocks) - 1 - level) for parameter in block.parameters()}
    deepest = decay ** max(len(blocks) for blocks in stacks(network))
    for parameter in network.parameters():
        if id(parameter) in found:
            break
        found[id(parameter)] = deepest
    return found


def reinitialise(network: Any, count: int, seed: int) -> None:
    """Give the top blocks new random weights: what they know of pre-training can be in the way of few rows.

    Zhang et al. 2021, arXiv 2006.05987, section 5 (1 to 6 blocks of BERT-large). Matrices are drawn as the config says, biases
    become 0, layer norms 1 and 0; other norms, whose neutral value differs between families, stay.

    Args:
        network: a trunk of transformers, not yet tuned.
        count: blocks, counted from the top.
        seed: of the draws.

    Raises:
        ConfigError: the network has not so many blocks.
    """
    blocks = find_blocks(network)
    if count > len(blocks):
        raise ConfigError(f"reinit_layers is at most the number of the model's blocks, {len(blocks)}. Received: {count}.")
    generator = torch.Generator().manual_seed(seed)
    spread = float(getattr(network.config, "initializer_range", None) or SPREAD)
    with torch.no_grad():
        for module in (module for block in list(blocks)[len(blocks) - count :] for module in block.modules()):
            if isinstance(module, nn.Linear):
                module.weight.copy_(torch.empty(module.weight.shape).normal_(0.0, spread, generator=generator))
            elif isinstance(module, nn.LayerNorm) and module.weight is not None:
                module.weight.fill_(1.0)
            if isinstance(module, (nn.Linear, nn.LayerNorm)) and module.bias is not None:
                module.bias.zero_()

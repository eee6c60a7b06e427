"""Prefix tuning: keys and values before the text in every attention, the only thing that moves.

Li & Liang 2021, https://arxiv.org/abs/2101.00190. Written here because peft's drops the segment numbers of a pair, moves
an encoder's positions (so that the longest texts no longer fit), asks for a cache that many encoders do not take, and
loses the prefix beyond a sliding window. It enters at the attention function that transformers' models share, so every
such model keeps its positions, its windows and its length.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError

ATTENTION = "hanshuku_prefix"  # name of the attention function in transformers' table
RECORD = "hanshuku_record"
KEYS, VALUES = "prefix_keys", "prefix_values"  # parameters of each attention module, (K, size, D)


def prefix_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Scaled dot-product attention that also sees the module's prefix.

    Args:
        module: an attention module with the parameters KEYS and VALUES, (K, P, D).
        query: (B, heads, T, D).
        key: (B, K, T, D), with its positions already in it.
        value: (B, K, T, D).
        attention_mask: (B or 1, 1, T, T) of bool or to be added; None: nothing is padded.
        **kwargs: what transformers passes on: dropout, scaling, is_causal ...
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    batch, rows, columns = query.shape[0], query.shape[2], key.shape[2]
    keys, values = (getattr(module, name).to(key.dtype).expand(batch, -1, -1, -1) for name in (KEYS, VALUES))
    causal = kwargs.pop("is_causal", None)
    if attention_mask is None and (getattr(module, "is_causal", False) if causal is None else causal):
        attention_mask = torch.ones(1, 1, rows, columns, dtype=torch.bool, device=key.device).tril()
    if attention_mask is not None:  # bool: may be seen; number: what is added to the score
        seen = torch.ones if attention_mask.dtype == torch.bool else torch.zeros
        shape = (*attention_mask.shape[:-1], keys.shape[2])
        prefix = seen(shape, dtype=attention_mask.dtype, device=attention_mask.device)
        attention_mask = torch.cat((prefix, attention_mask), dim=-1)
    key, value = torch.cat((keys, key), dim=2), torch.cat((values, value), dim=2)
    return sdpa_attention_forward(module, query, key, value, attention_mask, is_causal=False, **kwargs)


def insert_prefix(network: nn.Module, tokens: Tensor) -> list[str]:
    """Give every attention a prefix that starts as what the network makes of some real tokens.

    Real activations are a far better start than random numbers (section 7.4 of the paper).

    Args:
        network: a trunk; changed in place.
        tokens: (P,) int64 ids; P is the length of the prefix.

    Returns:
        names of the new parameters.

    Raises:
        ConfigError: the model's attention does not go through transformers' shared function.
    """
    was_training = network.training
    network.eval()
    _use(network, RECORD)
    with torch.no_grad():
        network(input_ids=tokens[None], attention_mask=torch.ones_like(tokens[None]))
    network.train(was_training)
    _use(network, ATTENTION)
    names = [name for name, _ in network.named_parameters() if name.rpartition(".")[2] in (KEYS, VALUES)]
    if not names:
        raise ConfigError(f"A prefix cannot enter the attention of {type(network).__name__}. Choose tuning='lora' or 'prompt'.")
    return names


def restore_prefix(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Give the network the prefix that these parameters (name -> (K, P, D)) are."""
    for name, tensor in tensors.items():
        path, _, leaf = name.rpartition(".")
        network.get_submodule(path).register_parameter(leaf, nn.Parameter(tensor))
    _use(network, ATTENTION)


def _record(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Attention that leaves the keys and values it saw with its module, as the start of a prefix.

    They are laid out anew: a fused optimiser takes a parameter and its moments to lie in memory alike.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    module.register_parameter(KEYS, nn.Parameter(key[0].detach().float().clone(memory_format=torch.contiguous_format)))
    module.register_parameter(VALUES, nn.Parameter(value[0].detach().float().clone(memory_format=torch.contiguous_format)))
    return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)


def _use(network: nn.Module, name: str) -> None:
    """Have the network's attentions call the function of that name."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(ATTENTION, prefix_attention)
    AttentionInterface.register(RECORD, _record)
    AttentionMaskInterface.register(name, sdpa_mask)
    network.config._attn_implementation = name

"""The anatomy of a transformer, found without knowing its class: its blocks and what stands behind them."""

from __future__ import annotations

from torch import nn

from hanshuku.errors import ConfigError

_FINAL_NORMS = ("norm", "final_norm", "ln_f", "final_layer_norm")  # what stands behind the last block, as families name it


def find_blocks(network: nn.Module) -> nn.ModuleList:
    """The network's stack of transformer blocks, lowest first: its longest list of modules of one class.

    Raises:
        ConfigError: the network has no such list.
    """
    stacks = [
        module
        for module in network.modules()
        if isinstance(module, nn.ModuleList) and len(module) and len({type(block) for block in module}) == 1
    ]
    if not stacks:
        raise ConfigError(f"{type(network).__name__} has no stack of blocks. Choose tuning='all' or tuning='head'.")
    return max(stacks, key=lambda stack: (len(stack), sum(p.numel() for p in stack.parameters())))


def all_blocks(network: nn.Module) -> list[nn.Module]:
    """The blocks of the network; of an encoder-decoder those of both halves."""
    return [block for blocks in stacks(network) for block in blocks]


def stacks(network: nn.Module) -> list[nn.ModuleList]:
    """The stack of blocks of the network; of an encoder-decoder those of both halves."""
    halves = [network.get_encoder(), network.get_decoder()] if getattr(getattr(network, "config", None), "is_encoder_decoder", False) else [network]  # type: ignore[operator,union-attr]
    return [find_blocks(half) for half in halves]


def final_norms(network: nn.Module) -> list[nn.Module]:
    """The norms behind the last block: one in most causal models, none in BERT."""
    blocks = find_blocks(network)
    parent = next(m for m in network.modules() if any(child is blocks for child in m.children()))
    return [child for name, child in parent.named_children() if name in _FINAL_NORMS]


def feed_forward_outputs(block: nn.Module, width: int) -> list[str]:
    """Names in `block` of the layers that close its feed-forward part: from another width down to the hidden width.

    Args:
        block: one transformer block.
        width: the hidden width, H.

    Raises:
        ConfigError: there is none, as where the experts of a mixture are one fused tensor.
    """
    linears = [(name, m) for name, m in block.named_modules() if isinstance(m, nn.Linear)]
    names = [name for name, m in linears if m.out_features == width and m.in_features != width]
    # An attention whose heads together are wider than H closes with such a layer too; the feed-forward one stands last.
    outer = {name.split(".")[0] for name in names}
    last = [name for name in names if name.split(".")[0] == names[-1].split(".")[0]] if len(outer) > 1 else names
    if not last:
        raise ConfigError(f"The feed-forward part of {type(block).__name__} was not found. Choose tuning='lora' or 'all'.")
    return last

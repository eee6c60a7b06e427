"""Tunings: which part of a network moves when a function is fine-tuned. A new tuning is one function and one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError
from hanshuku.training.adapters import insert_adapters
from hanshuku.training.blocks import all_blocks, final_norms, find_blocks
from hanshuku.training.delta import Delta, merge, with_peft
from hanshuku.training.prefix import insert_prefix
from hanshuku.training.prompts import PromptedTrunk

WIDTH = 384  # hidden width of the models that the default rates were found on


@dataclass
class Tuned:
    """A network prepared so that only what the tuning names requires a gradient.

    Attributes:
        trunk: what to call while training and, for the kinds that do not merge, afterwards.
        names: names, in `trunk`, of the parameters that move.
        depth: how many of the lowest blocks, and everything below them, no gradient passes; their output never changes.
        kind: how the change is kept: "none", "whole", or a kind of Delta.
    """

    trunk: Any
    names: list[str]
    depth: int
    kind: str

    @property
    def moved(self) -> int:
        """Parameters of the trunk that move."""
        parameters = dict(self.trunk.named_parameters())
        return sum(parameters[name].numel() for name in self.names)

    def finish(self) -> tuple[nn.Module, Delta | None]:
        """The network as it shall answer, merged where that is exact, and what changed (None: nothing, or everything)."""
        delta = self._delta()
        network: nn.Module = merge(self.trunk) if self.kind == "peft" else self.trunk
        return network.requires_grad_(False).eval(), delta

    def _delta(self) -> Delta | None:
        if self.kind in {"none", "whole"}:
            return None
        if self.kind == "peft":
            from peft import get_peft_model_state_dict

            tensors = get_peft_model_state_dict(self.trunk)
            return Delta("peft", {name: tensor.detach().clone() for name, tensor in tensors.items()}, self.trunk.active_peft_config)
        if self.kind == "prompt":
            return Delta("prompt", {"prompt_embeddings": self.trunk.vectors.detach().clone()}, _prompt_config(self.trunk))
        parameters = dict(self.trunk.named_parameters())
        return Delta(self.kind, {name: parameters[name].detach().clone() for name in self.names})


@dataclass(frozen=True)
class TuningInfo:
    """What is known of a tuning beforehand.

    Attributes:
        prepare: makes a network Tuned: (network, size, seed, tokens) -> Tuned.
        learning_rate: a peak rate that works for AdamW on a trunk of width 384.
        narrows: the rate falls with the width of the trunk, as pretrained matrices ask; what is new in it does not.
        size: default of what `size` counts; 0: the tuning has no size.
        unit: what `size` counts.
    """

    prepare: Callable[[nn.Module, int, int, Tensor], Tuned]
    learning_rate: float
    size: int = 0
    unit: str = ""
    narrows: bool = False

    def rate_for(self, width: int) -> float:
        """The default peak rate for a trunk of this width (AdamW's best one falls as 1 / width, arXiv 2203.03466, table 3)."""
        return self.learning_rate * (WIDTH / width if self.narrows else 1.0)


def prepare(network: nn.Module, tuning: str, *, size: int = 0, seed: int = 0, tokens: Tensor | None = None) -> Tuned:
    """Make only what the tuning names require a gradient; the network is changed in place.

    Args:
        network: a trunk, encoder or causal.
        tuning: a name in TUNINGS.
        size: see `TuningInfo.unit`; 0: the tuning's default.
        seed: of initial weights.
        tokens: (P,) int64 ids of a real text; prefix and prompt start as what the network makes of its first `size` ids.

    Raises:
        ConfigError: the network has no part of the kind that the tuning needs, or not so many blocks.
    """
    info = TUNINGS[tuning]
    network.requires_grad_(requires_grad=False)
    start = torch.zeros(1, dtype=torch.int64) if tokens is None or not len(tokens) else tokens
    size = size or info.size
    start = start.repeat(-(-max(size, 1) // len(start)))[: max(size, 1)]
    with torch.random.fork_rng(devices=[]):  # peft draws from the global generator
        torch.manual_seed(seed)
        tuned = info.prepare(network, size, seed, start)
    for name, parameter in tuned.trunk.named_parameters():
        parameter.requires_grad_(name in set(tuned.names))
    return tuned


def _all(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    return Tuned(network, [name for name, _ in network.named_parameters()], 0, "whole")


def _head(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    return Tuned(network, [], len(find_blocks(network)), "none")


def _last_layers(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    blocks = find_blocks(network)
    if size >= len(blocks):
        raise ConfigError(f"The model has {len(blocks)} blocks; with tuning='last_layers' size must be less. Received: {size}.")
    moving = {id(p) for module in [*blocks[-size:], *final_norms(network)] for p in module.parameters()}
    names = [name for name, p in network.named_parameters() if id(p) in moving]
    return Tuned(network, names, len(blocks) - size, "weights")


def _bias(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    """BitFit, Ben Zaken et al. 2022, https://arxiv.org/abs/2106.10199: every bias moves and nothing else.

    Llama, Gemma and their like have no biases; there each linear layer of the blocks gets one that starts as zero.
    """
    names = [name for name, _ in network.named_parameters() if name.endswith("bias")]
    if not names:
        for block in all_blocks(network):
            for module in block.modules():
                if isinstance(module, nn.Linear):
                    module.bias = nn.Parameter(torch.zeros(module.out_features, dtype=module.weight.dtype))
        names = [name for name, _ in network.named_parameters() if name.endswith("bias")]
    return Tuned(network, names, 0, "weights")


def _adapter(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    return Tuned(network, insert_adapters(network, size, seed), 0, "adapter")


def _prefix(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    return Tuned(network, insert_prefix(network, tokens), 0, "prefix")


def _prompt(network: Any, size: int, seed: int, tokens: Tensor) -> Tuned:
    with torch.no_grad():
        vectors = network.get_input_embeddings()(tokens).float().clone()
    return Tuned(PromptedTrunk(network, vectors), ["vectors"], 0, "prompt")


def _lora(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    """LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685, on every linear layer, scaled by 2."""
    from peft import LoraConfig

    return _with_peft(network, LoraConfig(r=size, lora_alpha=2 * size, target_modules="all-linear", **_FEATURES))


def _dora(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    """DoRA, Liu et al. 2024, https://arxiv.org/abs/2402.09353: LoRA for the direction, a vector for the magnitude."""
    from peft import LoraConfig

    return _with_peft(network, LoraConfig(r=size, lora_alpha=2 * size, use_dora=True, target_modules="all-linear", **_FEATURES))


def _ia3(network: nn.Module, size: int, seed: int, tokens: Tensor) -> Tuned:
    """IA3, Liu et al. 2022, https://arxiv.org/abs/2205.05638: a scale for keys, values and feed-forward activations."""
    from peft import IA3Config

    return _with_peft(network, IA3Config(**_FEATURES))


_FEATURES: dict[str, Any] = {"task_type": "FEATURE_EXTRACTION"}


def _with_peft(network: Any, config: Any) -> Tuned:
    try:
        model = with_peft(network, config)
    except ValueError as error:
        kind = getattr(network.config, "model_type", "?")
        raise ConfigError(f"peft cannot tune the model type {kind!r} so: {error}. Choose tuning='adapter' or 'all'.") from error
    return Tuned(model, [name for name, p in model.named_parameters() if p.requires_grad], 0, "peft")


def _prompt_config(trunk: PromptedTrunk) -> Any:
    from peft import PromptTuningConfig

    config = trunk.config
    return PromptTuningConfig(
        num_virtual_tokens=trunk.vectors.shape[0], token_dim=trunk.vectors.shape[1], num_transformer_submodules=1,
        num_attention_heads=config.num_attention_heads, num_layers=config.num_hidden_layers, **_FEATURES,
    )  # fmt: skip


TUNINGS: dict[str, TuningInfo] = {
    "all": TuningInfo(_all, 1e-4, narrows=True),
    "head": TuningInfo(_head, 1e-2),
    "last_layers": TuningInfo(_last_layers, 1e-4, 2, "number of blocks, counted from the top", narrows=True),
    "bias": TuningInfo(_bias, 1e-3),
    "lora": TuningInfo(_lora, 5e-4, 8, "rank"),
    "dora": TuningInfo(_dora, 5e-4, 8, "rank"),
    "ia3": TuningInfo(_ia3, 5e-3),
    "prefix": TuningInfo(_prefix, 5e-3, 16, "virtual tokens"),
    "prompt": TuningInfo(_prompt, 5e-3, 16, "virtual tokens"),
    "adapter": TuningInfo(_adapter, 1e-3, 48, "width of the bottleneck"),
}

"""Run a BERT-type encoder through FastLayer where that gives the same model faster: bfloat16 on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.training.fast_layer import FastLayer, Masks, Shape, half, run_layer, spread
from hanshuku.training.trunk_cache import PassThrough

MODELS = {"BertModel", "RobertaModel", "XLMRobertaModel", "CamembertModel"}  # same layer, same names of its parts
LONGEST = 512  # attention probabilities are kept whole for the backward; beyond this length they would dominate memory


def layer_parts(layer: Any) -> tuple[nn.Module, ...]:
    """The eight parts of a BERT-type layer that hold parameters, in the order that FastLayer takes them."""
    attention, out = layer.attention.self, layer.attention.output
    inner = (attention.query, attention.key, attention.value, out.dense, out.LayerNorm)
    return (*inner, layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm)


def layer_parameters(layer: Any) -> list[Tensor]:
    """The 16 parameters of a BERT-type layer in the order that FastLayer takes them."""
    return [parameter for part in layer_parts(layer) for parameter in (part.weight, part.bias)]  # type: ignore[misc]


def _computed(network: Any) -> list[Any]:
    """The layers that are computed: all but the lowest ones that a frozen-trunk cache stands in for."""
    return [layer for layer in network.encoder.layer if not isinstance(layer, PassThrough)]


def can_run_fast(network: nn.Module) -> bool:
    """Whether every part of the network is the plain one that FastLayer computes: no adapter, no hook, gelu, on a CPU."""
    config: Any = getattr(network, "config", None)
    if type(network).__name__ not in MODELS or getattr(config, "is_decoder", False) or config.hidden_act != "gelu":
        return False
    if getattr(config, "_attn_implementation", "sdpa") not in {"sdpa", "eager"}:  # a prefix enters at the attention function
        return False
    if getattr(config, "position_embedding_type", "absolute") != "absolute":
        return False
    if any(getattr(layer, "gradient_checkpointing", False) for layer in network.encoder.layer):  # type: ignore[union-attr]
        return False
    for module in network.encoder.modules():  # type: ignore[union-attr,operator]
        if module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or "forward" in module.__dict__:
            return False
    if any(type(part) not in (nn.Linear, nn.LayerNorm) for layer in _computed(network) for part in layer_parts(layer)):  # type: ignore[union-attr]
        return False
    first = next(network.parameters())
    return first.device.type == "cpu" and first.dtype == torch.float32


def fast_hidden_states(
    network: Any, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None, *, weights: list[Any] | None = None
) -> Tensor:
    """The last hidden states, (B, T, H) float32; see `fast_layer_states`."""
    return fast_layer_states(network, input_ids, attention_mask, token_type_ids, weights=weights, every=False)[-1]


def fast_layer_states(
    network: Any, input_ids: Tensor, attention_mask: Tensor | None, token_type_ids: Tensor | None, *, weights: list[Any] | None, every: bool
) -> tuple[Tensor, ...]:
    """Hidden states, (B, T, H) float32, as the network's own forward gives up to bfloat16 rounding.

    Args:
        network: one for which `can_run_fast` holds.
        input_ids: (B, T) int64, T <= LONGEST.
        attention_mask: (B, T), 1 for a token and 0 for padding; None: no padding.
        token_type_ids: (B, T); None: all 0.
        weights: of each layer, see `half`, where nothing moves; None: cast anew.
        every: what goes into the first computed layer and the output of each layer; False: the output of the last one.
    """
    config, (rows, tokens) = network.config, input_ids.shape
    heads, size, layers = config.num_attention_heads, config.hidden_size, _computed(network)
    if len(layers) < len(network.encoder.layer):
        embedded = network.encoder.layer[len(network.encoder.layer) - len(layers) - 1].values  # of a frozen-trunk cache
    else:
        embedded = network.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)  # its own dropout included
    shape = Shape(rows, tokens, heads, size // heads, config.layer_norm_eps)
    bias = places = None
    if attention_mask is not None and not bool(attention_mask.all()):
        blocked = attention_mask[:, None, :] == 0
        bias = torch.zeros(rows, 1, tokens).masked_fill_(blocked, torch.finfo(torch.float32).min)
    masks = _masks(shape, len(layers), config) if network.training and layers else [Masks()] * len(layers)  # behind a cache of all layers there is none
    x = embedded.reshape(rows * tokens, size).to(torch.bfloat16)
    if weights is not None and bias is not None:
        places = attention_mask.reshape(-1).nonzero()[:, 0]  # type: ignore[union-attr]
        x = x[places]
    passed = [embedded.float()]
    for i, (layer, mask) in enumerate(zip(layers, masks, strict=True)):
        if weights is not None:
            x, _ = run_layer(x, bias, shape, mask, weights[i], places)
        else:
            x = FastLayer.apply(x, bias, shape, mask, *layer_parameters(layer))
        if every:
            passed.append(spread(x, places, shape).view(rows, tokens, size).float())
    return tuple(passed) if every else (spread(x, places, shape).view(rows, tokens, size).float(),)


def _masks(shape: Shape, layers: int, config: Any) -> list[Masks]:
    """Dropout masks for all layers from one run of random bytes: a bit of p is lost (1/256), most of the time is saved."""
    hidden, scores = shape.rows * shape.tokens * shape.heads * shape.width, shape.rows * shape.heads * shape.tokens**2
    seed = int(torch.empty((), dtype=torch.int64).random_())  # from torch's generator, so that a resumed run draws the same
    generator = np.random.Generator(np.random.SFC64(seed))
    drawn = [
        None if shape.is_long else _keep(generator, layers * scores, config.attention_probs_dropout_prob),
        _keep(generator, layers * hidden, config.hidden_dropout_prob),
        _keep(generator, layers * hidden, config.hidden_dropout_prob),
    ]
    attention, first, second = (None if part is None else part.view(layers, -1) for part in drawn)
    square = (shape.rows * shape.heads, shape.tokens, shape.tokens)
    flat = (shape.rows * shape.tokens, -1)
    return [
        Masks(
            None if attention is None else attention[i].view(square),
            None if first is None else first[i].view(flat),
            None if second is None else second[i].view(flat),
        )
        for i in range(layers)
    ]


def _keep(generator: np.random.Generator, n: int, p: float) -> Tensor | None:
    """(n,) bfloat16: 0 with probability p (to 1/256), else 1 / (1 - p)."""
    threshold = round(p * 256)
    if threshold == 0:
        return None
    drawn = torch.frombuffer(bytearray(generator.bytes(n)), dtype=torch.uint8)
    return (drawn >= threshold).to(torch.bfloat16).mul_(256 / (256 - threshold))


@contextmanager
def fast_trunks(network: nn.Module, *, frozen: bool = False) -> Iterator[None]:
    """While this lasts, each plain BERT-type trunk inside `network` runs fast wherever bfloat16 autocast is on.

    What FastLayer does not do (given embeddings or positions, long texts) goes the model's own way.
    Where nothing moves (`frozen`) and no gradient is asked for, parameters are cast to bfloat16 once instead of at each pass.
    """
    trunks: list[Any] = [module for module in network.modules() if can_run_fast(module) and "forward" not in module.__dict__]
    for trunk in trunks:
        trunk.forward = _fast_forward(trunk, trunk.forward, frozen)
    try:
        yield
    finally:
        for trunk in trunks:
            del trunk.forward


_halves: WeakKeyDictionary[nn.Module, tuple[list[tuple[nn.Parameter, int]], list[Any]]] = WeakKeyDictionary()


def _kept_halves(trunk: Any) -> list[Any]:
    """The layers' parameters in bfloat16, cast once for as long as they are the same: a small batch would spend a sixth of its time on it."""
    layers = _computed(trunk)
    given = [parameter for layer in layers for parameter in layer_parameters(layer)]
    known = _halves.get(trunk)
    if known is None or len(known[0]) != len(given) or any(a is not b or a._version != at for a, (b, at) in zip(given, known[0], strict=True)):
        known = [(parameter, parameter._version) for parameter in given], [half(layer_parameters(layer)) for layer in layers]
        _halves[trunk] = known
    return known[1]


def _fast_forward(trunk: Any, own: Callable[..., Any], frozen: bool) -> Callable[..., Any]:
    kept: list[Any] = []

    def forward(
        input_ids: Tensor | None = None, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None,
        output_hidden_states: bool | None = None, **more: Any,
    ) -> Any:  # fmt: skip
        short = input_ids is not None and input_ids.shape[1] <= LONGEST and (attention_mask is None or attention_mask.ndim == 2)
        if not short or more or not torch.is_autocast_enabled("cpu") or input_ids.device.type != "cpu":  # type: ignore[union-attr]
            more |= {} if output_hidden_states is None else {"output_hidden_states": output_hidden_states}
            return own(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, **more)
        from transformers.modeling_outputs import BaseModelOutput

        weights = None
        if frozen and not torch.is_grad_enabled() and not any(parameter.requires_grad for parameter in trunk.parameters()):
            weights = _kept_halves(trunk)
        elif frozen and not torch.is_grad_enabled():  # in the midst of learning: the same for this run over the rows
            kept.extend(half(layer_parameters(layer)) for layer in _computed(trunk)[len(kept) :])
            weights = kept
        every = bool(output_hidden_states)
        hidden = fast_layer_states(trunk, input_ids, attention_mask, token_type_ids, weights=weights, every=every)  # type: ignore[arg-type]
        return BaseModelOutput(last_hidden_state=hidden[-1], hidden_states=hidden if every else None)

    return forward

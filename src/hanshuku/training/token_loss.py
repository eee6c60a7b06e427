"""Cross entropy over a vocabulary without all logits at once: at supervised positions only, some positions at a time.

The logits of a batch are often the largest thing that a language model computes (262,144 words x 2,048 positions in float32
are 2 GB, and their gradient as much again). Here a chunk of positions is scored, its part of the gradient is taken at once, and
its logits are forgotten. Scoring each position on its own is exact, not an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from hanshuku.errors import ConfigError

LOGITS = 1 << 24  # numbers in a chunk's logits where no chunk is given: 64 MB in float32; with fewer rows at a time the weights are read more often
IGNORED = -100  # label of a position that is not supervised, as torch and transformers have it


@dataclass(frozen=True)
class LmHead:
    """How hidden states become logits: cap(scale * (hidden @ weight.T + bias)), cap(z) = softcap * tanh(z / softcap)."""

    weight: Tensor  # (V, D); may be tied to the word embedding
    bias: Tensor | None = None  # (V,)
    scale: float = 1.0  # Cohere's logit_scale, 1 / Granite's logits_scaling, T5's width ** -0.5
    softcap: float = 0.0  # Gemma 2's final_logit_softcapping (arXiv 2408.00118); 0: none


def lm_head(network: Any) -> LmHead:
    """The output layer of a transformers language model, tied or not, with what its config says of the logits.

    Args:
        network: a causal, masked or encoder-decoder language model of transformers; its last hidden states are what the layer takes.

    Raises:
        ConfigError: it has none, or one that is more than a linear map (an adapter on it, say).
    """
    layer = network.get_output_embeddings()
    if type(layer) is not nn.Linear:
        raise ConfigError(f"The output layer must be a plain linear map. Received: {type(layer).__name__} in a {type(network).__name__}; leave it out of the tuning.")
    config = network.config.get_text_config()
    scale = float(getattr(config, "logit_scale", None) or 1.0) / float(getattr(config, "logits_scaling", None) or 1.0)
    if getattr(config, "scale_decoder_outputs", False):  # T5, where its output layer is tied to the word vectors
        scale *= config.d_model**-0.5
    own = getattr(network, "final_logits_bias", None)  # BART, Marian
    return LmHead(layer.weight, layer.bias if own is None else own[0], scale, float(getattr(config, "final_logit_softcapping", None) or 0.0))


def supervised(hidden: Tensor, labels: Tensor, *, shift: bool) -> tuple[Tensor, Tensor]:
    """The hidden states that are scored, and what each must give.

    Args:
        hidden: (B, T, D) last hidden states.
        labels: (B, T) int64 token ids; IGNORED where nothing is supervised.
        shift: whether position t is scored against the label of t + 1 (causal), or of t (masked).

    Returns:
        (N, D) and (N,); N may be 0.
    """
    if shift:
        hidden, labels = hidden[:, :-1], labels[:, 1:]
    at = (labels != IGNORED).reshape(-1).nonzero()[:, 0]
    return hidden.reshape(-1, hidden.shape[-1]).index_select(0, at), labels.reshape(-1).index_select(0, at)


def chunked_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    bias: Tensor | None = None,
    *,
    weights: Tensor | None = None,
    scale: float = 1.0,
    softcap: float = 0.0,
    chunk: int = 0,
) -> Tensor:
    """The mean cross entropy of N positions, equal to the plain one; at most `chunk` x V logits live at a time.

    The gradient is taken as the loss is, so logits are computed once. Under autocast the products run in its type; logits,
    softmax and sums over chunks are float32.

    Args:
        hidden: (N, D) hidden states at supervised positions; N = 0 gives 0.
        weight: (V, D) output embedding, tied or not; it may be frozen.
        targets: (N,) int64 token ids, 0..V-1.
        bias: (V,) or None.
        weights: (N,) float, what each position counts in the sum; None: 1 / N, the mean.
        scale: logits are multiplied by it; see LmHead.
        softcap: logits are bounded to it; 0: not. See LmHead.
        chunk: positions at a time; 0: as many as give LOGITS logits.

    Raises:
        ConfigError: shapes do not belong together, or chunk is negative.
    """
    _check(hidden, weight, targets, chunk)
    head = LmHead(weight, bias, scale, softcap)
    grad = torch.is_grad_enabled()
    return _Chunked.apply(hidden, weight, bias, targets, weights, head, _positions(chunk, weight), grad)


def chunked_log_probs(hidden: Tensor, targets: Tensor, head: LmHead, *, chunk: int = 0) -> Tensor:
    """The log-probability of each target, (N,) float32, with a gradient; logits are computed again in the backward.

    For losses that are no weighted sum over tokens (preference tuning), and for measuring.

    Args:
        hidden: (N, D).
        targets: (N,) int64, 0..V-1.
        head: the output layer.
        chunk: positions at a time; 0: as many as give LOGITS logits.

    Raises:
        ConfigError: shapes do not belong together, or chunk is negative.
    """
    _check(hidden, head.weight, targets, chunk)
    size = _positions(chunk, head.weight)

    def part(states: Tensor, wanted: Tensor) -> Tensor:
        return -torch.nn.functional.cross_entropy(_logits(states, head), wanted, reduction="none")

    parts = zip(hidden.split(size), targets.split(size), strict=True)
    if torch.is_grad_enabled():
        return torch.cat([checkpoint(part, states, wanted, use_reentrant=False) for states, wanted in parts])
    return torch.cat([part(states, wanted) for states, wanted in parts])


def _check(hidden: Tensor, weight: Tensor, targets: Tensor, chunk: int) -> None:
    if hidden.ndim != 2 or weight.ndim != 2 or hidden.shape[1] != weight.shape[1] or targets.shape != hidden.shape[:1]:
        raise ConfigError(
            f"hidden is (N, D), weight (V, D) and targets (N,). Received: {tuple(hidden.shape)}, {tuple(weight.shape)} and {tuple(targets.shape)}."
        )
    if chunk < 0:
        raise ConfigError(f"chunk is a number of positions, or 0 for the default. Received: {chunk}.")


def _positions(chunk: int, weight: Tensor) -> int:
    return chunk or max(16, LOGITS // len(weight))


def _product_type(hidden: Tensor, weight: Tensor) -> torch.dtype:
    kind = hidden.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.promote_types(hidden.dtype, weight.dtype)


def _logits(states: Tensor, head: LmHead) -> Tensor:
    """(n, V) float32."""
    dtype = _product_type(states, head.weight)
    with torch.autocast(states.device.type, enabled=False):
        logits = (states.to(dtype) @ head.weight.to(dtype).t()).float()
        return _bounded(logits if head.bias is None else logits + head.bias.float(), head)


def _bounded(logits: Tensor, head: LmHead) -> Tensor:
    logits = logits if head.scale == 1.0 else logits * head.scale
    return torch.tanh(logits / head.softcap) * head.softcap if head.softcap else logits


class _Chunked(torch.autograd.Function):
    """The sum of weighted losses; its gradients are computed in the forward and scaled in the backward."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, weights: Tensor | None, head: LmHead, size: int, grad: bool
    ) -> Tensor:
        needs = [grad and needed for needed in ctx.needs_input_grad[:3]]
        dtype, n = _product_type(hidden, weight), len(hidden)
        counts = torch.full((n,), 1 / max(n, 1), device=hidden.device) if weights is None else weights.float()
        loss = torch.zeros((), device=hidden.device)
        d_hidden = torch.empty_like(hidden) if needs[0] else None
        d_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device) if needs[1] else None
        d_bias = torch.zeros(len(weight), device=weight.device) if needs[2] and bias is not None else None
        with torch.autocast(hidden.device.type, enabled=False):
            matrix = weight.to(dtype)
            for start in range(0, n, size):
                part = slice(start, start + size)
                states, wanted, count = hidden[part].to(dtype), targets[part, None], counts[part, None]
                logits = (states @ matrix.t()).float()
                logits = _bounded(logits if bias is None else logits.add_(bias.float()), head)
                slope = (1 - (logits / head.softcap).square()).mul_(head.scale) if head.softcap else head.scale
                highest, right = logits.amax(1, keepdim=True), logits.gather(1, wanted)
                total = logits.sub_(highest).exp_().sum(1, keepdim=True)  # in place: one pass of exp for the loss and the gradient
                loss += ((total.log() + highest - right) * count).sum()
                if not any(needs):
                    continue
                d_logits = logits.mul_(count / total).scatter_add_(1, wanted, -count).mul_(slope)
                if d_bias is not None:
                    d_bias += d_logits.sum(0)
                d_logits = d_logits.to(dtype)
                if d_hidden is not None:
                    d_hidden[part] = (d_logits @ matrix).to(hidden.dtype)
                if d_weight is not None:
                    d_weight += d_logits.t() @ states
        kept = d_hidden, None if d_weight is None else d_weight.to(weight.dtype), None if d_bias is None or bias is None else d_bias.to(bias.dtype)
        ctx.save_for_backward(*kept)
        return loss

    @staticmethod
    @once_differentiable  # type: ignore[misc]
    def backward(ctx: Any, d_loss: Tensor) -> tuple[Tensor | None, ...]:
        found = [None if gradient is None else gradient * d_loss.to(gradient.dtype) for gradient in ctx.saved_tensors]
        return (*found, None, None, None, None, None)

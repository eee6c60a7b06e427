"""One BERT-type layer in bfloat16 on a CPU, forward and backward written out.

transformers runs such a layer as some thirty small operations under autocast; on a CPU most of the time between the
matrix products goes into casts, per-element dropout and an attention backward made for long sequences. Here a layer is
one autograd node: query, key and value are one product, dropout reads random bytes made once a step, and only what
the backward needs is kept. Parameters stay the model's own float32 ones.

Attention over short rows keeps its probabilities; over long ones it runs in blocks and keeps none (FlashAttention, arXiv
2205.14135, as torch has it for CPUs), which at 512 tokens halves the time of a step and takes none of the memory. Blocks know
no dropout of probabilities: each is one of hundreds there, and the two other dropouts of a layer stay.

The layer is the post-norm one of BERT (arXiv 1810.04805): y = LN(x + attention(x)); out = LN(y + W2 gelu(W1 y)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_ATEN = torch.ops.aten
_HALF = torch.bfloat16
LONG = 320  # tokens from which attention runs in blocks; up to 256 that gains nothing (benchmarks/long_rows.py)


@dataclass(frozen=True)
class Shape:
    """Sizes of one call: B rows of T tokens, h heads of d numbers, H = h d."""

    rows: int
    tokens: int
    heads: int
    width: int  # of a head, d
    eps: float  # of the layer norms

    @property
    def is_long(self) -> bool:
        """Whether attention runs in blocks, without dropout of its probabilities."""
        return self.tokens >= LONG


@dataclass(frozen=True)
class Masks:
    """What dropout keeps, scaled by 1 / (1 - p); None where nothing is dropped."""

    attention: Tensor | None = None  # (B h, T, T)
    first: Tensor | None = None  # (B T, H), after attention
    second: Tensor | None = None  # (B T, H), after the feed-forward block


class FastLayer(torch.autograd.Function):
    """x (B T, H) bfloat16 -> (B T, H) bfloat16.

    Arguments after `x`: bias (B, 1, T) bfloat16 or None (0 for a token, -inf for padding), Shape, Masks, then the 16
    float32 parameters in the order of `layer_parameters`.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, shape: Shape, masks: Masks, *parameters: Tensor) -> Tensor:
        """Run the layer and keep what `backward` needs."""
        weights = half(parameters)
        out, (q, k, v, p, mixed, a, mean1, rstd1, y, z, f, mean2, rstd2) = run_layer(x, bias, shape, masks, weights)
        w_qkv, _, w_out, _, gain1, _, w_up, _, w_down, _, gain2, _ = weights
        ctx.shape, ctx.masks, ctx.bias = shape, masks, bias
        ctx.save_for_backward(x, w_qkv, q, k, v, p, mixed, w_out, a, mean1, rstd1, gain1, y, w_up, z, w_down, f, mean2, rstd2, gain2)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Gradients of x and of those parameters that move."""
        x, w_qkv, q, k, v, p, mixed, w_out, a, mean1, rstd1, gain1, y, w_up, z, w_down, f, mean2, rstd2, gain2 = ctx.saved_tensors
        shape, masks, needs, size = ctx.shape, ctx.masks, ctx.needs_input_grad[4:], x.shape[1]
        df, dg2, dc2 = _ATEN.native_layer_norm_backward(grads[0], f, (size,), mean2, rstd2, gain2, gain2, [True, True, True])
        down = df if masks.second is None else df * masks.second
        dw2, db2 = _weights(down, torch.nn.functional.gelu(z) if needs[12] else z, needs[12:14])
        dz = _ATEN.gelu_backward(down @ w_down, z)
        dw1, db1 = _weights(dz, y, needs[10:12])
        dy = torch.addmm(df, dz, w_up)
        da, dg1, dc1 = _ATEN.native_layer_norm_backward(dy, a, (size,), mean1, rstd1, gain1, gain1, [True, True, True])
        up = da if masks.first is None else da * masks.first
        dwo, dbo = _weights(up, mixed, needs[6:8])
        if not (ctx.needs_input_grad[0] or any(needs[:6])):
            d_qkv, dx = None, None
        else:
            d = _split(up @ w_out, shape)
            parts = _blocks_backward(d, q, k, v, p, mixed, ctx.bias, shape) if shape.is_long else _attend_backward(d, q, k, v, p, masks.attention, shape)
            d_qkv = _joined(parts, shape)  # (B T, 3 H)
            dx = torch.addmm(da, d_qkv, w_qkv) if ctx.needs_input_grad[0] else None
        d_in = (None,) * 6 if d_qkv is None else _qkv_weights(d_qkv, x, size, needs)
        norms = [grad.float() if need else None for grad, need in zip((dg1, dc1, dg2, dc2), (*needs[8:10], *needs[14:16]), strict=True)]
        return (dx, None, None, None, *d_in, dwo, dbo, *norms[:2], dw1, db1, dw2, db2, *norms[2:])


def half(parameters: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The 16 float32 parameters of a layer as the 12 bfloat16 ones that `run_layer` takes: query, key and value joined."""
    wq, bq, wk, bk, wv, bv, *rest = parameters
    return (torch.cat([wq, wk, wv]).to(_HALF), torch.cat([bq, bk, bv]).to(_HALF), *(tensor.to(_HALF) for tensor in rest))


def run_layer(
    x: Tensor, bias: Tensor | None, shape: Shape, masks: Masks, weights: Sequence[Tensor], places: Tensor | None = None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The layer's output (B T, H), and what a backward needs besides; arguments as those of FastLayer, weights as `half` gives.

    `places`: (N,) int64, rising; x and the output then hold only these of the B T tokens, (N, H), and the others, padding,
    cost nothing but in the attention.
    """
    w_qkv, b_qkv, w_out, b_out, gain1, c1, w_up, b_up, w_down, b_down, gain2, c2 = weights
    size = (x.shape[1],)
    q, k, v = _heads(spread(torch.addmm(b_qkv, x, w_qkv.t()), places, shape), shape)  # (B h, T, d) each
    if shape.is_long:
        found, p = _blocks(q, k, v, bias, shape)  # p: (B, h, T), the logarithm of what the softmax divides by
    else:
        p = _attend(q, k, bias, shape)  # (B h, T, T)
        found = (p if masks.attention is None else p * masks.attention) @ v
    mixed = _join(found, shape)  # (B T, H)
    mixed = mixed if places is None else mixed[places]
    a = torch.addmm(b_out, mixed, w_out.t())
    a = (a if masks.first is None else a.mul_(masks.first)).add_(x)
    y, mean1, rstd1 = _ATEN.native_layer_norm(a, size, gain1, c1, shape.eps)
    z = torch.addmm(b_up, y, w_up.t())  # (B T, I)
    f = torch.addmm(b_down, torch.nn.functional.gelu(z), w_down.t())
    f = (f if masks.second is None else f.mul_(masks.second)).add_(y)
    out, mean2, rstd2 = _ATEN.native_layer_norm(f, size, gain2, c2, shape.eps)
    return out, (q, k, v, p, mixed, a, mean1, rstd1, y, z, f, mean2, rstd2)


def spread(x: Tensor, places: Tensor | None, shape: Shape) -> Tensor:
    """(N, C), a row for each token at `places`, -> (B T, C), 0 elsewhere; without places it is whole already."""
    return x if places is None else x.new_zeros(shape.rows * shape.tokens, x.shape[1]).index_copy_(0, places, x)


def _heads(qkv: Tensor, shape: Shape) -> tuple[Tensor, Tensor, Tensor]:
    """(B T, 3 H) -> three (B h, T, d), contiguous so that the batched products are."""
    parts = qkv.view(shape.rows, shape.tokens, 3, shape.heads, shape.width).permute(2, 0, 3, 1, 4).contiguous()
    q, k, v = parts.view(3, shape.rows * shape.heads, shape.tokens, shape.width)
    return q, k, v


def _split(x: Tensor, shape: Shape) -> Tensor:
    """(B T, H) -> (B h, T, d)."""
    parts = x.view(shape.rows, shape.tokens, shape.heads, shape.width).transpose(1, 2)
    return parts.reshape(shape.rows * shape.heads, shape.tokens, shape.width)


def _join(x: Tensor, shape: Shape) -> Tensor:
    """(B h, T, d) -> (B T, H)."""
    parts = x.view(shape.rows, shape.heads, shape.tokens, shape.width).transpose(1, 2)
    return parts.reshape(shape.rows * shape.tokens, shape.heads * shape.width)


def _attend(q: Tensor, k: Tensor, bias: Tensor | None, shape: Shape) -> Tensor:
    """Attention probabilities (B h, T, T) bfloat16; the softmax runs in float32, which is faster here and exact."""
    scores = (q @ k.transpose(1, 2)).float().mul_(shape.width**-0.5)
    if bias is not None:
        scores.view(shape.rows, -1, shape.tokens).add_(bias)
    return scores.softmax(-1).to(_HALF)


def _attend_backward(d: Tensor, q: Tensor, k: Tensor, v: Tensor, p: Tensor, mask: Tensor | None, shape: Shape) -> tuple[Tensor, ...]:
    """Gradients of query, key and value, (B h, T, d) each, from that of the attention's output d (B h, T, d)."""
    dropped = p if mask is None else p * mask
    dv = dropped.transpose(1, 2) @ d
    dp = d @ v.transpose(1, 2)
    dp = (dp if mask is None else dp.mul_(mask)).float()
    ds = _ATEN._softmax_backward_data(dp, p.float(), -1, torch.float32).mul_(shape.width**-0.5).to(_HALF)
    return ds @ k, ds.transpose(1, 2) @ q, dv


def _blocks(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, shape: Shape) -> tuple[Tensor, Tensor]:
    """What attention gives (B, h, T, d), and what its backward needs (B, h, T)."""
    found, divided = _ATEN._scaled_dot_product_flash_attention_for_cpu(
        *_by_row((q, k, v), shape), 0.0, False, attn_mask=_blocked(bias, shape), scale=shape.width**-0.5
    )
    return found, divided


def _blocks_backward(d: Tensor, q: Tensor, k: Tensor, v: Tensor, divided: Tensor, mixed: Tensor, bias: Tensor | None, shape: Shape) -> tuple[Tensor, ...]:
    """As `_attend_backward`, with what `_blocks` gave."""
    d, q, k, v, found = _by_row((d, q, k, v, _split(mixed, shape)), shape)
    parts: tuple[Tensor, ...] = _ATEN._scaled_dot_product_flash_attention_for_cpu_backward(
        d, q, k, v, found, divided, 0.0, False, attn_mask=_blocked(bias, shape), scale=shape.width**-0.5
    )
    return parts


def _by_row(parts: Sequence[Tensor], shape: Shape) -> tuple[Tensor, ...]:
    """(B h, T, d) -> (B, h, T, d), each."""
    return tuple(part.view(shape.rows, shape.heads, shape.tokens, shape.width) for part in parts)


def _blocked(bias: Tensor | None, shape: Shape) -> Tensor | None:
    """The bias (B, 1, T) for every query, (B, 1, T, T), without taking memory for it."""
    return None if bias is None else bias.to(_HALF)[:, None].expand(-1, -1, shape.tokens, -1)


def _joined(parts: Sequence[Tensor], shape: Shape) -> Tensor:
    """Three (B h, T, d) -> (B T, 3 H)."""
    whole = torch.stack([part.reshape(shape.rows, shape.heads, shape.tokens, shape.width) for part in parts])  # (3, B, h, T, d)
    return whole.permute(1, 3, 0, 2, 4).reshape(shape.rows * shape.tokens, -1)


def _weights(d: Tensor, x: Tensor, needs: tuple[bool, ...]) -> tuple[Tensor | None, Tensor | None]:
    """Gradients of a linear map's weight and bias, float32, where they move."""
    return (d.t() @ x).float() if needs[0] else None, d.sum(0).float() if needs[1] else None


def _qkv_weights(d: Tensor, x: Tensor, size: int, needs: tuple[bool, ...]) -> tuple[Tensor | None, ...]:
    """Gradients of the six parameters of query, key and value from the joined gradient (B T, 3 H)."""
    weight = (d.t() @ x).float() if needs[0] or needs[2] or needs[4] else None
    bias = d.sum(0).float() if needs[1] or needs[3] or needs[5] else None
    found: list[Tensor | None] = []
    for i in range(3):
        for whole, need in ((weight, needs[2 * i]), (bias, needs[2 * i + 1])):
            found.append(whole[i * size : (i + 1) * size] if whole is not None and need else None)
    return tuple(found)

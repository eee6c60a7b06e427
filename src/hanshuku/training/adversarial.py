"""Adversarial training: learn from the words as they are and as a small push makes them worst.

The push r is added to the word embeddings e of a row, (T, H), padding left out; its length is at most size * ||e|| (Frobenius,
tokens of the row only), so one size means the same for short and long rows and for any model's scale.

- fgm: r = size ||e|| g / ||g||, g the gradient of the loss at r = 0. Miyato et al. 2017, arXiv 1605.07725, equation 5.
- pgd: r <- P(r + rate g / ||g||), K times, P back into the ball. Madry et al. 2018, arXiv 1706.06083, section 2.1.
  Both learn (L(e) + w L(e + r)) / (1 + w), with w = 1 as Goodfellow et al. 2015, arXiv 1412.6572, section 6.
- freelb: r starts random; each of K steps up is a step of learning too: the mean of L(e + r_k). Zhu et al. 2020, arXiv 1909.11764, algorithm 1.
- smart: L(e) + w D(f(e), f(e + r)), r the push that moves the answers most, D symmetric (KL both ways; squares for
  numbers). Jiang et al. 2020, arXiv 1911.03437, equation 3; the ball here is the Euclidean one as in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.training.passes import Passes

Say = Callable[[Any], Tensor]  # network -> what it says of a batch
Parts = tuple[Say, Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]
REACH = 1.5  # a way of K steps is this many times the ball's radius: its edge is reached though the way bends


@dataclass(frozen=True)
class Attack:
    """Defaults of a way to find the push."""

    size: float  # of the push, in parts of the row's embeddings
    steps: int  # K
    start: float  # the first push: uniform noise of up to this part of the size (a third of its square on average); 0: none


ATTACKS = {
    "fgm": Attack(0.05, 1, 0.0),  # Miyato's 5 on embeddings of unit variance is 0.02, FreeLB's 0.6 on BERT's about 0.05
    "pgd": Attack(0.05, 3, 0.0),
    "freelb": Attack(0.05, 3, 1.0),
    "smart": Attack(0.05, 1, 0.1),  # at r = 0 the distance has no slope, so the way begins beside it
}


class Noise:
    """The push on the word embeddings, one tensor for each time they are read in a pass.

    Args:
        embedding: (B, T) ids -> (B, T, H).
        pad_id: fills rows up on the right.
        size: most length of a push, in parts of the row's embeddings.
        start: see Attack.
    """

    def __init__(self, embedding: nn.Module, pad_id: int, size: float, start: float) -> None:
        self.embedding, self.pad_id, self.size, self.start = embedding, pad_id, size, start
        self.pushes: list[Tensor] = []  # (B, T, H) each
        self.radii: list[Tensor] = []  # (B, 1, 1): the greatest length of each row's push
        self._masks: list[Tensor] = []  # (B, T, 1): 1 for a token
        self._reads = 0

    @contextmanager
    def added(self) -> Iterator[None]:
        """While open, the push is added wherever the words are read."""
        hook = self.embedding.register_forward_hook(self._add)
        try:
            yield
        finally:
            hook.remove()
            self.pushes, self.radii, self._masks = [], [], []

    def rewind(self) -> None:
        """The next read is the first of a pass."""
        self._reads = 0

    def _add(self, _module: nn.Module, given: tuple[Any, ...], embedded: Tensor) -> Tensor:
        if self._reads == len(self.pushes):
            self._begin(given[0], embedded.detach())
        push = self.pushes[self._reads]
        self._reads += 1
        return embedded + push.to(embedded.dtype)

    def _begin(self, ids: Tensor, embedded: Tensor) -> None:
        mask = real_tokens(ids, self.pad_id)[..., None].float()
        radius = self.size * row_norms(embedded.float() * mask)
        push = torch.zeros_like(embedded, dtype=torch.float32)
        if self.start:
            numbers = mask.sum(1, keepdim=True).clamp(min=1) * embedded.shape[-1]
            push.uniform_(-1, 1).mul_(mask * self.start * radius / numbers.sqrt())
        self.pushes.append(push.requires_grad_())
        self.radii.append(radius)
        self._masks.append(mask)

    def climb(self, rate: float, gradients: Sequence[Tensor | None] | None = None) -> None:
        """Move each row's push by rate * radius along its gradient, and back into the ball.

        Args:
            rate: length of the step, in radii.
            gradients: of each push; None: those that backward left there.
        """
        found = [push.grad for push in self.pushes] if gradients is None else gradients
        moved = []
        for push, gradient, radius, mask in zip(self.pushes, found, self.radii, self._masks, strict=True):
            whole = push.detach()
            if gradient is not None:
                steep = gradient.float() * mask
                whole = whole + rate * radius * steep / row_norms(steep)
            moved.append((whole * (radius / row_norms(whole)).clamp(max=1.0)).requires_grad_())
        self.pushes = moved


def row_norms(values: Tensor) -> Tensor:
    """(B, 1, 1) Frobenius norms of the rows of (B, T, H), never quite 0."""
    return values.flatten(1).norm(dim=1).clamp(min=1e-20)[:, None, None]


def real_tokens(ids: Tensor, pad_id: int) -> Tensor:
    """(B, T) bool: all but the run of padding at the end of each row."""
    return (ids != pad_id).flip(1).cumsum(1).flip(1) > 0


@contextmanager
def held_still(network: nn.Module) -> Iterator[None]:
    """While open, no parameter asks for a gradient: only the push does."""
    moving = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in moving:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in moving:
            parameter.requires_grad_(True)


@dataclass(frozen=True)
class Adversary:
    """An attack with its settings.

    Attributes:
        kind: a name in ATTACKS.
        noise: the push.
        steps: K.
        weight: w.
    """

    kind: str
    noise: Noise
    steps: int
    weight: float

    def passes(self, parts: Callable[[Any], Parts]) -> Passes:
        """The objective under attack.

        Args:
            parts: batch -> what is said by a network, its loss, and the distance of two such answers.
        """
        count = {"fgm": 2, "pgd": 2, "freelb": self.steps, "smart": 1}[self.kind]
        way = {"fgm": self._pushed, "pgd": self._pushed, "freelb": self._free, "smart": self._smooth}[self.kind]
        return Passes(count, lambda network, batch: way(network, *parts(batch)))

    def _pushed(self, network: Any, say: Say, loss: Callable[[Tensor], Tensor], _distance: Any) -> Generator[Tensor]:
        """Passes of fgm and pgd: as it is, then with the push, whose first step comes from the gradient of the first pass."""
        rate, share = min(1.0, REACH / self.steps), 1 / (1 + self.weight)
        with self.noise.added():
            yield share * loss(self._said(network, say))
            self.noise.climb(rate)
            for _ in range(self.steps - 1):
                self._seek(network, loss, say, rate)
            yield (1 - share) * loss(self._said(network, say))

    def _free(self, network: Any, say: Say, loss: Callable[[Tensor], Tensor], _distance: Any) -> Generator[Tensor]:
        """Passes of freelb: each with the push as far as it has come."""
        with self.noise.added():
            for step in range(self.steps):
                if step:
                    self.noise.climb(min(1.0, REACH / self.steps))
                yield loss(self._said(network, say)) / self.steps

    def _smooth(self, network: Any, say: Say, loss: Callable[[Tensor], Tensor], distance: Callable[[Tensor, Tensor], Tensor]) -> Generator[Tensor]:
        """The pass of smart: how far the push moves the answers is a part of the loss."""
        said = say(network)
        still, bare = said.detach(), getattr(network, "module", network)
        with self.noise.added():
            for _ in range(self.steps):
                self._seek(network, lambda other: distance(other, still), say, min(1.0, REACH / self.steps))
            yield loss(said) + self.weight * distance(said, self._said(bare, say))

    def _said(self, network: Any, say: Say) -> Tensor:
        self.noise.rewind()
        return say(network)

    def _seek(self, network: Any, height: Callable[[Tensor], Tensor], say: Say, rate: float) -> None:
        """A step of the push up the height of what is said; nothing else learns from it."""
        bare = getattr(network, "module", network)  # no part in the averaging over processes
        with held_still(bare):
            high = height(self._said(bare, say))
            with torch.autocast(high.device.type, enabled=False):
                gradients = torch.autograd.grad(high, self.noise.pushes, allow_unused=True)
        self.noise.climb(rate, gradients)

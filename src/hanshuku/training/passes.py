"""Passes: an objective may ask for several backward passes over one batch, so that no two graphs are held at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Passes:
    """An objective whose loss is a sum of parts, each sent backward before the next is computed.

    Attributes:
        count: how many parts there are, the same for every batch.
        losses: (network, batch) -> the parts, in order; between two of them the gradients of the first stand ready.
    """

    count: int
    losses: Callable[[Any, Any], Generator[Tensor]]


def in_passes(objective: Callable[[Any, Any], Tensor] | Passes) -> Passes:
    """Any objective as passes: a plain one is one pass."""
    if isinstance(objective, Passes):
        return objective

    def once(network: Any, batch: Any) -> Generator[Tensor]:
        yield objective(network, batch)

    return Passes(1, once)

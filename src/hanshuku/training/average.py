"""Averages of the weights that a run passes through: what is judged, kept and returned in place of the last ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

PREFIX = "average/"  # of the names in a checkpoint
MEMORY = 0.1  # part of a run's steps that an EMA reaches back where no decay is given
LATE = 0.5  # part of a run after which weights go into the soup: before it the rate is high and they are far off


@dataclass(frozen=True)
class Average:
    """What is averaged.

    ema: a_t = d a_(t-1) + (1 - d) w_t after each step (Polyak & Juditsky 1992, https://doi.org/10.1137/0330046; for networks
    Tarvainen & Valpola 2017, arXiv 1703.01780), where d is min(decay, (1 + t) / (10 + t)), so that the first weights are soon forgotten.
    soup: the plain mean of the weights after each step of the second half of the run (SWA, Izmailov et al. 2018, arXiv 1803.05407;
    Wortsman et al. 2022, arXiv 2203.05482, mix the ends of separate runs so).

    Attributes:
        kind: "none", "ema" or "soup".
        decay: of the EMA, 0..1; 0: 1 - 1 / (MEMORY * steps), so that it fits runs of any length.
    """

    kind: str = "none"
    decay: float = 0.0

    def share(self, step: int, total: int) -> float:
        """What part the weights after this step have in the new average.

        Args:
            step: steps taken, 1 or more.
            total: steps planned.
        """
        if self.kind == "ema":
            longest = self.decay or 1 - 1 / max(MEMORY * total, 2.0)
            return 1 - min(longest, (1 + step) / (10 + step))
        first = int(LATE * total) + 1
        return 1.0 / (step - first + 1) if self.kind == "soup" and step >= first else 1.0


class Averager:
    """The running average of a network's weights; of kind "none" it holds nothing and does nothing.

    Args:
        average: what is averaged.
        moving: the tensors that change while the network learns; those that are no floats are left as they are.
    """

    def __init__(self, average: Average, moving: Mapping[str, Tensor]) -> None:
        self.average = average
        self._live = {name: tensor for name, tensor in moving.items() if tensor.is_floating_point()} if average.kind != "none" else {}
        self._mean = {name: tensor.detach().clone() for name, tensor in self._live.items()}

    def note_step(self, step: int, total: int) -> None:
        """Take in the weights as they are after this step, of so many planned."""
        if self._live:
            torch._foreach_lerp_(list(self._mean.values()), [tensor.detach() for tensor in self._live.values()], self.average.share(step, total))

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While open, the network has the averaged weights."""
        kept = {name: tensor.detach().clone() for name, tensor in self._live.items()}
        self.install()
        try:
            yield
        finally:
            self._copy(kept)

    def install(self) -> None:
        """Give the network the averaged weights for good."""
        self._copy(self._mean)

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps."""
        return {PREFIX + name: tensor for name, tensor in self._mean.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the average from a checkpoint."""
        for name, tensor in self._mean.items():
            tensor.copy_(tensors[PREFIX + name])

    def _copy(self, source: Mapping[str, Tensor]) -> None:
        for name, tensor in self._live.items():
            tensor.detach().copy_(source[name])

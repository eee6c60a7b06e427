"""Workers: the processes that train together, by way of accelerate; alone where there is one process."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import MissingExtra
from hanshuku.inference.embed import best_device


class Workers:
    """This process among those that torchrun or accelerate started."""

    def __init__(self) -> None:
        self._accelerator: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1 or os.environ.get("ACCELERATE_USE_FSDP") == "true":
            try:
                from accelerate import Accelerator
            except ImportError as error:
                raise MissingExtra("accelerate", "train", "Training in several processes") from error
            self._accelerator = Accelerator(cpu=not torch.cuda.is_available())
        self.count: int = self._accelerator.num_processes if self._accelerator else 1
        self.rank: int = self._accelerator.process_index if self._accelerator else 0
        self.device: torch.device = self._accelerator.device if self._accelerator else best_device()

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> Any:
        """The network with its gradients averaged over the processes."""
        return self._accelerator.prepare_model(network) if self._accelerator else network

    def share(self, rows: np.ndarray, whole: int) -> tuple[np.ndarray, float]:
        """This process's rows of a part of a batch, and the weight of their mean loss.

        With the weights, the average of all processes' gradients is the gradient of the mean over the `whole` batch's rows.
        A process left without rows takes one with weight 0, so that all take part in the averaging.
        """
        if self.count == 1:
            return rows, len(rows) / whole
        mine = np.array_split(rows, self.count)[self.rank]
        if not len(mine):
            return rows[:1], 0.0
        return mine, self.count * len(mine) / whole

    def mean(self, value: Tensor) -> float:
        """The mean of a scalar over the processes."""
        if self.count == 1:
            return float(value)
        return float(self._accelerator.reduce(value.reshape(1), "mean"))

    def agree(self, number: int) -> int:
        """The smallest of the processes' numbers, so that all plan alike."""
        if self.count == 1:
            return number
        return int(self._accelerator.gather(torch.tensor([number], device=self.device)).min())

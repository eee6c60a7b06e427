"""Workers: the processes that train together, by way of accelerate; alone where there is one process."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.models.device import best_device


class Workers:
    """This process among those that torchrun or accelerate started. Each holds the whole network.

    Raises:
        ConfigError: a launcher asks for sharded weights.
        MissingExtra: there are several processes and accelerate is not installed.
    """

    def __init__(self) -> None:
        self._accelerator: Any = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            if os.environ.get("ACCELERATE_USE_FSDP") == "true":
                raise ConfigError("Each process trains with the whole network (DDP). Received: ACCELERATE_USE_FSDP=true. Run: accelerate launch --multi_gpu")
            try:
                from accelerate import Accelerator, DistributedDataParallelKwargs
            except ImportError as error:
                raise MissingExtra("accelerate", "train", "Training in several processes") from error
            # A parameter may have no part in a batch's loss; without the search for such, the next step would fail.
            handlers = [DistributedDataParallelKwargs(find_unused_parameters=True)]
            self._accelerator = Accelerator(cpu=not torch.cuda.is_available(), kwargs_handlers=handlers)
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

    def averaging(self, network: Any, *, now: bool) -> AbstractContextManager[Any]:
        """The context of a part of a step: gradients are averaged after the last part only."""
        return nullcontext() if now or self._accelerator is None else network.no_sync()

    def share(self, rows: np.ndarray, terms: np.ndarray, whole: int) -> tuple[np.ndarray, float]:
        """This process's rows of a part of a batch, and the weight of their mean loss.

        With the weights, the average of all processes' gradients is the gradient of the mean over the `whole` batch's terms.
        A process left without rows takes one with weight 0, so that all take part in the averaging.
        """
        if self.count == 1:
            return rows, int(terms[rows].sum()) / whole
        mine = np.array_split(rows, self.count)[self.rank]
        if not len(mine):
            return rows[:1], 0.0
        return mine, self.count * int(terms[mine].sum()) / whole

    def mean(self, values: Tensor) -> list[float]:
        """The mean over the processes of each of (N,) values."""
        if self._accelerator is not None:
            values = self._accelerator.reduce(values, "mean")
        return [float(value) for value in values.tolist()]

    def least(self, number: int) -> int:
        """The smallest of the processes' numbers, so that all plan alike."""
        if self._accelerator is None:
            return number
        return int(self._accelerator.gather(torch.tensor([number], device=self.device)).min())

    def first(self, value: float) -> float:
        """The first process's value, so that all decide alike."""
        if self._accelerator is None:
            return value
        from accelerate.utils import broadcast

        return float(broadcast(torch.tensor([value], dtype=torch.float64, device=self.device))[0])

"""Modes of a network while it learns, put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from hanshuku.errors import ConfigError


@contextmanager
def as_it_was(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Train mode, and the same bits from the same seed, while this lasts; what was set before is set again after it."""
    was_training, on_gpu = network.training, device.type == "cuda"
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng([device] if on_gpu else []):
        network.train()
        if on_gpu:  # on a processor all that is used here repeats itself anyway
            torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            network.train(was_training)
            if on_gpu:
                torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@contextmanager
def checkpointed_activations(network: nn.Module) -> Iterator[None]:
    """Activations are computed twice while this lasts, in the outermost transformers model inside `network`.

    Raises:
        ConfigError: there is none that can.
    """
    able: Any = next((m for m in network.modules() if getattr(m, "supports_gradient_checkpointing", False)), None)
    if able is None:
        raise ConfigError(f"gradient_checkpointing needs a transformers model that supports it. Received: {type(network).__name__}.")
    able.gradient_checkpointing_enable({"use_reentrant": False})
    try:
        yield
    finally:
        able.gradient_checkpointing_disable()

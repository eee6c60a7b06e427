"""Where networks run."""

from __future__ import annotations

from typing import Any

import torch


def best_device() -> torch.device:
    """The GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def on_device(network: Any) -> Any:
    """The network on the best device, in evaluation mode; one that is moved within inference mode can learn afterwards too."""
    with torch.inference_mode(mode=False):
        return network.to(best_device()).eval()

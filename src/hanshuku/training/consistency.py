"""R-Drop: two passes over a row under different dropout shall say the same.

L = 1/2 (L(f1) + L(f2)) + a/4 (KL(f1, f2) + KL(f2, f1)): half of Liang et al. 2021, arXiv 2106.14448, equation 4, so that the loss
stays on the scale of the plain one. Their a is 1 to 5 for classification. Both passes are one, of each row twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError
from hanshuku.training.classifier import MIX_SHARE, MIX_WITH, TARGETS, TEACHER


def doubled(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A batch with each row twice, the second time behind all the first; targets (and what a teacher says) stay, as each half is held against them."""
    found = {name: tensor if name in {TARGETS, TEACHER, MIX_SHARE} else torch.cat([tensor, tensor]) for name, tensor in batch.items()}
    if MIX_WITH in batch:
        found[MIX_WITH] = torch.cat([batch[MIX_WITH], batch[MIX_WITH] + len(batch[MIX_WITH])])
    return found


def require_dropout(network: nn.Module, what: str = "consistency") -> None:
    """
    Raises:
        ConfigError: nothing in the network drops anything, so that both passes would be the same.
    """
    if not any(isinstance(module, nn.Dropout) and module.p > 0 for module in network.modules()):
        hint = "Set dropout, or choose adversarial=smart." if what == "consistency" else "Take another model, or objective mlm."
        raise ConfigError(f"{what} compares two passes under dropout, and nothing in this network has any. {hint}")

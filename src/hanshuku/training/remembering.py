"""Terms of the loss that keep a network from forgetting: EWC, distillation of its own old answers, orthogonal subspaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hanshuku.tasks import Task


@dataclass(frozen=True)
class Anchor:
    """Elastic weight consolidation: ``1/2 sum_i F_i (w_i - a_i)^2``.

    Kirkpatrick et al. 2017, https://arxiv.org/abs/1612.00796, equation 3; with one running F, Schwarz et al. 2018,
    https://arxiv.org/abs/1805.06370.

    Attributes:
        weights: name -> the parameter as it was, a.
        fisher: name -> F, in the same shape or, of a head that has grown, with fewer rows.
    """

    weights: Mapping[str, Tensor]
    fisher: Mapping[str, Tensor]

    def loss(self, network: nn.Module) -> Tensor:
        """The penalty, a scalar, of the network's parameters of these names."""
        parameters = dict(network.named_parameters())
        total = next(iter(parameters.values())).new_zeros(())
        for name, fisher in self.fisher.items():
            moved = parameters[name][: len(fisher)] - self.weights[name][: len(fisher)].to(total.device)
            total = total + 0.5 * (fisher.to(total.device) * moved * moved).sum()
        return total


def softened_loss(task: Task, logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Knowledge distillation: how far the answers are from the teacher's, both softened.

    Li & Hoiem 2016, https://arxiv.org/abs/1606.09282, equation 2, times the temperature squared, which keeps the size of its gradient (Hinton
    et al. 2015, https://arxiv.org/abs/1503.02531, section 2). One label: cross entropy less the teacher's own entropy; several: the
    same of each label's sigmoid; rate: squared error.

    Args:
        task: what is answered.
        logits: (B, O).
        teacher: (B, K) of the first K <= O labels; only these count.
        temperature: > 0; 1 leaves the answers as sharp as they are.
    """
    logits = logits[:, : teacher.shape[1]]
    if task.kind == "rate":
        return nn.functional.mse_loss(logits, teacher)
    if task.several:
        soft = (teacher / temperature).sigmoid()
        cross = nn.functional.binary_cross_entropy_with_logits(logits / temperature, soft)
        own = nn.functional.binary_cross_entropy_with_logits(teacher / temperature, soft)
        return (cross - own) * temperature**2
    mine, theirs = (logits / temperature).log_softmax(dim=1), (teacher / temperature).log_softmax(dim=1)
    return nn.functional.kl_div(mine, theirs, log_target=True, reduction="batchmean") * temperature**2


def dark_loss(logits: Tensor, stored: Tensor) -> Tensor:
    """DER: mean squared error to the logits that were stored with a row, over the labels that were known then.

    Buzzega et al. 2020, https://arxiv.org/abs/2004.07211, equation 5.

    Args:
        logits: (B, O).
        stored: (B, O), NaN for labels that were not known.
    """
    known = ~stored.isnan()
    return (logits - stored)[known].square().mean() if bool(known.any()) else logits.new_zeros(())


def overlap(network: nn.Module, subspaces: Mapping[str, Tensor]) -> Tensor:
    """O-LoRA: how far the LoRA directions that learn now are from orthogonal to the earlier ones, sum of ``|A_old A^T|`` over the layers.

    Wang et al. 2023, https://arxiv.org/abs/2310.14152, equation 6 (their code takes absolute values).

    Args:
        network: a peft model, or what holds one.
        subspaces: path of a layer -> (k, F), the earlier rows of its A.
    """
    found = [
        (subspaces[path].to(weight.device) @ weight.float().T).abs().sum()
        for path, weight in lora_rows(dict(network.named_parameters())).items()
        if path in subspaces
    ]
    return torch.stack(found).sum() if found else next(network.parameters()).new_zeros(())


def lora_rows(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Path of each layer under LoRA, as the plain network names it -> its A, (r, F).

    Args:
        named: the parameters of a peft model by name, or of what holds one.
    """
    found = {}
    for name, tensor in named.items():
        path, mark, _ = name.partition(".lora_A.")
        if mark:
            found[path.rpartition("base_model.model.")[2]] = tensor
    return found

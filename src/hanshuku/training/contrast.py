"""The contrastive objective over unique texts, and batches in which every text has a partner.

Every pair of a batch counts at once, so memory grows with the texts and not with their pairs (Khosla et al. 2020,
arXiv 2004.11362, equation 2), with graded instead of equal partners where labels overlap or targets lie near.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.inference.embed import pool
from hanshuku.inference.tokens import length_breaks
from hanshuku.tasks import Task
from hanshuku.training.classifier import VALUES
from hanshuku.training.trunk_cache import TrunkCache

PARTNERS = 4  # texts of one label that stand together in a batch
NEAR = 0.1  # targets of a rate that lie this part of the range apart are partners by 1/e


class Vectors(nn.Module):
    """Unit vectors (B, H) float32 of a batch, by a trunk and a pooling."""

    def __init__(self, trunk: nn.Module, pooling: str) -> None:
        super().__init__()
        self.trunk, self.pooling = trunk, pooling
        self.cache: TrunkCache | None = None

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Of a batch that holds what the trunk takes, and where its lower blocks are cached their values; texts of unlike lengths are computed apart, as no text needs another's padding."""
        mask = batch.get("attention_mask")
        if mask is None or mask.device.type != "cpu":
            return self._unit(batch)
        lengths = mask.sum(1)
        order = torch.argsort(lengths, descending=True, stable=True)
        found = []
        for rows in torch.tensor_split(order, length_breaks(lengths[order].tolist())):
            width = int(lengths[rows[0]])
            part = {name: tensor[rows, :width] for name, tensor in batch.items()}
            if bool(part["attention_mask"].all()):
                del part["attention_mask"]
            found.append(self._unit(part))
        return torch.cat(found)[torch.argsort(order)]

    def _unit(self, batch: dict[str, Tensor]) -> Tensor:
        if self.cache is not None:
            self.cache.values = batch[VALUES]
            batch = {name: tensor for name, tensor in batch.items() if name != VALUES}
        found = pool(self.trunk(**batch).last_hidden_state, batch.get("attention_mask"), self.pooling)
        return nn.functional.normalize(found, dim=-1)


def affinity(task: Task, targets: Tensor) -> Tensor:
    """(B, B) float32, 0..1: how much two rows should lie together.

    One label: 1 for the same. Several: labels in both over labels in either (Jaccard). rate: exp(-|a - b| / NEAR).

    Args:
        task: what the targets are of.
        targets: (B,) int64; (B, L) of 0 and 1; or (B,) of 0..1.
    """
    if task.kind == "rate":
        return torch.exp(-(targets[:, None] - targets[None, :]).abs() / NEAR)
    if task.several:
        both = targets @ targets.T
        either = targets.sum(1)[:, None] + targets.sum(1)[None, :] - both
        return torch.where(either > 0, both / either.clamp(min=1), 1.0)
    return (targets[:, None] == targets[None, :]).float()


def partner_scores(vectors: Tensor, temperature: float) -> Tensor:
    """(B, B) cosines of (B, H) unit vectors over the temperature; minus infinity on the diagonal, as none is its own partner."""
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    return (vectors @ vectors.T / temperature).masked_fill(itself, float("-inf"))


def contrastive_loss(vectors: Tensor, near: Tensor, temperature: float) -> Tensor:
    """Mean cross entropy between where the partners of each row are and where its cosines say they are; a scalar.

    A row without a partner is only a stranger to the others. Without any partner at all the loss is 0.

    Args:
        vectors: (B, H) of length 1.
        near: (B, B), see `affinity`; the diagonal is passed over.
        temperature: cosines are divided by it.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    log_chances = torch.log_softmax(partner_scores(vectors, temperature), dim=1).masked_fill(itself, 0.0)
    near = near.masked_fill(itself, 0.0)
    total = near.sum(1)
    has_partner = total > 1e-6
    each = -(near * log_chances).sum(1) / total.clamp(min=1e-6)
    return each[has_partner].mean() if bool(has_partner.any()) else vectors.sum() * 0.0


def agreement_loss(first: Tensor, second: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """Pairs that should agree more have the greater cosine: log(1 + sum exp((cos_i - cos_j) / t)) over target_i < target_j.

    Su 2022, CoSENT, https://kexue.fm/archives/8847.

    Args:
        first: (B, H) unit vectors of the first texts.
        second: (B, H) unit vectors of the second texts.
        targets: (B,) how much each pair agrees, 0..1.
        temperature: cosines are divided by it.
    """
    cosines = (first * second).sum(1) / temperature
    gaps = cosines[:, None] - cosines[None, :]
    wrong = gaps.masked_fill(targets[:, None] >= targets[None, :], float("-inf")).reshape(-1)
    return torch.logsumexp(torch.cat([wrong.new_zeros(1), wrong]), dim=0)


def companies(strata: np.ndarray, count: int, seed: int, size: int = PARTNERS) -> list[np.ndarray]:
    """`count` groups of up to `size` rows of one stratum, every stratum as often as any other.

    Args:
        strata: (N,) what rows have in common.
        count: groups wanted; 1 or more.
        seed: of the shuffles.
        size: rows a group; a stratum with fewer rows gives all that it has.
    """
    rng = np.random.default_rng(seed)
    rows_of: list[Any] = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    waiting: list[list[int]] = [[] for _ in rows_of]
    found: list[np.ndarray] = []
    while len(found) < count:
        for k in rng.permutation(len(rows_of)):
            if len(waiting[k]) < min(size, len(rows_of[k])):
                fresh = rng.permutation(rows_of[k]).tolist()
                waiting[k] += sorted(fresh, key=waiting[k].__contains__)  # those that wait already come last: nobody stands twice in a group
            found.append(np.array(waiting[k][:size]))
            waiting[k] = waiting[k][size:]
    return found[:count]

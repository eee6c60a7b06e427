"""Classifier: a trunk, a pooling and a linear head, with the rows that it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError
from hanshuku.inference.embed import autocast, pool
from hanshuku.inference.heads import Head
from hanshuku.inference.tokens import Tokenised, model_inputs, token_batches
from hanshuku.models.device import best_device
from hanshuku.training.trunk_cache import TrunkCache
from hanshuku.training.used_rows import UsedRows

WIDTHS = 8  # batches are padded to a multiple of this: for each shape of a product oneDNN keeps compiled code, in all hundreds of MB
VECTORS, VALUES, TARGETS, FEATURES = "vectors", "trunk_values", "targets", "features"
MIX_WITH, MIX_SHARE = "mix_with", "mix_share"  # (B,) the row that each is mixed with, and what part of itself it keeps
TEACHER = "teacher"  # (B, K) what the function said of the row before it learned on
OURS = (VECTORS, VALUES, TARGETS, FEATURES, MIX_WITH, MIX_SHARE, TEACHER)  # names in a batch beside what the trunk takes


class Classifier(nn.Module):
    """Logits of a linear head on the pooled hidden states of a trunk.

    Args:
        trunk: gives `last_hidden_state` (B, T, H).
        outputs: O, number of labels, 1 for rate.
        width: H.
        pooling: "mean", "cls" or "last".
        dropout: share of the pooled vector that is dropped while training, 0..1.
        seed: of the head's initial weights.
        normalise: scale each pooled vector to length 1.
    """

    def __init__(
        self, trunk: nn.Module, outputs: int, width: int, *, pooling: str, dropout: float, seed: int, normalise: bool = False
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.pooling = pooling
        self.normalise = normalise
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)
        self.cache: TrunkCache | None = None
        with torch.no_grad():
            self.head.weight.normal_(0.0, 0.02, generator=torch.Generator().manual_seed(seed))
            self.head.bias.zero_()

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, O) float32 logits of a batch that `Rows.collate` made."""
        pooled = batch[VECTORS] if VECTORS in batch else self.pooled(batch)
        if MIX_WITH in batch:
            pooled = torch.lerp(pooled[batch[MIX_WITH]], pooled, batch[MIX_SHARE])
        return nn.functional.linear(self.dropout(pooled), self.head.weight, self.head.bias).float()

    def pooled(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, H) float32, what the head reads."""
        found = pool(self.states(batch), batch.get("attention_mask"), self.pooling)
        return nn.functional.normalize(found, dim=-1) if self.normalise else found

    def states(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, T, H) last hidden states."""
        if self.cache is not None:
            self.cache.values = batch[VALUES]
        hidden: Tensor = self.trunk(**{name: tensor for name, tensor in batch.items() if name not in OURS}).last_hidden_state
        return hidden

    def linear_head(self, mean: np.ndarray | None = None, deviation: np.ndarray | None = None) -> Head:
        """The head as the predictor keeps it; it takes standardised vectors back to plain ones where these are given."""
        weight = self.head.weight.detach().double().cpu().numpy()
        bias = self.head.bias.detach().double().cpu().numpy()
        if mean is not None and deviation is not None:
            weight = weight / deviation
            bias = bias - weight @ mean
        return Head(weight.astype(np.float32), bias.astype(np.float32))


class Rows:
    """Tokenised rows with their targets, as batches for a Classifier.

    Args:
        tokens: N rows.
        targets: (N,) int64, (N, L) float32 or (N,) float32 of 0..1.
        pad_id: the tokenizer's padding id.
        vectors: (N, H) float32 where the trunk's output is known and only a head learns.
    """

    def __init__(self, tokens: Tokenised, targets: np.ndarray, pad_id: int, *, vectors: np.ndarray | None = None) -> None:
        self.tokens = tokens
        self._lengths = tokens.lengths
        self._longest = int(self._lengths.max()) if len(tokens) else 0
        self.targets = torch.from_numpy(targets)
        self.pad_id = pad_id
        self.vectors = None if vectors is None else torch.from_numpy(vectors)
        self.used: UsedRows | None = None
        self.cache: TrunkCache | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def lengths(self) -> list[int]:
        """(N,) what a row costs: its tokens, or 1 where only a head learns."""
        return [1] * len(self) if self.vectors is not None else [int(n) for n in self._lengths]

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        """What the trunk takes for these rows."""
        longest = int(self._lengths[list(rows)].max())
        found: dict[str, Tensor] = model_inputs(self.tokens, rows, self.pad_id, min(-(-longest // WIDTHS) * WIDTHS, self._longest))
        if self.used is not None:
            found["input_ids"] = self.used.ids(found["input_ids"])
        return found

    def collate(self, rows: list[int]) -> dict[str, Tensor]:
        """A batch of these rows."""
        if self.vectors is not None:
            return {VECTORS: self.vectors[rows], TARGETS: self.targets[rows]}
        batch = self.inputs(rows) | {TARGETS: self.targets[rows]}
        if self.cache is not None:
            values = self.cache.rows(rows)
            batch[VALUES] = nn.functional.pad(values, (0, 0, 0, batch["input_ids"].shape[1] - values.shape[1]))
        return batch

    def logits(self, classifier: Classifier, rows: Sequence[int], precision: str) -> np.ndarray:
        """(len(rows), O) float32 logits of these rows, in their order, without dropout."""
        index = np.asarray(rows, dtype=np.int64)
        device = best_device()
        lengths = np.asarray(self.lengths)[index]
        found = np.empty((len(index), classifier.head.out_features), dtype=np.float32)
        was_training = classifier.training
        classifier.eval()
        with torch.no_grad(), autocast(precision, device):
            for places in token_batches(lengths):
                batch = {name: tensor.to(device) for name, tensor in self.collate(index[places].tolist()).items()}
                found[places] = classifier(batch).float().cpu().numpy()
        classifier.train(was_training)
        return found


def parameter_groups(
    classifier: nn.Module, learning_rate: float, head_rate: float, weight_decay: float, factors: Mapping[int, float] | None = None
) -> list[dict[str, Any]]:
    """Groups for AdamW: the head learns at its own rate; biases, norms and vectors are not decayed.

    Args:
        classifier: its parameters that require a gradient are grouped.
        learning_rate: peak rate of the trunk.
        head_rate: peak rate of the head.
        weight_decay: decoupled decay of matrices.
        factors: what part of its rate a parameter learns at, by its id, see `rate_factors`; None: all of it.

    Raises:
        ConfigError: all that moves of the trunk has one and the same factor.
    """
    if factors and len({factors.get(id(p), 1.0) for name, p in classifier.named_parameters() if p.requires_grad and not name.startswith("head.")}) < 2:
        raise ConfigError("layer_decay parts the rates of layers, and here what moves lies in one layer or in none. Choose tuning=all, lora or another that moves several.")
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in classifier.named_parameters():
        if parameter.requires_grad:
            rate = (head_rate if name.startswith("head.") else learning_rate) * (factors or {}).get(id(parameter), 1.0)
            decay = weight_decay if parameter.ndim == 2 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": found, "lr": rate, "weight_decay": decay} for (rate, decay), found in groups.items()]

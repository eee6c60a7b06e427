"""TokenClassifier: a trunk and a linear head on every token, with the windows that it learns from, and its two losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.inference.tokens import Tokenised, token_batches
from hanshuku.training.classifier import FEATURES, TARGETS, Classifier, Rows
from hanshuku.training.objectives import focal_cross_entropy
from hanshuku.training.scored import Scored, jeffreys

IGNORED = -100  # target of a token that is not judged


class TokenClassifier(Classifier):
    """Logits (B, T, O) of a linear head on every hidden state of a trunk, and on features beside it.

    Args:
        trunk: gives `last_hidden_state` (B, T, H).
        outputs: O.
        width: H.
        features: F, numbers of a token that the head reads behind its hidden state.
        dropout: share of the hidden state that is dropped while training, 0..1.
        seed: of the head's initial weights.
    """

    def __init__(self, trunk: nn.Module, outputs: int, width: int, *, features: int = 0, dropout: float, seed: int) -> None:
        super().__init__(trunk, outputs, width + features, pooling="cls", dropout=dropout, seed=seed)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, T, O) float32 logits of a batch that `TokenRows.collate` made."""
        read = self.dropout(self.states(batch).float())
        if FEATURES in batch:
            read = torch.cat([read, batch[FEATURES]], dim=-1)
        return nn.functional.linear(read, self.head.weight, self.head.bias).float()


class TokenRows(Rows):
    """Windows with their targets, as batches for a TokenClassifier.

    Args:
        tokens: W windows.
        targets: W arrays: (T,) int64 tags (IGNORED: not judged); or (K, 2) int64 positions of the first and the last token of
            each accepted answer.
        pad_id: the tokenizer's padding id.
        features: W arrays (T, F) float32; (): none.
    """

    def __init__(self, tokens: Tokenised, targets: Sequence[np.ndarray], pad_id: int, *, features: Sequence[np.ndarray] = ()) -> None:
        super().__init__(tokens, np.zeros(len(tokens), dtype=np.int64), pad_id)
        self.each = [torch.from_numpy(target) for target in targets]
        self.features = [torch.from_numpy(given) for given in features]

    def collate(self, rows: list[int]) -> dict[str, Tensor]:
        """A batch of these windows; targets padded with IGNORED."""
        batch = super().collate(rows)
        width = batch["input_ids"].shape[1]
        targets = nn.utils.rnn.pad_sequence([self.each[i] for i in rows], batch_first=True, padding_value=IGNORED)
        if targets.ndim == 2:
            targets = nn.functional.pad(targets, (0, width - targets.shape[1]), value=IGNORED)
        batch[TARGETS] = targets
        if self.features:
            given = nn.utils.rnn.pad_sequence([self.features[i] for i in rows], batch_first=True)
            batch[FEATURES] = nn.functional.pad(given, (0, 0, 0, width - given.shape[1]))
        return batch

    def window_logits(self, classifier: TokenClassifier, rows: Sequence[int], precision: str) -> list[np.ndarray]:
        """For each of these windows (T, O) float32 logits, in their order, without dropout."""
        from hanshuku.inference.embed import autocast
        from hanshuku.models.device import best_device

        index, device = np.asarray(rows, dtype=np.int64), best_device()
        lengths = self.tokens.lengths[index]
        found: list[np.ndarray] = [np.empty(0)] * len(index)
        was_training = classifier.training
        classifier.eval()
        with torch.no_grad(), autocast(precision, device):
            for places in token_batches(lengths):
                batch = {name: tensor.to(device) for name, tensor in self.collate(index[places].tolist()).items()}
                for place, given in zip(places.tolist(), classifier(batch).cpu().numpy(), strict=True):
                    found[place] = given[: lengths[place]]
        classifier.train(was_training)
        return found


def tag_loss(logits: Tensor, batch: dict[str, Tensor], *, smoothing: float = 0.0, focal: float = 0.0) -> Tensor:
    """Mean cross entropy (with `focal` as gamma the focal one) over the judged tokens of (B, T, O) logits; 0 where none is judged."""
    targets = batch[TARGETS].reshape(-1)
    judged = targets != IGNORED
    if not bool(judged.any()):
        return logits.sum() * 0.0
    return focal_cross_entropy(logits.reshape(len(targets), -1)[judged], targets[judged], gamma=focal, smoothing=smoothing)


def tags_scored(*, smoothing: float = 0.0, focal: float = 0.0) -> Scored:
    """`tag_loss` as an objective in parts; the distance is that of the judged tokens' labels."""

    def distance(first: Tensor, second: Tensor, batch: Any) -> Tensor:
        judged = batch[TARGETS] != IGNORED
        return jeffreys(first[judged], second[judged]) if bool(judged.any()) else first.sum() * 0.0

    return Scored(lambda network, batch: network(batch), lambda logits, batch: tag_loss(logits, batch, smoothing=smoothing, focal=focal), distance)


def spans_scored() -> Scored:
    """`span_loss` as an objective in parts; the distance is that of where answers start, and of where they end."""

    def distance(first: Tensor, second: Tensor, batch: Any) -> Tensor:
        return 2 * jeffreys(*(_without_padding(logits, batch).transpose(1, 2) for logits in (first, second)))

    return Scored(lambda network, batch: network(batch), span_loss, distance)


def _without_padding(logits: Tensor, batch: Any) -> Tensor:
    mask = batch.get("attention_mask")
    return logits if mask is None else logits.masked_fill(mask[..., None] == 0, float("-inf"))


def span_loss(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Minus the mean log probability that start and end point at one of the accepted answers; logits (B, T, 2).

    Several answers, or one that stands in several places, share their probability (Clark & Gardner 2018, arXiv 1710.10723, eq. 5).
    """
    chances = torch.log_softmax(_without_padding(logits, batch), dim=1)
    targets = batch[TARGETS]  # (B, K, 2)
    there = targets[..., 0] != IGNORED
    safe = targets.clamp(min=0)
    own = torch.gather(chances[..., 0], 1, safe[..., 0]) + torch.gather(chances[..., 1], 1, safe[..., 1])
    return -torch.logsumexp(own.masked_fill(~there, float("-inf")), dim=1).mean()



"""A language model in training: rows of tokens in, the loss of the supervised ones out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from hanshuku.inference.tree_scoring import layer_windows
from hanshuku.models.device import best_device
from hanshuku.training.prompts import PromptedTrunk
from hanshuku.training.scored import Scored
from hanshuku.training.token_loss import IGNORED, chunked_cross_entropy, chunked_log_probs, lm_head, supervised

TokenRow = tuple[Sequence[int], Sequence[bool]]  # ids, and which of them are supervised


class LanguageModel(nn.Module):
    """A network that writes, with the mean loss of the supervised tokens of a batch; logits are computed for these alone, in chunks.

    Args:
        tuned: a network of transformers, one that peft has changed, or a PromptedTrunk around one.
    """

    SHIFT: ClassVar[bool]  # whether a hidden state foretells the token behind it, as in a causal network, or the label at its own place

    def __init__(self, tuned: Any) -> None:
        super().__init__()
        self.tuned = tuned
        self.vectors: Tensor | None = tuned.vectors if isinstance(tuned, PromptedTrunk) else None
        self._causal = [bare(tuned)]  # in a list: its weights stand in `tuned`

    @property
    def causal(self) -> Any:
        """The network itself."""
        return self._causal[0]

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The mean loss; see `rows` for the batch."""
        states, targets = supervised(self.hidden(batch), batch["labels"], shift=self.SHIFT)
        head = lm_head(self.causal)
        return chunked_cross_entropy(states, head.weight, targets, head.bias, scale=head.scale, softcap=head.softcap)

    def log_probs(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(N,) log-probability of each supervised token, in the order of rows, with a gradient."""
        states, targets = supervised(self.hidden(batch), batch["labels"], shift=self.SHIFT)
        return chunked_log_probs(states, targets, lm_head(self.causal))

    def rows(self, rows: Sequence[TokenRow], *, pad_id: int, room: int = 0) -> dict[str, Tensor]:
        """A batch of rows of tokens: what `hidden` takes, and `labels`, IGNORED where nothing is supervised."""
        raise NotImplementedError

    def hidden(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(B, T, D) last hidden states, one for each label."""
        raise NotImplementedError


def texts_scored() -> Scored:
    """The mean loss of a batch as an objective in parts: all of it is in the first, as no logits are kept to be compared."""
    return Scored(lambda network, batch: network(batch), lambda loss, _batch: loss, lambda loss, _other, _batch: loss.new_zeros(()))


def bare(tuned: Any) -> Any:
    """The network inside what a tuning made of it."""
    inner = tuned.trunk if isinstance(tuned, PromptedTrunk) else tuned
    return inner.get_base_model() if hasattr(inner, "get_base_model") else inner


class Speaker(LanguageModel):
    """A causal language model in training.

    Args:
        tuned: a causal network of transformers, one that peft has changed, or a PromptedTrunk around one.
    """

    SHIFT = True

    def __init__(self, tuned: Any) -> None:
        super().__init__(tuned)
        self.windows = layer_windows(self.causal.config)

    def rows(self, rows: Sequence[TokenRow], *, pad_id: int, room: int = 0) -> dict[str, Tensor]:
        """See `token_rows`."""
        return token_rows(rows, pad_id=pad_id, room=room)

    def hidden(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(B, T, D) last hidden states, without those of learned vectors."""
        ids, given = batch["input_ids"], {}
        if "segments" in batch:
            given = {"attention_mask": self._masks(batch["segments"], batch["positions"]), "position_ids": batch["positions"]}
        if self.vectors is None:
            return self.causal.base_model(input_ids=ids, use_cache=False, **given).last_hidden_state  # padding is on the right: no mask is needed
        embedded = self.causal.get_input_embeddings()(ids)
        shown = self.vectors.to(embedded.dtype).expand(len(ids), -1, -1)
        return self.causal.base_model(inputs_embeds=torch.cat([shown, embedded], dim=1), use_cache=False).last_hidden_state[:, len(self.vectors) :]

    def _masks(self, segments: Tensor, positions: Tensor) -> Any:
        """Additive masks by which a token sees its own segment up to itself, one for each kind of layer."""
        same = (segments[:, :, None] == segments[:, None, :]) & (positions[:, :, None] >= positions[:, None, :])
        dtype = self.causal.get_input_embeddings().weight.dtype
        masks = {}
        for kind, window in self.windows.items():
            seen = same if window is None else same & (positions[:, :, None] - positions[:, None, :] < window)
            masks[kind] = torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, torch.finfo(dtype).min)[:, None]
        return masks if len(masks) > 1 else next(iter(masks.values()))


def token_rows(rows: Sequence[TokenRow], *, pad_id: int, room: int = 0) -> dict[str, Tensor]:
    """A batch of rows of tokens: `input_ids` and `labels` (B, T), padded on the right.

    Args:
        rows: (ids, which of them are supervised).
        pad_id: filler.
        room: tokens of a packed row; several rows then stand behind one another in one, with `segments` (B, T) that tell them
            apart (0: padding) and `positions` that begin anew with each, so that none sees its neighbour; 0: a row each.
    """
    bins = _packed([len(ids) for ids, _ in rows], room) if room else [[i] for i in range(len(rows))]
    width = max(sum(len(rows[i][0]) for i in group) for group in bins)
    ids, labels = torch.full((len(bins), width), pad_id), torch.full((len(bins), width), IGNORED)
    segments, positions = torch.zeros((len(bins), width), dtype=torch.long), torch.zeros((len(bins), width), dtype=torch.long)
    for line, group in enumerate(bins):
        start = 0
        for number, i in enumerate(group, 1):
            tokens, marks = torch.tensor(rows[i][0]), torch.tensor(rows[i][1])
            part = slice(start, start + len(tokens))
            ids[line, part] = tokens
            labels[line, part] = torch.where(marks, tokens, IGNORED)
            labels[line, start] = IGNORED  # the first token of a row is not foretold by its neighbour's last
            segments[line, part], positions[line, part] = number, torch.arange(len(tokens))
            start += len(tokens)
    batch = {"input_ids": ids, "labels": labels}
    return batch | {"segments": segments, "positions": positions} if room else batch


def _packed(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Rows put into as few bins of `room` tokens as first-fit-decreasing finds; a longer row is a bin of its own."""
    bins: list[list[int]] = []
    left: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        place = next((place for place, free in enumerate(left) if free >= lengths[i]), None)
        if place is None:
            bins.append([i])
            left.append(room - lengths[i])
        else:
            bins[place].append(i)
            left[place] -= lengths[i]
    return bins


def mean_loss(speaker: LanguageModel, rows: Sequence[TokenRow], *, pad_id: int, budget: int = 4096) -> float:
    """The mean loss of all supervised tokens of these rows, in nats; batches of at most `budget` padded tokens."""
    device = best_device()
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i][0]))
    total, count, start = 0.0, 0, 0
    with torch.no_grad():
        while start < len(order):
            size = max(1, budget // len(rows[order[start]][0]))
            batch = speaker.rows([rows[i] for i in order[start : start + size]], pad_id=pad_id)
            found = int((batch["labels"] != IGNORED).sum())  # the first token of a row is never one of them
            total += float(speaker({name: tensor.to(device) for name, tensor in batch.items()})) * found
            count += found
            start += size
    return total / max(count, 1)

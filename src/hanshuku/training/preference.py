"""Direct preference optimisation: a causal model learns to find better answers likelier than worse ones, as far as it may leave its reference.

Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, equation 7; labels that may be wrong: https://ericmitchell.ai/cdpo.pdf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.training.speaker import Speaker, token_rows
from hanshuku.training.token_loss import IGNORED


@dataclass(frozen=True)
class Pair:
    """A prompt with a better and a worse answer, as token ids."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]

    def __len__(self) -> int:
        """Tokens that the model reads for it."""
        return 2 * len(self.prompt) + len(self.chosen) + len(self.rejected)


def pair_rows(pairs: Sequence[Pair], reference: np.ndarray, *, pad_id: int) -> dict[str, Tensor]:
    """A batch of pairs: the 2 B rows of `token_rows`, better answers first, with `reference` (B,) float32.

    Args:
        pairs: B pairs.
        reference: (B,) log-probability of the better answer less that of the worse one, by the reference model.
        pad_id: filler.
    """
    answers = [(pair.prompt, pair.chosen) for pair in pairs] + [(pair.prompt, pair.rejected) for pair in pairs]
    rows = [(prompt + answer, [False] * len(prompt) + [True] * len(answer)) for prompt, answer in answers]
    return {**token_rows(rows, pad_id=pad_id), "reference": torch.from_numpy(np.asarray(reference, dtype=np.float32))}


class PreferenceSpeaker(Speaker):
    """A Speaker whose loss is that of preferences.

    Args:
        tuned: see Speaker.
        beta: how dear it is to leave the reference, > 0.
        label_smoothing: probability that a label is wrong way round, 0..0.5.
    """

    def __init__(self, tuned: Any, beta: float, label_smoothing: float = 0.0) -> None:
        super().__init__(tuned)
        self.beta, self.label_smoothing = beta, label_smoothing

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The mean loss of a batch of `pair_rows`."""
        return preference_loss(self.ratios(batch), batch["reference"], self.beta, self.label_smoothing)

    def ratios(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(B,) log-probability of the better answer less that of the worse one."""
        chosen, rejected = self.answer_log_probs(batch).chunk(2)
        return chosen - rejected

    def answer_log_probs(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(R,) log-probability of each row's supervised tokens together."""
        supervised = batch["labels"][:, 1:] != IGNORED
        row = torch.arange(len(supervised), device=supervised.device).repeat_interleave(supervised.sum(1))
        log_probs = self.log_probs(batch)
        return torch.zeros(len(supervised), device=log_probs.device).index_add(0, row, log_probs)


def preference_loss(ratios: Tensor, reference: Tensor, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """The mean of -log sigmoid(beta * (ratios - reference)); smoothed, a share of each pair counts the other way round.

    Args:
        ratios: (B,) log-probability of the better answer less that of the worse one, by the model in training.
        reference: (B,) the same by the reference.
        beta: > 0.
        label_smoothing: 0..0.5.
    """
    margins = beta * (ratios - reference)
    right, wrong = (torch.nn.functional.logsigmoid(sign * margins) for sign in (1, -1))
    return -((1 - label_smoothing) * right + label_smoothing * wrong).mean()


def measured_ratios(speaker: PreferenceSpeaker, pairs: Sequence[Pair], *, pad_id: int, budget: int = 4096) -> np.ndarray:
    """(N,) float64 log-probability of the better answer less that of the worse one, without a gradient.

    Args:
        speaker: asked in evaluation mode; its mode is put back.
        pairs: N pairs.
        pad_id: filler.
        budget: padded tokens of a batch.
    """
    device = next(speaker.parameters()).device
    was_training = speaker.training
    speaker.eval()
    order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i]))
    found = np.zeros(len(pairs))
    start = 0
    with torch.no_grad():
        while start < len(order):
            longest = max(len(pairs[order[start]].prompt) + len(answer) for answer in (pairs[order[start]].chosen, pairs[order[start]].rejected))
            part = order[start : start + max(1, budget // (2 * longest))]
            batch = pair_rows([pairs[i] for i in part], np.zeros(len(part)), pad_id=pad_id)
            found[part] = speaker.ratios({name: tensor.to(device) for name, tensor in batch.items()}).double().cpu().numpy()
            start += len(part)
    speaker.train(was_training)
    return found

"""An encoder-decoder in training: sources and answers in, the loss of the answers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from hanshuku.inference.encoder_decoder import source_inputs
from hanshuku.training.speaker import LanguageModel, Speaker, TokenRow, bare
from hanshuku.training.token_loss import IGNORED


class Translator(LanguageModel):
    """The mean loss of the answers' tokens; logits are computed in chunks.

    Args:
        tuned: an encoder-decoder of transformers, one that peft has changed, or a PromptedTrunk around one.
    """

    SHIFT = False

    def rows(self, rows: Sequence[TokenRow], *, pad_id: int, room: int = 0) -> dict[str, Tensor]:
        """A batch of rows of tokens, source and then answer: `input_ids`, `attention_mask` (B, T), `decoder_input_ids`, `labels` (B, A)."""
        sources = [[token for token, mark in zip(ids, marks, strict=True) if not mark] for ids, marks in rows]
        answers = [[token for token, mark in zip(ids, marks, strict=True) if mark] for ids, marks in rows]
        config = self.causal.config
        start = self.causal.generation_config.decoder_start_token_id
        start = config.decoder_start_token_id if start is None else start
        labels = _padded(answers, IGNORED)
        shifted = torch.cat([torch.full((len(rows), 1), int(start)), labels[:, :-1]], dim=1)
        return {
            "input_ids": _padded(sources, pad_id),
            "attention_mask": _padded([[1] * len(source) for source in sources], 0),
            "decoder_input_ids": shifted.masked_fill(shifted == IGNORED, pad_id),
            "labels": labels,
        }

    def hidden(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(B, A, D) last hidden states of the decoder."""
        given = source_inputs(self.causal, batch["input_ids"], batch["attention_mask"], self.vectors)
        states = self.causal.get_encoder()(**given).last_hidden_state
        out: Any = self.causal.get_decoder()(
            input_ids=batch["decoder_input_ids"], encoder_hidden_states=states, encoder_attention_mask=given["attention_mask"], use_cache=False
        )
        return out.last_hidden_state


def speaker_of(tuned: Any) -> LanguageModel:
    """The network in training, by its kind: causal or encoder-decoder."""
    return Translator(tuned) if bare(tuned).config.is_encoder_decoder else Speaker(tuned)


def _padded(rows: Sequence[Sequence[int]], filler: int) -> Tensor:
    found = torch.full((len(rows), max(map(len, rows))), filler, dtype=torch.long)
    for i, row in enumerate(rows):
        found[i, : len(row)] = torch.tensor(list(row), dtype=torch.long)
    return found

"""A linear head on every token of an encoder: what answering and tagging read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from hanshuku.inference.embed import autocast
from hanshuku.inference.heads import Head
from hanshuku.inference.tokens import BATCH_TOKENS, Tokenised, model_inputs, token_batches
from hanshuku.models.device import best_device, on_device
from hanshuku.models.load import Loaded
from hanshuku.training.fast_encoder import fast_trunks


@torch.inference_mode()
def token_logits(
    loaded: Loaded, head: Head, tokens: Tokenised, *, features: Sequence[np.ndarray] = (), precision: str = "auto", budget: int = BATCH_TOKENS
) -> list[np.ndarray]:
    """Logits of every token of N rows: N arrays (T_i, O) float32.

    Args:
        loaded: the encoder; it is put in evaluation mode, on the GPU if there is one.
        head: (O, H + F); it runs in float32.
        tokens: N rows.
        features: N arrays (T_i, F) that the head reads behind the hidden state; (): none.
        precision: "auto", "bf16" or "fp32".
        budget: padded tokens of a batch.
    """
    device = best_device()
    network: Any = on_device(loaded.network)
    pad_id = loaded.tokenizer.pad_token_id or 0
    found: list[np.ndarray] = [np.empty(0)] * len(tokens)
    with fast_trunks(network, frozen=True):
        for rows in token_batches(tokens.lengths, budget):
            inputs = {name: tensor.to(device) for name, tensor in model_inputs(tokens, rows, pad_id).items()}
            with autocast(precision, device):
                hidden = network(**inputs).last_hidden_state
            states = hidden[:, -inputs["input_ids"].shape[1] :].float().cpu().numpy()
            for i, logits in zip(rows, head.token_logits(states, tokens.lengths[rows], [features[i] for i in rows] if len(features) else ()), strict=True):
                found[i] = logits
    return found

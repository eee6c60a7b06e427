"""Beam search, by transformers: several answers are kept side by side and the likeliest whole one is returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hanshuku.inference.decoder import Completion, Limits
from hanshuku.inference.encoder_decoder import source_inputs

BATCH_TOKENS = 8192  # prompt tokens of all beams that are run at once


def search_beams(
    network: Any, prompts: Sequence[Sequence[int]], limits: Limits, *, beams: int, vectors: Tensor | None = None
) -> list[Completion]:
    """The likeliest of `beams` answers to each prompt, by log-probability over length.

    Args:
        network: a causal language model or an encoder-decoder of transformers.
        prompts: token ids, at least one each.
        limits: when to stop.
        beams: answers kept side by side, 2 or more.
        vectors: (P, D) learned vectors before every prompt; None: there are none.
    """
    found = [Completion() for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row]))
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // (beams * (len(prompts[order[start]]) + limits.max_new_tokens)))
        rows = order[start : start + size]
        start += size
        for row, completion in zip(rows, _batch(network, [prompts[row] for row in rows], limits, beams, vectors), strict=True):
            found[row] = completion
    return found


def _batch(network: Any, prompts: list[Sequence[int]], limits: Limits, beams: int, vectors: Tensor | None) -> list[Completion]:
    device = next(network.parameters()).device
    longest = max(map(len, prompts))
    stops = sorted(limits.stops)
    ids = torch.full((len(prompts), longest), stops[0] if stops else 0)
    mask = torch.zeros_like(ids)
    for i, prompt in enumerate(prompts):
        place = slice(0, len(prompt)) if network.config.is_encoder_decoder else slice(longest - len(prompt), longest)
        ids[i, place], mask[i, place] = torch.tensor(prompt), 1
    given: dict[str, Any] = {"input_ids": ids.to(device), "attention_mask": mask.to(device)}
    if network.config.is_encoder_decoder:
        given = source_inputs(network, ids.to(device), mask.to(device), vectors)
    elif vectors is not None:
        embedded = network.get_input_embeddings()(given["input_ids"])
        shown = vectors.to(embedded)[None].expand(len(prompts), -1, -1)
        ones = mask.new_ones((len(prompts), len(vectors))).to(device)
        given = {"inputs_embeds": torch.cat([shown, embedded], dim=1), "attention_mask": torch.cat([ones, given["attention_mask"]], dim=1)}
    with torch.inference_mode():
        out = network.generate(
            **given, num_beams=beams, do_sample=False, temperature=None, top_p=None, top_k=None, max_new_tokens=limits.max_new_tokens,
            eos_token_id=stops or None, pad_token_id=stops[0] if stops else 0, return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
    skipped = 1 if network.config.is_encoder_decoder else 0 if vectors is not None else longest
    written = out.sequences[:, skipped:]
    found = []
    for tokens, score in zip(written.tolist(), out.sequences_scores.tolist(), strict=True):
        end = next((place for place, token in enumerate(tokens) if token in limits.stops), None)
        count = len(tokens) if end is None else end + 1
        found.append(Completion(tokens if end is None else tokens[:end], score * count, count, end is not None))
    return found

"""How many bits a language model needs for a given answer, behind the prompt that it would be asked with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from hanshuku.inference.base import Inputs
from hanshuku.inference.prompts import Demonstration
from hanshuku.training.translator import speaker_of

if TYPE_CHECKING:
    from hanshuku.inference.generation import GenerationPredictor

BUDGET = 4096  # padded tokens of a batch


def reference_bits(
    predictor: GenerationPredictor, inputs: Inputs, references: Sequence[str], shown: Sequence[Sequence[Demonstration]] | None = None
) -> np.ndarray:
    """(N, 3) float64: bits, tokens and UTF-8 bytes of each reference; see `GenerationPredictor.reference_bits`."""
    asker, most = predictor.asker, predictor.asker.limit + predictor.new_tokens
    askers = [asker] * len(inputs) if shown is None else [asker.showing(asker.fitted(own, row)) for own, row in zip(shown, inputs, strict=True)]
    rows = [own.example(row, reply, most=most)[:2] for own, row, reply in zip(askers, inputs, references, strict=True)]
    counts = [_answer_tokens(marks) for _, marks in rows]
    marked = [(ids, [False] * (len(ids) - count) + [True] * count) for (ids, _), count in zip(rows, counts, strict=True)]
    bits = _bits(predictor, marked)
    found = []
    for reply, count, own in zip(references, counts, bits, strict=True):
        share = min(1.0, count / max(asker.reply_length(reply), 1))  # a reply that is too long was cut
        found.append((own, count, max(1.0, len(reply.strip().encode("utf-8", "replace")) * share)))
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def _answer_tokens(marks: Sequence[bool]) -> int:
    """Supervised tokens at the end of a row: the answer, without what the assistant said earlier."""
    return next((i for i, mark in enumerate(reversed(marks)) if not mark), len(marks))


def _bits(predictor: GenerationPredictor, rows: Sequence[tuple[list[int], list[bool]]]) -> np.ndarray:
    speaker = speaker_of(predictor.loaded.network).eval()
    device = predictor.decoder.device
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i][0]))
    found, start = np.zeros(len(rows)), 0
    with torch.inference_mode():
        while start < len(order):
            places = order[start : start + max(1, BUDGET // len(rows[order[start]][0]))]
            batch = speaker.rows([rows[i] for i in places], pad_id=0)  # padding is behind the row: no token sees it
            logs = speaker.log_probs({name: tensor.to(device) for name, tensor in batch.items()}).double().cpu()
            sizes = [sum(rows[i][1][1:]) for i in places]
            for i, part in zip(places, logs.split(sizes), strict=True):
                found[i] = -float(part.sum()) / math.log(2)
            start += len(places)
    return found

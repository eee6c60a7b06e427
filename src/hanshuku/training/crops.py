"""Crops: the two parts of a text shall lie nearer to each other than to the parts of any other text of the batch.

L = -log( exp(cos(f(a), f(b)) / t) / sum over y of exp(cos(f(a), f(b_y)) / t) ), a and b the text before and behind a cut, t = 0.05: the loss of SimCSE with two
crops of a text (Contriever, Izacard et al. 2022, arXiv 2112.09118, section 3; DeCLUTR, Giorgi et al. 2021, arXiv 2006.03659) for its views. What the parts
share is what the text is about and how it speaks; no word stands in both by the way they are made, as it would in crops that overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from hanshuku.training.masking import WordPlaces
from hanshuku.training.packing import Frame
from hanshuku.training.twins import Views

LEAST = 8  # tokens of a part; a text too short for two of these is read whole twice, under dropout, as by SimCSE
PARTS = (("first_ids", "first_mask"), ("second_ids", "second_mask"))


class Cropper(WordPlaces):
    """Cuts each text of a batch in two, somewhere in its middle third and between two words.

    Args:
        tokenizer: tells words.
        frame: what stands round a text, and round each part of it.
    """

    def __init__(self, tokenizer: Any, frame: Frame) -> None:
        super().__init__(tokenizer)
        self.begin = (frame.first is not None) + len(frame.before)
        self.last, self.filler = frame.last, frame.filler

    def __call__(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The batch with `first_ids`, `first_mask`, `second_ids`, `second_mask` (B, K): its parts, each framed. Cuts are drawn from torch's generator."""
        ids = batch["input_ids"]
        real = batch["attention_mask"].bool() if "attention_mask" in batch else torch.ones_like(ids, dtype=torch.bool)
        ends = real.sum(1, keepdim=True) - int(self.last is not None)  # where the text ends
        sizes = ends - self.begin
        places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        drawn = (sizes * (1 + torch.rand(sizes.shape, device=ids.device)) / 3).long()
        wanted = self.begin + torch.minimum(drawn.clamp(min=LEAST), sizes - LEAST)
        words = self.words(ids)
        starts = torch.ones_like(real)
        starts[:, 1:] = words[:, 1:] != words[:, :-1]
        cuts = torch.where(starts & (places >= wanted), places, ids.shape[1]).amin(1, keepdim=True)
        cuts = torch.where(ends - cuts >= LEAST, cuts, wanted)  # where no word begins in time: through one
        whole = sizes < 2 * LEAST
        before, behind = (places < cuts) | whole, (places >= cuts) | whole
        framed = places < self.begin, (places >= ends) & real
        found = dict(batch)
        for (name, mask), part in zip(PARTS, (before, behind), strict=True):
            kept = framed[0] | (part & (places < ends)) | framed[1]
            order = torch.argsort((~kept).long(), dim=1, stable=True)[:, : int(kept.sum(1).max())]
            found[mask] = kept.gather(1, order).long()
            found[name] = ids.gather(1, order).masked_fill(found[mask] == 0, self.filler)
        return found


class Crops(Views):
    """The mean loss of a batch that a Cropper made."""

    drops = False

    def views(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(B, H) unit vectors of the parts before and behind the cuts."""
        first, second = (self.vectors({"input_ids": batch[name], "attention_mask": batch[mask]}) for name, mask in PARTS)
        return first, second

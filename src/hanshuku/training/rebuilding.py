"""TSDAE: a text with most of its words deleted becomes one vector, from which a decoder must write the whole text.

L = -mean over t of log p(x_t | x_<t, f(noised x)), f the pooled vector (Wang, Reimers & Gurevych 2021, arXiv 2104.06979, equation 1). The decoder sees nothing of the
text but that vector, through its attention to it, and the tokens it has written; it has the encoder's own weights, the attention to the vector apart.
Words are deleted with a chance of 0.6, the best of the paper's noises.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError
from hanshuku.inference.embed import pool
from hanshuku.training.filler import HEADS, Told
from hanshuku.training.masking import WordPlaces
from hanshuku.training.token_loss import IGNORED, lm_head, supervised

KINDS = ("bert", "roberta", "xlm-roberta", "camembert")  # model types of transformers whose layers can attend to a vector
DELETED = 0.6
KEPT_IDS, KEPT_MASK = "kept_ids", "kept_mask"


class Deleter(WordPlaces):
    """Deletes whole words of a batch (in Chinese spans of characters, see WordPlaces); of each row one is left at least.

    Args:
        tokenizer: tells words and special tokens.
        share: chance of a word to go, 0..1.
        fixed: tokens behind the first one that stand before every text and stay.
    """

    def __init__(self, tokenizer: Any, *, share: float = DELETED, fixed: int = 0) -> None:
        super().__init__(tokenizer)
        self.share, self.before, self.pad_id = share, fixed, int(tokenizer.pad_token_id or 0)

    def __call__(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The batch with `kept_ids` and `kept_mask` (B, K), what is left, and `labels` (B, T), the tokens that must be written. Drawn from torch's generator."""
        ids = batch["input_ids"]
        real = batch["attention_mask"].bool() if "attention_mask" in batch else torch.ones_like(ids, dtype=torch.bool)
        places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        free = real & ~self.fixed.to(ids.device)[ids] & (places > self.before)
        drawn = torch.rand(ids.shape, device=ids.device).gather(1, self.words(ids))
        highest = drawn.masked_fill(~free, -1.0).amax(1, keepdim=True)
        gone = free & (drawn < self.share) & (drawn < highest)
        kept = real & ~gone
        order = torch.argsort((~kept).long(), dim=1, stable=True)[:, : int(kept.sum(1).max())]
        mask = kept.gather(1, order)
        return {
            **batch, KEPT_IDS: ids.gather(1, order).masked_fill(~mask, self.pad_id), KEPT_MASK: mask.long(),
            "labels": ids.masked_fill(~real | (places <= self.before), IGNORED),
        }  # fmt: skip


class Rebuilder(Told):
    """The mean loss of the tokens of a batch that a Deleter made.

    Args:
        network: a masked language model of transformers: its trunk is the encoder and the decoder, its head writes.
        pooling: how token vectors become one: "mean", "cls" or "last".
        seed: of the weights of the attention to the vector.

    Raises:
        ConfigError: its layers cannot attend to a vector.
    """

    def __init__(self, network: Any, pooling: str, *, seed: int) -> None:
        super().__init__()
        if network.config.model_type not in KINDS:
            raise ConfigError(f"objective tsdae trains {', '.join(KINDS)}. Received a model of type {network.config.model_type!r}. Objective crops takes any encoder.")
        self.network, self.pooling = network, pooling
        self.decoder = tied_decoder(network, seed)

    def rebuilt(self, batch: Mapping[str, Tensor], begin: Tensor, count: int) -> list[int]:
        """`count` tokens that the decoder writes from a batch of one row behind `begin` (1, n), the likeliest each time."""
        vectors, ids, head = self._vectors(batch), begin, lm_head(self.network)
        for _ in range(count):
            states = self._head(self._decoded(vectors, ids)[:, -1])
            ids = torch.cat([ids, nn.functional.linear(states, head.weight, head.bias).argmax(-1, keepdim=True)], dim=1)
        return [int(token) for token in ids[0, begin.shape[1] :]]

    def _vectors(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(B, 1, H), of what was kept."""
        mask = batch[KEPT_MASK]
        hidden = self.network.base_model(input_ids=batch[KEPT_IDS], attention_mask=mask).last_hidden_state
        return pool(hidden, mask, self.pooling)[:, None]

    def _decoded(self, vectors: Tensor, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        found: Tensor = self.decoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=vectors, use_cache=False).last_hidden_state
        return found

    def _states(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(N, H) what the output layer takes, and (N,) what must be written."""
        hidden = self._decoded(self._vectors(batch), batch["input_ids"], batch.get("attention_mask"))
        states, targets = supervised(hidden, batch["labels"], shift=True)
        return self._head(states), targets

    def _head(self, states: Tensor) -> Tensor:
        return HEADS[self.network.config.model_type](self.network)(states)


def tied_decoder(network: Any, seed: int) -> nn.Module:
    """A trunk that reads from left to right and attends to a vector; all weights but those of that attention are the network's own.

    Args:
        network: see Rebuilder.
        seed: of the weights that are new.
    """
    from transformers import AutoModel

    config = copy.deepcopy(network.config)
    config.is_decoder, config.add_cross_attention = True, True
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        decoder: nn.Module = AutoModel.from_config(config, add_pooling_layer=False)
    for name, parameter in network.base_model.named_parameters():
        path, _, leaf = name.rpartition(".")
        setattr(decoder.get_submodule(path), leaf, parameter)
    return decoder

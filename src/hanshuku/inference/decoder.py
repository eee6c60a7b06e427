"""Token by token: many prompts at once behind one causal network, with the prompts' shared beginning computed once.

The keys and values of a batch stand side by side, prompts padded on the right; what a token may see is told by an explicit mask
over positions, so a row's answer is what it would be alone. Rows that are done leave the batch, so it shrinks as it goes;
the output layer is run for the last position of each row only. A prompt that comes alone begins behind what it shares with the
last one that came alone, its answer too: an instruction, demonstrations, the earlier turns of a conversation are read once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer

from hanshuku.inference.tree_scoring import layer_windows
from hanshuku.inference.trie import common_length
from hanshuku.training.token_loss import LmHead, lm_head

BATCH_TOKENS, BATCH_ROWS = 8192, 32  # prompt tokens, and rows, that are run at once
GROWTH = 64  # tokens by which the room for keys and values grows
SHRINK = 0.75  # a batch is packed together when fewer than this share of its rows still write

Choose = Callable[[int, np.ndarray], int]  # (row, logits (V,) float32) -> token
Watch = Callable[[int, list[int]], bool]  # (row, its tokens so far) -> whether it is done; it may take the last ones back
Mask = Callable[[list[int], Tensor], Tensor]  # (rows, logits (B, V) float32) -> logits, -inf where a token may not be chosen


@dataclass
class Completion:
    """What was written behind one prompt.

    Attributes:
        ids: tokens, without the one that ended it.
        logprob: of them all, and of the end where it was reached, under the model's own distribution over what it may write.
        count: tokens that `logprob` sums, without those that were the only ones that may be written.
        ended: whether the model ended it; False: the limit of new tokens did.
    """

    ids: list[int] = field(default_factory=list)
    logprob: float = 0.0
    count: int = 0
    ended: bool = False


@dataclass(frozen=True)
class Limits:
    """When to stop, and how a token is chosen.

    Attributes:
        max_new_tokens: most tokens a row.
        stops: ids that end a row.
        choose: None: the likeliest token.
        watch: asked after each token; None: never.
        mask: takes out of the choice what may not be written; None: anything may.
    """

    max_new_tokens: int
    stops: frozenset[int]
    choose: Choose | None = None
    watch: Watch | None = None
    mask: Mask | None = None


class Writer:
    """What every network that writes token by token shares: its output layer, how a token is chosen, and when a row is done.

    Args:
        network: a language model of transformers, in evaluation mode.
        vectors: (P, D) learned vectors that stand before everything (prompt tuning); None: there are none.
    """

    def __init__(self, network: Any, *, vectors: Tensor | None = None) -> None:
        self.network = network.eval()
        self.head: LmHead = lm_head(network)
        self.vectors = vectors

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.head.weight.device

    @property
    def width(self) -> int:
        """Logits of a token."""
        return len(self.head.weight)

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Rows of near-equal length, the longest first."""
        rows: list[int] = []
        for row in np.argsort(lengths, kind="stable")[::-1].tolist():
            if rows and (len(rows) >= BATCH_ROWS or (len(rows) + 1) * lengths[rows[0]] > BATCH_TOKENS):
                yield rows
                rows = []
            rows.append(row)
        yield rows

    @staticmethod
    def _note(completion: Completion, row: int, token: int, logprob: float, limits: Limits) -> bool:
        """Add a token to a completion, and return whether the row goes on."""
        if completion.ended or len(completion.ids) >= limits.max_new_tokens:
            return False
        completion.logprob += logprob
        completion.count += limits.mask is None or logprob < 0
        if token in limits.stops:
            completion.ended = True
            return False
        completion.ids.append(token)
        if limits.watch is not None and limits.watch(row, completion.ids):
            completion.ended = True
            return False
        return len(completion.ids) < limits.max_new_tokens

    def _choose(self, rows: list[int], hidden: Tensor, limits: Limits) -> tuple[Tensor, Tensor]:
        """The next token of each row and its log-probability."""
        logits = self.logits(hidden)
        if limits.mask is not None:
            logits = limits.mask(rows, logits)
        if limits.choose is None:
            tokens = logits.argmax(1)
        else:
            plain = logits.cpu().numpy()
            tokens = torch.tensor([limits.choose(row, plain[i]) for i, row in enumerate(rows)], device=logits.device)
        return tokens, logits.gather(1, tokens[:, None])[:, 0] - logits.logsumexp(1)

    def logits(self, hidden: Tensor) -> Tensor:
        """(B, V) float32 from last hidden states (B, D)."""
        head = self.head
        logits = torch.nn.functional.linear(hidden, head.weight, head.bias).float() * head.scale
        return torch.tanh(logits / head.softcap) * head.softcap if head.softcap else logits


class Decoder(Writer):
    """Writes behind prompts with one causal network.

    Args:
        network: a causal language model of transformers, in evaluation mode.
        vectors: (P, D) learned vectors that stand before everything (prompt tuning); None: there are none.
    """

    def __init__(self, network: Any, *, vectors: Tensor | None = None) -> None:
        super().__init__(network, vectors=vectors)
        self.trunk: Any = network.base_model
        self.windows = layer_windows(network.config)
        self._prefix: tuple[int, ...] | None = None
        self._kept: list[tuple[Tensor, Tensor]] = []

    def complete(self, prompts: Sequence[Sequence[int]], limits: Limits) -> list[Completion]:
        """One completion a prompt, in their order; a prompt has at least one token."""
        found = [Completion() for _ in prompts]
        if not prompts:
            return found
        with torch.inference_mode():
            first = list(prompts[0])
            others = [self._prefix or ()] if len(prompts) == 1 else prompts[1:]
            shared = min(common_length(first, other) for other in others)
            shared = min(shared, min(len(prompt) for prompt in prompts) - 1)
            shared = self._keep(tuple(first[:shared]))
            for rows in self._batches([len(prompt) - shared for prompt in prompts]):
                cache, fed = self._run(rows, [list(prompts[row][shared:]) for row in rows], shared, limits, found)
            if len(prompts) == 1:
                self._prefix, self._kept = (*first, *fed), [(layer.keys, layer.values) for layer in cache.layers]
        return found

    def _keep(self, prefix: tuple[int, ...]) -> int:
        """Run the shared beginning, unless it is what is kept already; return how many of its tokens are kept."""
        if self._prefix is not None and self._prefix[: len(prefix)] == prefix:
            return len(prefix)
        ids = torch.tensor([prefix], dtype=torch.long, device=self.device)
        count = len(prefix) + self._learned
        if count:
            cache = DynamicCache()
            positions = torch.arange(count, device=self.device)[None]
            self._forward(ids, positions, positions[:, :, None] >= positions[:, None, :], positions, cache, begin=True)
            self._kept = [(layer.keys, layer.values) for layer in cache.layers]
        else:
            self._kept = []
        self._prefix = prefix
        return len(prefix)

    @property
    def _learned(self) -> int:
        return 0 if self.vectors is None else len(self.vectors)

    def _run(
        self, rows: list[int], rests: list[list[int]], shared: int, limits: Limits, found: list[Completion]
    ) -> tuple[DynamicCache, list[int]]:
        """Write for one batch: `rests` holds what of each prompt follows the shared tokens.

        Returns:
            Keys and values, and which tokens of the first row that still wrote they hold behind its prompt.
        """
        device, before = self.device, shared + self._learned
        longest = max(map(len, rests))
        ends = torch.tensor([len(rest) for rest in rests], device=device)
        ids = torch.zeros((len(rows), longest), dtype=torch.long)
        for i, rest in enumerate(rests):
            ids[i, : len(rest)] = torch.tensor(rest)
        places = torch.arange(longest, device=device)
        positions = before + places.expand(len(rows), -1)
        keys = torch.cat([torch.arange(before, device=device).expand(len(rows), -1), positions], dim=1)
        real = torch.cat([torch.ones((len(rows), before), dtype=torch.bool, device=device), places[None] < ends[:, None]], dim=1)
        cache = DynamicCache()
        cache.layers = [GrowingLayer(k[:, :, :before], v[:, :, :before], len(rows)) for k, v in self._kept] if before else [
            GrowingLayer(None, None, len(rows)) for _ in range(self.network.config.get_text_config().num_hidden_layers)
        ]  # fmt: skip
        allowed = real[:, None, :] & (keys[:, None, :] <= positions[:, :, None])
        allowed[:, places, before + places] = True  # a padded place sees itself, so that no row of the mask is empty
        hidden = self._forward(ids.to(device), positions, allowed, keys, cache)
        last, position = hidden[torch.arange(len(rows), device=device), ends - 1], before + ends
        active, fed = list(rows), []
        for _ in range(limits.max_new_tokens):
            tokens, logprobs = self._choose(active, last, limits)
            going = []
            for i, row in enumerate(active):
                going.append(self._note(found[row], row, int(tokens[i]), float(logprobs[i]), limits))
            if not any(going):
                break
            if sum(going) <= SHRINK * len(active):
                at = torch.tensor([i for i, goes in enumerate(going) if goes], device=device)
                active = [row for row, goes in zip(active, going, strict=True) if goes]
                tokens, position, keys, real = tokens[at], position[at], keys[at], real[at]
                for layer in cache.layers:
                    layer.select(at)
            keys = torch.cat([keys, position[:, None]], dim=1)
            real = torch.cat([real, torch.ones((len(active), 1), dtype=torch.bool, device=device)], dim=1)
            last = self._forward(tokens[:, None], position[:, None], real[:, None, :], keys, cache)[:, 0]
            fed.append(int(tokens[0]))
            position = position + 1
        return cache, fed

    def _forward(
        self, ids: Tensor, positions: Tensor, allowed: Tensor, key_positions: Tensor, cache: DynamicCache, *, begin: bool = False
    ) -> Tensor:
        """Last hidden states of the trunk under this mask, one for each kind of layer; `begin`: learned vectors come first."""
        dtype = self.head.weight.dtype
        masks: dict[str, Tensor] = {}
        for kind, window in self.windows.items():
            seen = allowed if window is None else allowed & (positions[:, :, None] - key_positions[:, None, :] < window)
            masks[kind] = torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, torch.finfo(dtype).min)[:, None]
        mask: Any = masks if len(masks) > 1 else next(iter(masks.values()))
        what: dict[str, Any] = {"input_ids": ids}
        if begin and self.vectors is not None:
            embedded = self.trunk.get_input_embeddings()(ids)
            what = {"inputs_embeds": torch.cat([self.vectors.to(embedded)[None], embedded], dim=1)}
        return self.trunk(**what, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True).last_hidden_state


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, written in place into room that grows by steps, so that a token copies only itself."""

    def __init__(self, keys: Tensor | None, values: Tensor | None, rows: int) -> None:
        super().__init__()
        self._used = 0
        self._room: tuple[Tensor, Tensor] | None = None
        if keys is not None and values is not None:
            self.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1))

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Add (B, K, T, D) and return all there is, views of (B, K, used, D)."""
        self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
        end = self._used + key_states.shape[2]
        if self._room is None or end > self._room[0].shape[2]:
            self._room = tuple(self._grown(place, states, end) for place, states in zip(self._room or (None, None), (key_states, value_states), strict=True))  # type: ignore[assignment]
        assert self._room is not None
        self._room[0][:, :, self._used : end] = key_states
        self._room[1][:, :, self._used : end] = value_states
        self._used = end
        self.keys, self.values = self._room[0][:, :, :end], self._room[1][:, :, :end]
        return self.keys, self.values

    def _grown(self, old: Tensor | None, states: Tensor, end: int) -> Tensor:
        room = states.new_empty((states.shape[0], states.shape[1], end + GROWTH, states.shape[3]))
        if old is not None:
            room[:, :, : self._used] = old[:, :, : self._used]
        return room

    def select(self, rows: Tensor) -> None:
        """Keep these rows alone."""
        if self._room is not None:
            self._room = (self._room[0][rows], self._room[1][rows])
            self.keys, self.values = self._room[0][:, :, : self._used], self._room[1][:, :, : self._used]


def sampler(prompts: Sequence[Sequence[int]], *, temperature: float, top_p: float, top_k: int, seed: int) -> Choose:
    """Draws tokens; each prompt has a generator of its own, seeded by `seed` and its tokens, so the batch plays no part.

    Args:
        prompts: what the rows begin with.
        temperature: above 0; logits are divided by it.
        top_p: least probability mass that is drawn from, the likeliest tokens first, 0..1 (Holtzman et al. 2020, arXiv 1904.09751).
        top_k: most tokens that are drawn from; 0: all.
        seed: same seed, same texts.
    """
    generators: dict[int, np.random.Generator] = {}

    def choose(row: int, logits: np.ndarray) -> int:
        if row not in generators:
            key = zlib.crc32(np.asarray(prompts[row], dtype=np.int64).tobytes())
            generators[row] = np.random.default_rng([seed, key])
        count = len(logits) if not top_k else min(top_k, len(logits))
        order = np.argsort(-logits, kind="stable")[:count] if count < len(logits) or top_p < 1 else np.arange(len(logits))
        scaled = logits[order].astype(np.float64) / temperature
        chances = np.exp(scaled - scaled.max())
        order, chances = order[chances > 0], chances[chances > 0] / chances.sum()  # what is masked has none
        if top_p < 1:
            kept = int(np.searchsorted(np.cumsum(chances), top_p)) + 1
            order, chances = order[:kept], chances[:kept] / chances[:kept].sum()
        drawn = int(np.searchsorted(np.cumsum(chances), generators[row].random()))
        return int(order[min(drawn, len(order) - 1)])

    return choose

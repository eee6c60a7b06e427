"""Log-probabilities of all the branches behind a prompt, in one forward of a causal language model.

The prompts' shared beginning is run once and its keys and values are kept; a batch then holds, for each row, the rest
of its prompt and the inner nodes of the trie, under a mask that lets a node see the prompt and its own ancestors:

    keys:     shared prefix | rest of the prompt | nodes          (a node's position is that of its depth,
    rest      all           | those before it    | -               so the branches are as if each stood alone)
    node      all           | all                | ancestors
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache, DynamicLayer

from hanshuku.inference.trie import ROOT, Trie, common_length

BATCH_TOKENS = 2048  # tokens of a forward, padding included
HEAD_ROWS, HEAD_WORDS = 2048, 4096  # logits that exist at once, 32 MB in fp32 whatever the vocabulary; fits the caches


class TreeScorer:
    """Scores tries behind prompts with one causal network; keeps the keys and values of one shared prefix."""

    def __init__(self, network: nn.Module, *, batch_tokens: int = BATCH_TOKENS) -> None:
        self.network = network.eval()
        self.trunk: nn.Module = network.base_model
        self.head: nn.Module = network.get_output_embeddings()
        self.batch_tokens = batch_tokens
        self.windows = layer_windows(network.config)
        self._prefix: tuple[int, ...] = ()
        self._kept: list[tuple[Tensor, Tensor]] = []

    def edge_logprobs(self, prompts: Sequence[Sequence[int]], trie: Trie, prefix: Sequence[int] = ()) -> np.ndarray:
        """(N, E) float32: the log-probability of every edge of the trie behind each prompt.

        Args:
            prompts: N rows of token ids, at least one token each.
            trie: what may follow.
            prefix: tokens that most prompts begin with; they are run once and kept for later calls.
        """
        found = np.zeros((len(prompts), len(trie.edge_tokens)), dtype=np.float32)
        shared = [min(common_length(prompt, prefix), len(prompt) - 1) for prompt in prompts]
        with torch.inference_mode():
            self._keep(tuple(prefix[: max(shared, default=0)]))
            for rows in self._batches([len(p) - s for p, s in zip(prompts, shared, strict=True)], len(trie.tokens)):
                reused = min(shared[row] for row in rows)
                found[rows] = self._forward([list(prompts[row][reused:]) for row in rows], trie, reused)
        return found

    def _batches(self, lengths: Sequence[int], nodes: int) -> Iterator[list[int]]:
        """Rows of near-equal length whose padded tokens fit the budget; a row too long for it stands alone."""
        rows: list[int] = []
        for row in np.argsort(lengths, kind="stable")[::-1].tolist():  # longest first: what does not fit shows at once
            longest = lengths[rows[0]] if rows else lengths[row]
            if rows and (len(rows) + 1) * (longest + nodes) > self.batch_tokens:
                yield rows
                rows = []
            rows.append(row)
        if rows:
            yield rows

    def _keep(self, prefix: tuple[int, ...]) -> None:
        """Run the shared prefix, unless what is kept already begins with it."""
        if self._prefix[: len(prefix)] == prefix:
            return
        device = self.head.weight.device
        cache = DynamicCache()
        positions = torch.arange(len(prefix), device=device)[None]
        allowed = positions[:, :, None] >= positions[:, None, :]
        self._run(torch.tensor([prefix], device=device), positions, allowed, positions, cache)
        self._kept = [(layer.keys, layer.values) for layer in cache.layers]
        self._prefix = prefix

    def _forward(self, rests: list[list[int]], trie: Trie, reused: int) -> np.ndarray:
        """(R, E) for one batch: `rests` holds what of each prompt follows the `reused` kept tokens."""
        device = self.head.weight.device
        longest, nodes = max(map(len, rests)), len(trie.tokens)
        ids = torch.zeros((len(rests), longest + nodes), dtype=torch.long)
        for row, rest in enumerate(rests):
            ids[row, : len(rest)] = torch.tensor(rest)
        ids[:, longest:] = torch.from_numpy(trie.tokens)
        ends = torch.tensor([len(rest) for rest in rests])  # (R,)
        places = torch.arange(longest).expand(len(rests), -1)
        depths = torch.from_numpy(trie.depths)
        positions = reused + torch.cat([places, ends[:, None] - 1 + depths[None]], dim=1)  # (R, Q)
        allowed = self._allowed(ends, longest, torch.from_numpy(trie.ancestors), reused)
        keys = torch.cat([torch.arange(reused).expand(len(rests), -1), positions], dim=1)
        cache = DynamicCache()
        cache.layers = [_PrefixLayer(k[:, :, :reused], v[:, :, :reused]) for k, v in self._kept] if reused else []
        hidden = self._run(ids.to(device), positions.to(device), allowed.to(device), keys.to(device), cache)
        edge_nodes = torch.from_numpy(np.unique(trie.edge_nodes))
        columns = torch.where(edge_nodes == ROOT, ends[:, None] - 1, longest + edge_nodes[None])  # (R, U)
        wanted = hidden[torch.arange(len(rests))[:, None], columns.to(device)]  # (R, U, D)
        index = np.searchsorted(edge_nodes.numpy(), trie.edge_nodes)  # edge -> its node among the unique ones
        return self._logprobs(wanted, torch.from_numpy(index), torch.from_numpy(trie.edge_tokens))

    @staticmethod
    def _allowed(ends: Tensor, longest: int, ancestors: Tensor, reused: int) -> Tensor:
        """(R, Q, reused + Q) bool: which keys each query sees; a padded query sees the prefix and itself."""
        rows, nodes = len(ends), len(ancestors)
        size = longest + nodes
        allowed = torch.zeros((rows, size, reused + size), dtype=torch.bool)
        allowed[:, :, :reused] = True
        place = torch.arange(longest)
        real = place[None] < ends[:, None]  # (R, T)
        causal = place[:, None] >= place[None, :]
        allowed[:, :longest, reused : reused + longest] = causal[None] & real[:, None, :]
        allowed[:, longest:, reused : reused + longest] = real[:, None, :]
        allowed[:, longest:, reused + longest :] = ancestors
        allowed[:, torch.arange(longest), reused + torch.arange(longest)] = True
        return allowed

    def _run(self, ids: Tensor, positions: Tensor, allowed: Tensor, key_positions: Tensor, cache: DynamicCache) -> Tensor:
        """Last hidden states (R, Q, D) of the trunk under these masks, one for each kind of layer."""
        dtype = self.head.weight.dtype
        masks: dict[str, Tensor] = {}
        for kind, window in self.windows.items():
            seen = allowed
            if window is not None:
                seen = allowed & (positions[:, :, None] - key_positions[:, None, :] < window)
            bias = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
            masks[kind] = bias.masked_fill_(~seen, torch.finfo(dtype).min)[:, None]
        mask: Any = masks if len(masks) > 1 else next(iter(masks.values()))
        out = self.trunk(input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True)
        return out.last_hidden_state

    def _logprobs(self, hidden: Tensor, edge_nodes: Tensor, edge_tokens: Tensor) -> np.ndarray:
        """(R, E) log-probabilities of the edges from the states (R, U, D) of the nodes that they leave."""
        rows, unique, width = hidden.shape
        flat = hidden.reshape(rows * unique, width)
        normaliser = torch.cat([self._normaliser(part) for part in flat.split(HEAD_ROWS)]).view(rows, unique)
        nodes, tokens = edge_nodes.to(hidden.device), edge_tokens.to(hidden.device)
        chosen = (hidden[:, nodes].float() * self.head.weight[tokens].float()).sum(-1)
        if getattr(self.head, "bias", None) is not None:
            chosen = chosen + self.head.bias[tokens].float()
        return (self._shape(chosen) - normaliser[:, nodes]).cpu().numpy()

    def _normaliser(self, hidden: Tensor) -> Tensor:
        """(n,) log of the sum of exp over the vocabulary for states (n, D), a slice of the vocabulary at a time."""
        bias = getattr(self.head, "bias", None)
        total = torch.full((len(hidden),), -torch.inf, device=hidden.device)
        for start in range(0, len(self.head.weight), HEAD_WORDS):
            words = slice(start, start + HEAD_WORDS)
            logits = nn.functional.linear(hidden, self.head.weight[words], None if bias is None else bias[words])
            total = torch.logaddexp(total, self._shape(logits.float()).logsumexp(-1))
        return total

    def _shape(self, logits: Tensor) -> Tensor:
        """What the network does to its logits behind the head: a soft cap (Gemma 2), a scale (Cohere, Granite)."""
        config = self.network.config
        if cap := getattr(config, "final_logit_softcapping", None):
            logits = torch.tanh(logits / cap) * cap
        if scale := getattr(config, "logit_scale", None):
            logits = logits * scale
        if scaling := getattr(config, "logits_scaling", None):
            logits = logits / scaling
        return logits


class _PrefixLayer(DynamicLayer):
    """Keys and values of one layer behind a prefix that all rows share; nothing is added to it, so it can be kept."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.keys, self.values = keys, values
        self.dtype, self.device = keys.dtype, keys.device
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        rows = len(key_states)
        keys = torch.cat([self.keys.expand(rows, -1, -1, -1), key_states], dim=-2)
        return keys, torch.cat([self.values.expand(rows, -1, -1, -1), value_states], dim=-2)


def layer_windows(config: Any) -> dict[str, int | None]:
    """The attention window of each kind of layer, in tokens; None where a token sees all before it."""
    window = getattr(config, "sliding_window", None)
    kinds = sorted(set(getattr(config, "layer_types", None) or ()))
    if not kinds:
        return {"all": window if getattr(config, "use_sliding_window", True) else None}
    return {kind: window if kind == "sliding_attention" else None for kind in kinds}

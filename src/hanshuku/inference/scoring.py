"""Scores of answers behind prompts: in one forward where the network is known to do that right, else one batch a row."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.inference.tree_scoring import BATCH_TOKENS, TreeScorer
from hanshuku.inference.trie import Trie

CHECKED_ROWS, CHECKED_PATHS = 2, 3  # rows and answers that are compared before the one-forward way is trusted
TOLERANCE = {torch.float32: 2e-3, torch.float64: 2e-3}  # largest difference of a log-probability; of rounding in half precision:
HALF_TOLERANCE = 0.5


class Scorer:
    """Log-probabilities of the edges of a trie behind prompts.

    Before the first answer, and again before the first prompt that is longer than a layer's attention window, a few
    rows are scored the plain way too, one forward for an answer. Where the two differ, the plain way is taken from then
    on and `note` says so: slower, and right for any causal network.

    Attributes:
        note: why the plain way is taken; "" where it is not.
    """

    def __init__(self, network: nn.Module, *, batch_tokens: int = BATCH_TOKENS) -> None:
        self.network = network.eval()
        self.note = ""
        self._tree: TreeScorer | None = None
        self._batch_tokens = batch_tokens
        self._checked: set[bool] = set()
        try:
            self._tree = TreeScorer(network, batch_tokens=batch_tokens)
        except (AttributeError, TypeError) as error:
            self._distrust(f"the network has no trunk and output layer that are known ({error})")

    def edge_logprobs(self, prompts: Sequence[Sequence[int]], trie: Trie, prefix: Sequence[int] = ()) -> np.ndarray:
        """(N, E) float32, see `TreeScorer.edge_logprobs`. No row depends on another."""
        if not len(prompts):
            return np.zeros((0, len(trie.edge_tokens)), dtype=np.float32)
        if self._tree is not None:
            self._check(prompts, trie, prefix)
        if self._tree is not None:
            return self._tree.edge_logprobs(prompts, trie, prefix)
        return np.stack([plain_edge_logprobs(self.network, prompt, trie, batch_tokens=self._batch_tokens) for prompt in prompts])

    def _check(self, prompts: Sequence[Sequence[int]], trie: Trie, prefix: Sequence[int]) -> None:
        assert self._tree is not None
        window = min((w for w in self._tree.windows.values() if w is not None), default=None)
        beyond = [window is not None and len(prompt) + int(trie.depths.max(initial=0)) >= window for prompt in prompts]
        for is_beyond in {False, True} - self._checked:
            rows = [prompt for prompt, is_long in zip(prompts, beyond, strict=True) if is_long == is_beyond][:CHECKED_ROWS]
            if rows and self._tree is not None:
                self._checked.add(is_beyond)
                self._compare(rows, trie, prefix)

    def _compare(self, rows: list[Sequence[int]], trie: Trie, prefix: Sequence[int]) -> None:
        """Score a few answers both ways; take the plain one from now on where they differ."""
        assert self._tree is not None
        paths = sorted({0, len(trie.routes) - 1, max(range(len(trie.routes)), key=lambda p: len(trie.routes[p]))})[:CHECKED_PATHS]
        edges = sorted({edge for path in paths for edge in trie.routes[path]})
        try:
            tree = self._tree.edge_logprobs(rows, trie, prefix)[:, edges]
        except Exception as error:  # noqa: BLE001 - a network that cannot take such a mask or cache may fail in any way
            return self._distrust(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}")
        plain = np.stack([plain_edge_logprobs(self.network, row, trie, paths=paths)[edges] for row in rows])
        difference = float(np.abs(tree - plain).max())
        allowed = TOLERANCE.get(next(self.network.parameters()).dtype, HALF_TOLERANCE)
        if not difference <= allowed:
            self._distrust(f"log-probabilities differ by {difference:.2g}, where {allowed:g} is rounding")
        return None

    def _distrust(self, why: str) -> None:
        self._tree = None
        name = type(self.network).__name__
        self.note = f"All labels in one forward does not work with {name} ({why}); each label is run for itself, which is slower."


def plain_edge_logprobs(
    network: Any, prompt: Sequence[int], trie: Trie, *, paths: Sequence[int] | None = None, batch_tokens: int = BATCH_TOKENS
) -> np.ndarray:
    """(E,) float32: the edges of a trie behind one prompt, each path as a row of its own in a batch padded on the right.

    Args:
        network: any causal language model of transformers.
        prompt: at least one token.
        trie: what may follow.
        paths: score these alone, the other edges stay 0; None: all.
        batch_tokens: tokens of a forward, padding included.
    """
    found = np.zeros(len(trie.edge_tokens), dtype=np.float32)
    chosen = list(range(len(trie.routes))) if paths is None else list(paths)
    longest = max(len(trie.routes[path]) for path in chosen)
    size = max(1, batch_tokens // (len(prompt) + longest))
    device = next(network.parameters()).device
    for start in range(0, len(chosen), size):
        batch = chosen[start : start + size]
        ids = torch.zeros((len(batch), len(prompt) + longest), dtype=torch.long)
        mask = torch.ones_like(ids)
        ids[:, : len(prompt)] = torch.tensor(prompt)
        for row, path in enumerate(batch):
            end = len(prompt) + len(trie.routes[path])
            ids[row, len(prompt) : end] = torch.tensor(trie.path_tokens(path))
            mask[row, end:] = 0
        with torch.inference_mode():
            logits = _last_logits(network, ids.to(device), mask.to(device), longest + 1)
        logprobs = logits[:, :-1].float().log_softmax(-1).cpu()  # (B, longest, V): position t foretells token t of a path
        for row, path in enumerate(batch):
            route = trie.routes[path]
            found[list(route)] = logprobs[row, torch.arange(len(route)), torch.tensor(trie.path_tokens(path))].numpy()
    return found


def _last_logits(network: Any, ids: Tensor, mask: Tensor, positions: int) -> Tensor:
    """(B, positions, V) at the last positions; the other ones are not computed where the network can leave them out."""
    more = {"logits_to_keep": positions} if "logits_to_keep" in inspect.signature(network.forward).parameters else {}
    return network(input_ids=ids, attention_mask=mask, use_cache=False, **more).logits[:, -positions:]

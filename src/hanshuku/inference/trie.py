"""A trie of token paths, laid out as arrays for one forward under a tree attention mask.

Tree attention: Miao et al. 2023, SpecInfer, section 4, https://arxiv.org/abs/2305.09781; here the branches are labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROOT = -1  # the parent of the first tokens: the last token of the prompt


@dataclass(frozen=True)
class Trie:
    """Paths that share their beginnings. A node is a token that others follow: leaves are scored, never fed.

    Attributes:
        tokens: (M,) int64, the token of each node, parents before children.
        depths: (M,) int64, 1 for a node right behind the prompt.
        ancestors: (M, M) bool, whether node j is node i or stands above it: what node i attends to.
        edge_nodes: (E,) int64, the node that each edge leaves, or ROOT.
        edge_tokens: (E,) int64, the token that each edge leads to.
        routes: the edges along each of the P paths, in order.
        counts: (P, E) float32, 1 where an edge counts in the score of a path.
    """

    tokens: np.ndarray
    depths: np.ndarray
    ancestors: np.ndarray
    edge_nodes: np.ndarray
    edge_tokens: np.ndarray
    routes: tuple[tuple[int, ...], ...]
    counts: np.ndarray

    def path_tokens(self, path: int) -> list[int]:
        """The token ids of one path."""
        return [int(self.edge_tokens[edge]) for edge in self.routes[path]]


def build_trie(paths: Sequence[Sequence[int]], starts: Sequence[int] | None = None) -> Trie:
    """The trie of P token paths, each with at least one token.

    Args:
        paths: token ids. Two equal paths share all their edges.
        starts: tokens at the beginning of each path that are read but not scored; None: all are scored.
    """
    starts = starts or [0] * len(paths)
    prefixes = sorted({tuple(path[:i]) for path in paths for i in range(1, len(path) + 1)}, key=lambda p: (len(p), p))
    fed = {tuple(path[:i]) for path in paths for i in range(1, len(path))}
    nodes = {prefix: i for i, prefix in enumerate(p for p in prefixes if p in fed)}
    nodes[()] = ROOT
    edges = {prefix: i for i, prefix in enumerate(prefixes)}
    inner = [prefix for prefix in nodes if prefix]
    ancestors = np.zeros((len(inner), len(inner)), dtype=bool)
    for i, prefix in enumerate(inner):
        if len(prefix) > 1:
            ancestors[i] = ancestors[nodes[prefix[:-1]]]
        ancestors[i, i] = True
    routes = tuple(tuple(edges[tuple(path[:i])] for i in range(1, len(path) + 1)) for path in paths)
    counts = np.zeros((len(paths), len(edges)), dtype=np.float32)
    for row, (route, start) in enumerate(zip(routes, starts, strict=True)):
        counts[row, route[start:]] = 1.0
    return Trie(
        tokens=np.array([prefix[-1] for prefix in inner], dtype=np.int64),
        depths=np.array([len(prefix) for prefix in inner], dtype=np.int64),
        ancestors=ancestors,
        edge_nodes=np.array([nodes[prefix[:-1]] for prefix in prefixes], dtype=np.int64),
        edge_tokens=np.array([prefix[-1] for prefix in prefixes], dtype=np.int64),
        routes=routes,
        counts=counts,
    )


def split_paths(paths: Sequence[Sequence[int]], most: int) -> list[list[int]]:
    """Positions of the paths in groups whose tries hold at most about `most` nodes; neighbours in token order stay together.

    A forward's attention grows with the square of a trie's nodes, so thousands of labels are better run in several.
    """
    groups: list[list[int]] = []
    nodes = 0
    previous: tuple[int, ...] = ()
    for position in sorted(range(len(paths)), key=lambda i: tuple(paths[i])):
        path = tuple(paths[position])
        shared = common_length(path, previous[:-1])  # nodes: the last token of a path is none
        added = max(0, len(path) - 1 - shared)
        if not groups or nodes + added > most:
            groups.append([])
            nodes, added = 0, len(path) - 1
        groups[-1].append(position)
        nodes, previous = nodes + added, path
    return groups


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two rows begin with in common."""
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return i
    return min(len(first), len(second))

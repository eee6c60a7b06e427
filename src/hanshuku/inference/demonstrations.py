"""Demonstrations: rows with their answers that are shown before a text; which ones, in what order, and how many fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.inference.prompts import Demonstration

CLOSE = 4  # decimals of a cosine that count: below, rounding in another batch could change what is shown


@dataclass(frozen=True)
class Choice:
    """How demonstrations are chosen from a pool.

    Attributes:
        count: demonstrations at most.
        diversity: 0: the most similar ones; towards 1 they must also differ from one another (maximal marginal relevance,
            Carbonell & Goldstein 1998, https://doi.org/10.1145/290941.291025).
        balance: no label is shown more often than its equal share, rounded up.
    """

    count: int = 8
    diversity: float = 0.2
    balance: bool = True


def choose(query: np.ndarray, pool: np.ndarray, strata: np.ndarray, choice: Choice) -> list[int]:
    """Places in the pool of the demonstrations for one text, the most similar one last (Liu et al. 2022, arXiv 2101.06804).

    Args:
        query: (D,) unit vector of the text.
        pool: (N, D) unit vectors.
        strata: (N,) int64, the label of each row, or what stands for one; see `Encoded.strata`.
        choice: how many, and by what.
    """
    near = np.round((pool @ query).astype(np.float64), CLOSE)
    chosen = _marginal(near, pool, strata, choice)
    return sorted(chosen, key=lambda i: (near[i], -i))


def representatives(pool: np.ndarray, strata: np.ndarray, choice: Choice, seed: int = 0) -> list[int]:
    """Places in the pool of demonstrations that serve for every text: of each label the rows nearest to the centres of its clusters.

    The labels take turns, and the row nearest to the mean of the pool stands last.

    Args:
        pool: (N, D) unit vectors.
        strata: (N,) int64, the label of each row.
        choice: how many; `diversity` has no meaning here, as clusters differ.
        seed: of the first centres.
    """
    groups = [np.flatnonzero(strata == value) for value in np.unique(strata)] if choice.balance else [np.arange(len(pool))]
    rng = np.random.default_rng(seed)
    rng.shuffle(groups)
    shares = [choice.count // len(groups) + (i < choice.count % len(groups)) for i in range(len(groups))]
    columns = [rows[_centres(pool[rows], min(share, len(rows)), rng)] for rows, share in zip(groups, shares, strict=True) if share]
    chosen = [int(column[turn]) for turn in range(max(map(len, columns), default=0)) for column in columns if turn < len(column)]
    typical = max(chosen, key=lambda i: float(pool[i] @ pool.mean(axis=0)))
    return [*(i for i in chosen if i != typical), typical]


def drawn(strata: np.ndarray, choice: Choice, seed: int, *, shuffled: bool = True) -> list[int]:
    """Places of demonstrations drawn at random, each label as often as the others where `choice.balance` asks for it.

    Args:
        strata: (N,) int64, the label of each row.
        choice: how many; `diversity` has no meaning here.
        seed: of the draw.
        shuffled: in random order; False: the labels take turns.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(strata))
    if choice.balance:  # the first row of every label, then the second of every label ...
        turn = np.zeros(len(strata), dtype=np.int64)
        for value in np.unique(strata):
            mine = order[strata[order] == value]
            turn[mine] = np.arange(len(mine))
        order = order[np.argsort(turn[order], kind="stable")]
    found = order[: choice.count]
    return [int(i) for i in (rng.permutation(found) if shuffled else found)]


def fitting(demonstrations: Sequence[Demonstration], length: Callable[[Sequence[Demonstration]], int], limit: int) -> tuple[Demonstration, ...]:
    """As many demonstrations as fit, the last ones kept, which are the most similar.

    Args:
        demonstrations: in the order in which they are shown.
        length: tokens of a prompt with these demonstrations.
        limit: tokens that it may have.
    """
    kept = tuple(demonstrations)
    while kept and length(kept) > limit:
        kept = kept[1:]
    return kept


def shortened(row: Sequence[str], tokenizer: Any, most: int) -> tuple[str, ...]:
    """The row with the end of each text left out that is longer than its share of `most` tokens."""
    share = max(8, most // len(row))
    found = []
    for text in row:
        offsets = tokenizer(text[: 32 * share], add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        found.append(text[: 32 * share] if len(offsets) <= share else text[: offsets[share][0]])
    return tuple(found)


def shortened_talk(talk: str, cut: Callable[[str], str]) -> str:
    """The last turns of a conversation that are short enough, from a turn of the user on, without what the system was told.

    Args:
        talk: turns as JSON.
        cut: a text as long as may be shown.
    """
    turns = [turn for turn in json.loads(talk) if turn["role"] != "system"]
    while len(turns) > 1 and (turns[0]["role"] != "user" or cut(whole := "\n".join(turn["content"] for turn in turns)) != whole):
        turns = turns[1:]
    if len(turns) == 1:
        turns[0]["content"] = cut(turns[0]["content"])
    return json.dumps(turns, ensure_ascii=False)


def read_demonstrations(data: Iterable[Any]) -> tuple[Demonstration, ...]:
    """Demonstrations from plain JSON data."""
    return tuple((tuple(str(text) for text in row), str(answer)) for row, answer in data)


def _marginal(near: np.ndarray, pool: np.ndarray, strata: np.ndarray, choice: Choice) -> list[int]:
    """Places of the chosen, the best first."""
    labels = len(np.unique(strata))
    most = -(-choice.count // labels) if choice.balance and labels > 1 else choice.count
    shown: dict[int, int] = {}
    chosen: list[int] = []
    free = np.ones(len(near), dtype=bool)
    likeness = np.zeros(len(near))  # to the most alike of the chosen
    while len(chosen) < choice.count and free.any():
        worth = np.where(free, (1 - choice.diversity) * near - choice.diversity * likeness, -np.inf)
        best = int(np.argmax(np.round(worth, CLOSE)))
        chosen.append(best)
        free[best] = False
        label = int(strata[best])
        shown[label] = shown.get(label, 0) + 1
        if shown[label] >= most:
            free[strata == label] = False
        likeness = np.maximum(likeness, pool @ pool[best])
    return chosen


def _centres(pool: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) places of the rows nearest to the centres of `count` clusters of unit vectors, the largest cluster first."""
    starts = [int(rng.integers(len(pool)))]
    while len(starts) < count:  # each next start lies as far from the others as can be
        starts.append(int((pool @ pool[starts].T).max(axis=1).argmin()))
    middles = pool[starts]
    for _ in range(20):
        member = (pool @ middles.T).argmax(axis=1)
        means = np.stack([pool[member == c].mean(axis=0) if (member == c).any() else middles[c] for c in range(count)])
        moved = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        if np.allclose(moved, middles, atol=1e-6):
            break
        middles = moved
    found: list[int] = []
    for c in np.argsort(-np.bincount(member, minlength=count), kind="stable"):
        order = np.argsort(-(pool @ middles[c]), kind="stable")
        found.append(int(next(i for i in order if i not in found)))
    return np.array(found, dtype=np.int64)

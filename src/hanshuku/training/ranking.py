"""Queries with their candidates as batches, and the losses by which a bi-encoder and a cross-encoder learn to rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.training.classifier import TARGETS, Rows
from hanshuku.training.scored import Scored, jeffreys

OWN, OTHER, ALSO_RIGHT = 1, 0, -1  # what a candidate of a batch is to a query
NOBODY = -1  # fills up groups


@dataclass(frozen=True)
class Lesson:
    """A query, a candidate that is right, and some that are not; all by the numbers of their texts."""

    query: int
    right: int
    wrong: tuple[int, ...]
    also_right: frozenset[int]  # other candidates that are right, which must not count as wrong


def lessons_of(
    queries: Sequence[int], candidates: Sequence[Sequence[int]], relevant: Sequence[Sequence[int]], *, negatives: int, fill: bool, seed: int
) -> list[Lesson]:
    """A lesson for each relevant candidate of each query.

    Args:
        queries: (N,) text numbers.
        candidates: N rows of text numbers.
        relevant: N rows of positions among the candidates; a row without any gives no lesson.
        negatives: wrong candidates a lesson, at most; drawn anew for each from those of the query.
        fill: take candidates of other queries where a query has too few wrong ones.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    pool = np.unique(np.concatenate([np.asarray(row, dtype=np.int64) for row in candidates])) if len(candidates) else np.zeros(0, dtype=np.int64)
    right_of: dict[int, set[int]] = {}
    for query, texts, places in zip(queries, candidates, relevant, strict=True):
        right_of.setdefault(query, set()).update(texts[place] for place in places)
    found = []
    for query, texts, places in zip(queries, candidates, relevant, strict=True):
        right = right_of[query]  # also what another row says of the same query
        wrong = np.array(sorted(set(texts) - right), dtype=np.int64)
        for one in sorted({texts[place] for place in places}):
            drawn = rng.permutation(wrong)[:negatives].tolist()
            if fill and len(drawn) < negatives:
                others = [text for text in rng.choice(pool, min(len(pool), 4 * negatives), replace=False).tolist() if text not in right and text not in drawn]
                drawn += others[: negatives - len(drawn)]
            found.append(Lesson(query, one, tuple(drawn), frozenset(right - {one})))
    return found


def vector_batch(rows: Rows, lessons: Sequence[Lesson]) -> dict[str, Tensor]:
    """Texts of some lessons, each once, first the queries; `targets` (B, C): OWN, OTHER or ALSO_RIGHT for query and candidate."""
    texts = list(dict.fromkeys(text for lesson in lessons for text in (lesson.right, *lesson.wrong)))
    targets = torch.full((len(lessons), len(texts)), OTHER)
    place = {text: k for k, text in enumerate(texts)}
    for i, lesson in enumerate(lessons):
        targets[i, [place[text] for text in lesson.also_right if text in place]] = ALSO_RIGHT
        targets[i, place[lesson.right]] = OWN
    return rows.collate([*(lesson.query for lesson in lessons), *texts]) | {TARGETS: targets}


def vectors_scored(temperature: float) -> Scored:
    """Mean cross entropy of finding each query's own candidate among all of a `vector_batch` (InfoNCE), by unit vectors of its texts.

    Henderson et al. 2017, arXiv 1705.00652, section 4.4; van den Oord et al. 2018, arXiv 1807.03748, equation 4.

    Args:
        temperature: cosines are divided by it.
    """

    def scores(found: Tensor, batch: Any) -> Tensor:  # (queries, candidates)
        targets = batch[TARGETS]
        return (found[: len(targets)] @ found[len(targets) :].T / temperature).masked_fill(targets == ALSO_RIGHT, float("-inf"))

    return Scored(
        lambda network, batch: network({name: tensor for name, tensor in batch.items() if name != TARGETS}),
        lambda found, batch: nn.functional.cross_entropy(scores(found, batch), (batch[TARGETS] == OWN).int().argmax(1)),
        lambda first, second, batch: jeffreys(scores(first, batch), scores(second, batch)),
    )


def pair_batch(rows: Rows, groups: Sequence[Sequence[int]]) -> dict[str, Tensor]:
    """Pairs of query and candidate; `targets` (B, K): the places of each group's pairs in the batch, the right one first, NOBODY behind."""
    targets = torch.full((len(groups), max(map(len, groups))), NOBODY)
    start = 0
    for i, group in enumerate(groups):
        targets[i, : len(group)] = torch.arange(start, start + len(group))
        start += len(group)
    return rows.collate([pair for group in groups for pair in group]) | {TARGETS: targets}


def pairs_scored() -> Scored:
    """Mean cross entropy of choosing the right pair of each group of a `pair_batch` by its score (Cao et al. 2007, ListNet, top one, eq. 8)."""

    def scores(logits: Tensor, batch: Any) -> Tensor:  # (groups, pairs)
        targets = batch[TARGETS]
        return logits[:, 0][targets.clamp(min=0)].masked_fill(targets == NOBODY, float("-inf"))

    def loss(logits: Tensor, batch: Any) -> Tensor:
        found = scores(logits, batch)
        return nn.functional.cross_entropy(found, torch.zeros(len(found), dtype=torch.long, device=found.device))

    return Scored(lambda network, batch: network(batch), loss, lambda first, second, batch: jeffreys(scores(first, batch), scores(second, batch)))

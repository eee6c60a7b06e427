"""BIO tags: 0 is O, 1 + 2 k begins an entity of label k, 2 + 2 k goes on with it; the likeliest legal tags, and how sure they are.

A tag that goes on must follow its beginning or another that goes on with the same label. Under this rule the tags of a text
are a chain; the best one is found by Viterbi, and the probability of a span by the forward and backward sums of all legal ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Entity = tuple[int, int, int]  # first unit, unit behind the last, label


def tags_of(entities: Sequence[Entity], units: int) -> np.ndarray:
    """(units,) int64 tags of entities; where two overlap the earlier one stays."""
    tags = np.zeros(units, dtype=np.int64)
    for start, end, label in entities:
        if not tags[start:end].any():
            tags[start:end] = 2 + 2 * label
            tags[start] = 1 + 2 * label
    return tags


def _steps(log_chances: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """O (U,), B (U, L) and I (U, L) of (U, 1 + 2 L)."""
    return log_chances[:, 0], log_chances[:, 1::2], log_chances[:, 2::2]


def best_entities(log_chances: np.ndarray) -> list[Entity]:
    """The entities of the likeliest legal tags.

    Args:
        log_chances: (U, 1 + 2 L) log-probability, or any score that adds up, of each tag at each unit.
    """
    outside, begin, inside = _steps(log_chances)
    count, labels = begin.shape
    if not count:
        return []
    best = np.empty((count, 1 + 2 * labels))
    before = np.zeros((count, 1 + 2 * labels), dtype=np.int64)
    best[0] = np.concatenate([[outside[0]], begin[0], np.full(labels, -np.inf)])
    ons, begins = np.arange(labels) + 1 + labels, np.arange(labels) + 1
    for u in range(1, count):
        top = int(best[u - 1].argmax())
        own = np.where(best[u - 1, begins] >= best[u - 1, ons], begins, ons)
        best[u] = np.concatenate([[best[u - 1, top] + outside[u]], best[u - 1, top] + begin[u], best[u - 1, own] + inside[u]])
        before[u] = np.concatenate([np.full(1 + labels, top), own])
    tag = int(best[-1].argmax())
    entities: list[Entity] = []
    end = count
    for u in range(count - 1, -1, -1):
        if tag and tag <= labels:
            entities.append((u, end, tag - 1))
        if tag <= labels:  # what stands before this unit is another entity, or none
            end = u
        tag = int(before[u, tag])
    return entities[::-1]


def confidences(log_chances: np.ndarray, entities: Sequence[Entity]) -> list[float]:
    """For each entity the probability, 0..1, that just these units are an entity of just this label.

    Args:
        log_chances: (U, 1 + 2 L) log-probability of each tag at each unit.
        entities: legal ones.
    """
    if not entities:
        return []
    outside, begin, inside = _steps(log_chances)
    count, labels = begin.shape
    free, kept = np.zeros(count + 1), np.full((count + 1, labels), -np.inf)  # all ways up to unit u; those that leave label k open
    for u in range(count):
        ends = free[u] + begin[u]
        kept[u + 1] = np.logaddexp(ends, kept[u] + inside[u])
        free[u + 1] = np.logaddexp(free[u] + outside[u], _sum(kept[u + 1]))
    rest, onward = np.zeros(count + 1), np.zeros((count + 1, labels))  # all ways from unit u on: nothing goes on there; label k may
    for u in range(count - 1, -1, -1):
        rest[u] = np.logaddexp(outside[u] + rest[u + 1], _sum(begin[u] + onward[u + 1]))
        onward[u] = np.logaddexp(rest[u], inside[u] + onward[u + 1])
    found = []
    for start, end, label in entities:
        own = begin[start, label] + inside[start + 1 : end, label].sum()
        found.append(float(np.exp(min(0.0, free[start] + own + rest[end] - free[count]))))
    return found


def _sum(values: np.ndarray) -> float:
    top = values.max()
    return float(top) if np.isinf(top) else float(top + np.log(np.exp(values - top).sum()))

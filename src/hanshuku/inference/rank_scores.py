"""Scores of candidates from vectors: what rankers with torch and without it share."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np

from hanshuku.inference.base import Inputs
from hanshuku.tasks.base import objects


def query_rows(inputs: Inputs) -> list[tuple[str, list[str]]]:
    """Each row's query and its candidates, which stand as JSON in its last input."""
    return [(row[0], list(json.loads(row[-1]))) for row in inputs]


def cosines(inputs: Inputs, read: Callable[[Sequence[tuple[str, ...]], bool], np.ndarray]) -> np.ndarray:
    """(N,) tuples of cosines, one a candidate, in the order given.

    Args:
        inputs: rows of a query and its candidates.
        read: texts, and whether they are queries -> (M, D) unit vectors.
    """
    rows = query_rows(inputs)
    queries = read([(query,) for query, _ in rows], True)
    candidates = read([(text,) for _, texts in rows for text in texts], False)
    found, start = [], 0
    for query, (_, texts) in zip(queries, rows, strict=True):
        stop = start + len(texts)
        found.append(tuple(map(float, candidates[start:stop] @ query)))
        start = stop
    return objects(found)


def pair_scores(inputs: Inputs, score: Callable[[Sequence[tuple[str, ...]]], np.ndarray]) -> np.ndarray:
    """(N,) tuples of scores, one a candidate, in the order given.

    Args:
        inputs: rows of a query and its candidates.
        score: pairs of query and candidate -> (M,) scores.
    """
    rows = query_rows(inputs)
    pairs = [(query, text) for query, texts in rows for text in texts]
    if not pairs:
        return objects([])
    scores = score(pairs).tolist()
    ends = np.cumsum([len(texts) for _, texts in rows]).tolist()
    return objects([tuple(scores[end - len(texts) : end]) for end, (_, texts) in zip(ends, rows, strict=True)])

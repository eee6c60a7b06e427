"""Batches of rows of near-equal length, in an order that the seed alone decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

POOL = 50  # batches whose rows are sorted together: enough for little padding, few enough for chance to mix them


def epoch_batches(lengths: Sequence[int] | np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The batches of one epoch: every row once, near-equal lengths together, batches in random order.

    The very first batch of a run is the one with the longest row: where memory does not suffice, that shows at once.

    Args:
        lengths: (N,) what a row costs, tokens.
        batch_size: rows a batch; the last one of an epoch may have fewer.
        seed: of the run.
        epoch: 0, 1, ...
    """
    lengths = np.asarray(lengths)
    rng = np.random.default_rng((seed, epoch))
    rows = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(rows), POOL * batch_size):
        pool = rows[start : start + POOL * batch_size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    order = rng.permutation(len(batches))
    if epoch == 0:
        longest = int(np.argmax([lengths[batches[i]].max() for i in order]))
        order[[0, longest]] = order[[longest, 0]]
    return [batches[i] for i in order]


def parts(batch: np.ndarray, lengths: np.ndarray, count: int, most: int) -> list[np.ndarray]:
    """A batch in parts of near-equal size, none empty.

    Args:
        batch: row numbers.
        lengths: (N,) what each row costs.
        count: parts at least, where there are so many rows.
        most: what the rows of a part cost at most, each as much as the longest of the batch; a row alone may cost more. 0: no limit.
    """
    needed = -(-len(batch) // max(1, most // max(1, int(lengths[batch].max())))) if most else 1
    return np.array_split(batch, min(max(count, needed), len(batch)))

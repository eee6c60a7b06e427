"""Encoded: examples that fit a task, as the methods read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hanshuku.tasks import Task


@dataclass(frozen=True)
class Encoded:
    """Rows of a task in the form that methods and metrics read.

    Attributes:
        task: the task that the rows fit.
        inputs: N rows, each with one text per task input, in the task's order.
        targets: classify (N,) int64 label indices; several labels (N, L) float32 of 0 and 1; rate (N,) float32;
            other kinds (N,) objects, see the kind's file; None where the rows are not labelled.
        lines: (N,) int64, 1-based lines of the source file (0: not from a file).
        rejected: (N,) objects, texts that are worse answers than the targets, where the rows are preferences; else None.
        unlabelled: rows of the task without targets that came with them, for methods that learn from these too.
        columns: name -> N cells of the other columns of the file, where `encode` was asked to keep them.
    """

    task: Task
    inputs: Sequence[tuple[str, ...]]
    targets: np.ndarray | None
    lines: np.ndarray
    rejected: np.ndarray | None = None
    unlabelled: Sequence[tuple[str, ...]] = ()
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: Sequence[int] | np.ndarray) -> Encoded:
        """The rows at these positions, in this order."""
        index = np.asarray(rows, dtype=np.int64)
        targets = None if self.targets is None else self.targets[index]
        rejected = None if self.rejected is None else self.rejected[index]
        columns = {name: [cells[i] for i in index] for name, cells in self.columns.items()}
        return replace(self, inputs=[self.inputs[i] for i in index], targets=targets, lines=self.lines[index], rejected=rejected, columns=columns)

    @property
    def strata(self) -> np.ndarray:
        """(N,) int64: one number for rows that a stratified split must spread evenly.

        classify: the label; several labels: the rarest label the row has; rate: the quintile of the target; else one for all.
        """
        if self.targets is None or not len(self) or self.targets.dtype == object:
            return np.zeros(len(self), dtype=np.int64)
        if self.task.several:
            counts = self.targets.sum(axis=0)
            rarity = np.where(self.targets > 0, counts, np.inf)
            return np.where(self.targets.any(axis=1), rarity.argmin(axis=1), self.targets.shape[1]).astype(np.int64)
        if self.task.kind == "rate":
            edges = np.quantile(self.targets, [0.2, 0.4, 0.6, 0.8])
            return np.searchsorted(edges, self.targets, side="right").astype(np.int64)
        return self.targets.astype(np.int64)


def drawn_unlabelled(encoded: Encoded, most: int, seed: int) -> list[tuple[str, ...]]:
    """Unlabelled texts without those that are labelled, each once and none empty; at most so many, drawn at random, in their order.

    Args:
        encoded: labelled rows with unlabelled ones beside them.
        most: texts at most.
        seed: of the draw.
    """
    known = set(encoded.inputs)
    texts = [row for row in dict.fromkeys(map(tuple, encoded.unlabelled)) if row not in known and any(text.strip() for text in row)]
    picked = np.random.default_rng(seed).permutation(len(texts))[:most]
    return [texts[i] for i in np.sort(picked)]


def hold_out(encoded: Encoded, share: float, seed: int) -> tuple[Encoded, Encoded]:
    """Split labelled rows in two, stratified: (kept, held out).

    Every stratum with at least two rows gives about `share` of them, at least one where share > 0 and the stratum
    has five rows or more. The same seed gives the same split.

    Args:
        encoded: labelled rows.
        share: part to hold out, 0..1.
        seed: of the shuffle.
    """
    rng = np.random.default_rng(seed)
    strata = encoded.strata
    held: list[int] = []
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        n = round(len(rows) * share)
        if share > 0 and len(rows) >= 5:
            n = max(n, 1)
        held.extend(rows[: min(n, len(rows) - 1)])
    mask = np.zeros(len(encoded), dtype=bool)
    mask[held] = True
    return encoded.take(np.flatnonzero(~mask)), encoded.take(np.flatnonzero(mask))

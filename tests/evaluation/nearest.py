"""A small real method: the label of the nearest training text by shared words. It needs no model and no torch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import TrainingError
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step


@dataclass(frozen=True)
class NearestPredictor:
    """Votes of the k nearest training texts."""

    KIND: ClassVar[str] = "nearest"
    task: Task
    texts: Sequence[tuple[str, ...]]
    targets: np.ndarray
    k: int
    threshold: float = 0.5
    moved_parameters: int = 0
    total_parameters: int = 0

    def outputs(self, inputs: Sequence[tuple[str, ...]]) -> np.ndarray:
        words = sorted({word for row in self.texts for word in " ".join(row).split()})
        similar = count(inputs, words) @ count(self.texts, words).T  # (B, N)
        best = np.argsort(-similar, axis=1, kind="stable")[:, : self.k]
        if self.task.kind == "rate":
            return self.targets[best].mean(axis=1).astype(np.float32)
        votes = self.targets if self.task.several else np.eye(len(self.task.labels), dtype=np.float32)[self.targets]
        return votes[best].mean(axis=1).astype(np.float32)

    def save(self, folder: Path) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Nearest:
    """Answer with the votes of the k most similar training texts."""

    NAME: ClassVar[str] = "nearest"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True
    k: int = field(default=1, metadata={"help": "neighbours that vote"})
    share: float = field(default=1.0, metadata={"help": "part of the training rows that is looked at, drawn by the seed"})
    seconds: float = field(default=0.0, metadata={"help": "time to waste"})
    megabytes: int = field(default=0, metadata={"help": "memory to waste"})
    fails: str = field(default="", metadata={"help": "raise this message"})

    def default_model(self, task: Task, language: str) -> str:
        return "none"

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()) -> NearestPredictor:
        if self.fails == "bug":
            raise ZeroDivisionError("a bug")
        if self.fails:
            raise TrainingError(self.fails)
        waste = np.ones(self.megabytes * 2**17)
        run.report(Step(1, 1, note="count words"))
        time.sleep(min(self.seconds, run.budget_s or self.seconds))
        kept = np.random.default_rng(run.seed).permutation(len(train))[: max(1, round(self.share * len(train)))]
        rows = train.take(np.sort(kept))
        return NearestPredictor(task, rows.inputs, rows.targets, self.k, moved_parameters=len(rows), total_parameters=len(rows) + waste.size * 0)


@dataclass(frozen=True)
class Constant:
    """The commonest label, always. It learns from nothing but the task."""

    NAME: ClassVar[str] = "constant"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify"})
    LEARNS: ClassVar[bool] = False

    def default_model(self, task: Task, language: str) -> str:
        return "none"

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()) -> NearestPredictor:
        assert train is None
        return NearestPredictor(task, [("",)], np.zeros(1, dtype=np.int64), 1)


def count(texts: Sequence[tuple[str, ...]], words: list[str]) -> np.ndarray:
    """Word counts scaled to unit length, (B, V)."""
    index = {word: i for i, word in enumerate(words)}
    table = np.zeros((len(texts), len(words) + 1))
    for i, row in enumerate(texts):
        for word, times in Counter(" ".join(row).split()).items():
            table[i, index.get(word, len(words))] += times
    table = table[:, :-1]
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)


MOOD = Task("classify", labels=("good", "bad", "dull"))
WORDS = {"good": "glad happy sunny lovely kind bright", "bad": "sad rain gloomy awful cruel dark", "dull": "grey slow flat plain long tired"}


def mood_rows(n: int, seed: int, clear: int = 3) -> Encoded:
    """n texts of `clear` words of their mood among six of any mood."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, n)
    every = " ".join(WORDS.values()).split()
    texts = [(" ".join([*rng.choice(WORDS[MOOD.labels[t]].split(), clear), *rng.choice(every, 6 - clear)]),) for t in targets]
    return Encoded(MOOD, texts, targets.astype(np.int64), np.arange(1, n + 1))

"""What a fit will take on this machine, told from how long the encoder needs for a few of the rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import Task

LOOKED_AT = 48  # rows that are read to tell the pace
LOADING = 1.0  # seconds to load a model and set out
PASSES = {"contrastive": 3.0, "finetune": 5.0}  # a step costs so many readings of its texts (measured: 2.8 and 4.6 on ag_news)
STATIC_S = 0.002  # seconds a row of the method static, which reads no encoder


@dataclass(frozen=True)
class Pace:
    """Seconds that the encoder needs to read a row, and the labels of the task."""

    row_s: float
    labels: int

    @classmethod
    def look(cls, task: Task, rows: Encoded, model: str) -> Pace:
        """Read a few rows and measure.

        Raises:
            ModelError: the model cannot be had.
            MissingExtra: torch or transformers is not installed.
        """
        from hanshuku.inference.embed import embed
        from hanshuku.models.load import load_encoder

        loaded = load_encoder(model)
        places = np.unique(np.linspace(0, len(rows) - 1, LOOKED_AT).astype(np.int64))
        texts = [tuple(rows.inputs[i]) for i in places]
        embed(loaded, texts[:2])
        begin = time.monotonic()
        embed(loaded, texts)
        return cls((time.monotonic() - begin) / len(texts), max(len(task.labels), 1))

    def reading(self, rows: int) -> float:
        """Seconds to read so many rows once."""
        return LOADING + self.row_s * rows

    def readable(self, seconds: float) -> int:
        """Rows that can be read in so many seconds; never less than 64."""
        return max(64, int(min(1e12, max(0.0, seconds - LOADING) / max(self.row_s, 1e-9))))

    def seconds(self, method: Any, name: str, rows: int) -> float:
        """Seconds of a fit of so many rows that nothing cuts short.

        Args:
            method: with its settings.
            name: of the method.
            rows: that it learns from.
        """
        if name == "contrastive":
            texts = method.planned_steps(rows, self.labels) * method.planned_batch(self.labels)
            return self.reading(rows) + PASSES[name] * self.row_s * texts
        if name == "finetune":
            return LOADING + PASSES[name] * self.row_s * rows * method.planned_epochs(rows, self.labels)
        if name == "static":
            return LOADING + STATIC_S * rows
        return self.reading(rows)

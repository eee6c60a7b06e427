"""What a fit will take on this machine, told from how long the encoder needs for a few of the rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import Task

LOOKED_AT = 48  # rows that are read to tell the pace
LONGEST, SHORTER = 512, 256  # most tokens of a row where the user sets no limit: of finetune, of contrastive
LOADING = 1.0  # seconds to load a model and set out
PASSES = {"contrastive": 3.0, "finetune": 5.0}  # a step costs so many readings of its texts (measured: 2.8 and 4.6 on ag_news)
SELF_TEXTS = 4000  # that a round of self_train learns from at most
HEAD_S = 4e-8  # seconds of a head for what the encoder read: a row, label and number; no more than 4,000 rows choose its penalty
STATIC_S = (0.2, 1e-3, 7e-6, 6e-5)  # seconds of the method static, which reads no encoder: a fit, a row, a character, a row and label of 4,000 short rows


@dataclass(frozen=True)
class Pace:
    """Seconds that the encoder needs to read a row, and the labels of the task."""

    row_s: float
    labels: int
    base_mb: float = 0.0  # of this process with the encoder loaded
    weights_mb: float = 0.0  # of the encoder, in float32
    words_mb: float = 0.0  # of it its word vectors, which move in `finetune` only
    tokens: int = 0  # of the longest row seen
    shape: tuple[int, int, int] = (0, 0, 0)  # blocks, numbers in a hidden state, heads
    characters: float = 0.0  # of a row, in the mean

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
        row_s = (time.monotonic() - begin) / len(texts)
        weights = sum(p.numel() for p in loaded.network.parameters()) * 4 / 2**20
        tokens = max(len(loaded.tokenizer.encode(*text[:2], truncation=True, max_length=LONGEST)) for text in texts)
        words = loaded.network.get_input_embeddings().weight.numel() * 4 / 2**20
        config = loaded.network.config
        shape = tuple(int(getattr(config, name, 0) or 0) for name in ("num_hidden_layers", "hidden_size", "num_attention_heads"))
        characters = sum(map(len, (part for text in texts for part in text))) / len(texts)
        return cls(row_s, max(len(task.labels), 1), _resident_mb(), weights, words, tokens, shape, characters)  # type: ignore[arg-type]

    def reading(self, rows: int) -> float:
        """Seconds to read so many rows once."""
        return LOADING + self.row_s * rows

    def head(self, rows: int) -> float:
        """Seconds to fit a head to so many rows that were read; a probe reads two layers."""
        return HEAD_S * min(rows, 4000) * self.labels * 2 * self.shape[1]

    def readable(self, seconds: float) -> int:
        """Rows that can be read in so many seconds; never less than 64."""
        return max(64, int(min(1e12, max(0.0, seconds - LOADING) / max(self.row_s, 1e-9))))

    def memory_mb(self, method: Any, name: str) -> float:
        """Peak memory of a fit, in MB: where the encoder moves, its gradients and the two moments of AdamW, and a batch's activations."""
        if name == "contrastive":
            return self.base_mb + 3 * (self.weights_mb - self.words_mb) + method.planned_batch(self.labels) * self._activations_mb(method.max_length or SHORTER)
        if name == "finetune":
            return self.base_mb + 3 * self.weights_mb + method.planned_batch(self.labels) * self._activations_mb(method.max_length or LONGEST)
        return self.base_mb

    def _activations_mb(self, limit: int) -> float:
        """What the blocks keep of the longest row: s h (34 + 5 a s / h) bytes each (Korthikanti et al. 2022, arXiv 2205.05198, equation 2)."""
        (layers, width, heads), tokens = self.shape, min(self.tokens, limit)
        return layers * tokens * (34 * width + 5 * heads * tokens) / 2**20

    def seconds(self, method: Any, name: str, rows: int) -> float:
        """Seconds of a fit of so many rows that nothing cuts short.

        Args:
            method: with its settings.
            name: of the method.
            rows: that it learns from.
        """
        if name == "contrastive":
            texts = method.planned_steps(rows, self.labels) * method.planned_batch(self.labels)
            return self.reading(rows) + PASSES[name] * cost_of(method) * self.row_s * texts + self.head(rows)
        if name == "finetune":
            return LOADING + PASSES[name] * cost_of(method) * self.row_s * rows * method.planned_epochs(rows, self.labels)
        if name == "self_train":
            return (method.rounds + 1) * (self.reading(rows + method.most) + PASSES["contrastive"] * self.row_s * SELF_TEXTS)
        if name == "static":
            fit, row, character, weights = STATIC_S
            return fit + rows * (row + character * self.characters + weights * self.labels * min(1.0, rows / 4000) * (1 + self.characters / 200))
        return self.reading(rows) + (self.head(rows) if name == "probe" else 0.0)


def cost_of(method: Any) -> float:
    """How many times as long a step takes with the switches and views of the method as without any.

    A push is sought by passes of their own; R-Drop reads each row twice; of an unlabelled text the strong view is learned like a
    row, and reading the weak one is a third of that.
    """
    switches, views = getattr(method, "switches", None), getattr(method, "views", None)
    cost = 1.0
    if switches is not None:
        seeking = {"none": 0, "fgm": 1, "pgd": switches.adversarial_steps or 3, "freelb": (switches.adversarial_steps or 3) - 1, "smart": 1 + (switches.adversarial_steps or 1)}
        cost = (1.0 + seeking[switches.adversarial]) * (2.0 if switches.consistency else 1.0)
    return cost + (views.view_ratio * 4 / 3 if views is not None and views.is_on else 0.0)


def free_mb() -> float:
    """Memory that this machine has free now, in MB."""
    import psutil

    return float(psutil.virtual_memory().available) / 2**20


def _resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


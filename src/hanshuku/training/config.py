"""Schedule: how long and how fast to learn."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields

from hanshuku.errors import ConfigError

DECAYS = ("linear", "cosine", "constant")
PRECISIONS = ("auto", "bf16", "fp32")


@dataclass(frozen=True)
class Schedule:
    """Settings of one run of the engine."""

    epochs: float = field(default=3.0, metadata={"help": "passes over the rows, > 0"})
    max_steps: int = field(default=0, metadata={"help": "steps at most; 0: as the epochs say"})
    batch_size: int = field(default=16, metadata={"help": "rows a step"})
    learning_rate: float = field(default=5e-5, metadata={"help": "peak rate of AdamW"})
    warmup: float = field(default=0.1, metadata={"help": "part of the steps in which the rate rises, 0..1"})
    decay: str = field(default="linear", metadata={"help": "how the rate falls: linear, cosine or constant"})
    weight_decay: float = field(default=0.01, metadata={"help": "decoupled decay of matrices; biases and norms have none"})
    clip: float = field(default=1.0, metadata={"help": "greatest norm of the gradient; 0: not clipped"})
    accumulate: int = field(default=1, metadata={"help": "parts a step is computed in, to save memory"})
    part_cost: int = field(default=0, metadata={"help": "what the rows of a part cost at most, in tokens with padding; 0: no limit"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    patience: int = field(default=0, metadata={"help": "evaluations without gain before it stops; 0: never"})
    evaluations: int = field(default=1, metadata={"help": "evaluations an epoch"})
    checkpoint_every_s: float = field(default=30.0, metadata={"help": "seconds between checkpoints; 0: after each step"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})

    def __post_init__(self) -> None:
        ranges = (("epochs", 1e-9, 1e6), ("batch_size", 1, 1e6), ("learning_rate", 0, 10), ("warmup", 0, 1), ("weight_decay", 0, 10),
                  ("clip", 0, 1e9), ("accumulate", 1, 1e6), ("part_cost", 0, 1e12), ("patience", 0, 1e6), ("evaluations", 1, 1e6), ("max_steps", 0, 1e12),
                  ("checkpoint_every_s", 0, 1e9))  # fmt: skip
        for name in (f.name for f in fields(self) if f.type == "int"):
            if isinstance(getattr(self, name), bool) or not isinstance(getattr(self, name), int):
                raise ConfigError(f"{name} is a whole number. Received: {getattr(self, name)!r}.")
        for name, low, high in ranges:
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} goes from {low:g} to {high:g}. Received: {getattr(self, name)}.")
        if self.decay not in DECAYS or self.precision not in PRECISIONS:
            raise ConfigError(f"decay is one of {DECAYS} and precision one of {PRECISIONS}. Received: {self.decay!r}, {self.precision!r}.")


def checkpoint_seconds(schedule: Schedule) -> float:
    """Seconds between checkpoints: HANSHUKU_CHECKPOINT_S where it is set, else as the schedule says.

    Raises:
        ConfigError: HANSHUKU_CHECKPOINT_S is not a number of seconds, 0 or more.
    """
    stated = os.environ.get("HANSHUKU_CHECKPOINT_S")
    if not stated:
        return schedule.checkpoint_every_s
    try:
        seconds = float(stated)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise ConfigError(f"HANSHUKU_CHECKPOINT_S is a number of seconds, 0 (after each step) or more. Received: {stated!r}.")
    return seconds

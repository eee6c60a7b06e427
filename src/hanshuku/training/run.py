"""Run: what a fit is told besides its task, its rows and its settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path

from hanshuku.errors import ConfigError

MOST_SEED = 2**32 - 1  # what numpy's and torch's generators both take


@dataclass(frozen=True)
class Step:
    """What a run says of itself, once a step or so."""

    done: int  # steps taken
    total: int  # steps planned, >= 1
    loss: float | None = None  # mean training loss since the last report
    score: float | None = None  # held-out score, where one was just measured
    seconds_left: float | None = None  # estimate
    note: str = ""  # what is being done, a few words
    sample: str = ""  # what a language model in training writes now, one line


def silent(_step: Step) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Run:
    """Where a fit runs and how it reports."""

    seed: int = 0  # same seed, same rows, same machine: same result
    folder: Path | None = None  # checkpoints and logs go here and a killed fit resumes from here; None: nothing is kept
    budget_s: float | None = None  # wall seconds the fit may take; None: as long as it needs
    report: Callable[[Step], None] = silent  # called with progress
    track: tuple[str, ...] = ()  # "csv", "tensorboard", "wandb": needs a folder

    def __post_init__(self) -> None:
        """Check the seed, which every fit draws from.

        Raises:
            ConfigError: it is no whole number of the range.
        """
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral) or not 0 <= self.seed <= MOST_SEED:
            raise ConfigError(f"A seed is a whole number from 0 to {MOST_SEED}. Received {self.seed!r}.")

    def since(self, start: float) -> Run:
        """The same with what is left of the budget, at least a second, where `start` is when the fit began (time.monotonic)."""
        return self if self.budget_s is None else replace(self, budget_s=max(1.0, self.budget_s - (time.monotonic() - start)))

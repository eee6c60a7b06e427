"""Trackers: a run's numbers as CSV, for TensorBoard, or for Weights & Biases."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hanshuku.errors import ConfigError, MissingExtra

COLUMNS = ("step", "epoch", "loss", "learning_rate", "score", "seconds")


class Tracker(Protocol):
    """Takes a run's numbers."""

    def log(self, numbers: Mapping[str, float]) -> None:
        """Note the numbers of a step; they hold "step"."""

    def close(self) -> None:
        """Write what is still held."""


class CsvTracker:
    """metrics.csv, a line a step, flushed at once; a resumed run goes on in the same file."""

    def __init__(self, folder: Path, _config: Mapping[str, Any]) -> None:
        file = folder / "metrics.csv"
        begin = not file.exists() or file.stat().st_size == 0
        self._stream = file.open("a", newline="", encoding="utf-8", buffering=1)
        self._writer = csv.DictWriter(self._stream, COLUMNS, restval="", extrasaction="ignore")
        if begin:
            self._writer.writeheader()

    def log(self, numbers: Mapping[str, float]) -> None:
        """Append a line."""
        self._writer.writerow(dict(numbers))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class TensorBoardTracker:
    """Event files below tensorboard/."""

    def __init__(self, folder: Path, _config: Mapping[str, Any]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtra("tensorboard", "track", "Tracking with TensorBoard") from error
        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def log(self, numbers: Mapping[str, float]) -> None:
        """Write one scalar a name."""
        for name, value in numbers.items():
            if name != "step":
                self._writer.add_scalar(name, value, int(numbers["step"]))

    def close(self) -> None:
        """Write what is still held."""
        self._writer.close()


class WandbTracker:
    """Weights & Biases, below wandb/; offline unless the user has set WANDB_MODE or logged in with WANDB_API_KEY."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingExtra("wandb", "track", "Tracking with Weights & Biases") from error
        mode: Any = os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else "offline")
        settings = wandb.Settings(console="off", silent=True, x_disable_meta=True, x_disable_stats=True, disable_git=True, disable_code=True)
        project = os.environ.get("WANDB_PROJECT", "hanshuku")
        self._run = wandb.init(project=project, dir=str(folder), config=dict(config), mode=mode, settings=settings)

    def log(self, numbers: Mapping[str, float]) -> None:
        """Send the numbers of a step."""
        self._run.log({name: value for name, value in numbers.items() if name != "step"}, step=int(numbers["step"]))

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


TRACKERS: dict[str, type[Any]] = {"csv": CsvTracker, "tensorboard": TensorBoardTracker, "wandb": WandbTracker}


def make_trackers(names: Sequence[str], folder: Path | None, config: Mapping[str, Any]) -> list[Tracker]:
    """The trackers of these names.

    Raises:
        ConfigError: a name is not one of TRACKERS, or there is no folder.
        MissingExtra: the package of one is not installed.
    """
    wrong = [name for name in names if name not in TRACKERS]
    if wrong or (names and folder is None):
        raise ConfigError(f"track takes {', '.join(TRACKERS)} and needs a folder. Received: {', '.join(names)} and {folder}.")
    if folder is not None and names:
        folder.mkdir(parents=True, exist_ok=True)
    return [TRACKERS[name](folder, config) for name in names]

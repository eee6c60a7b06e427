"""Trackers: a run's numbers as CSV, for TensorBoard, or for Weights & Biases."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hanshuku.errors import ConfigError, MissingExtra, StorageError

COLUMNS = ("step", "epoch", "loss", "learning_rate", "score", "seconds")


class Tracker(Protocol):
    """Takes a run's numbers."""

    def log(self, numbers: Mapping[str, float]) -> None:
        """Note the numbers of a step; they hold "step"."""

    def close(self) -> None:
        """Write what is still held."""


class CsvTracker:
    """metrics.csv, a line a step, flushed at once. A resumed run goes on after the last line that its checkpoint knows of."""

    def __init__(self, folder: Path, _config: Mapping[str, Any], done: int, _name: str) -> None:
        file = folder / "metrics.csv"
        kept = _rows_until(file, done) if done else []
        staged = file.with_suffix(".tmp")
        with staged.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(kept)
        staged.replace(file)
        self._stream = file.open("a", newline="", encoding="utf-8", buffering=1)
        self._writer = csv.DictWriter(self._stream, COLUMNS, restval="", extrasaction="ignore")

    def log(self, numbers: Mapping[str, float]) -> None:
        """Append a line."""
        self._writer.writerow(dict(numbers))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _rows_until(file: Path, done: int) -> list[dict[str, str]]:
    """The lines of the first `done` steps; a line that a kill cut short is left out."""
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream, restval="") if row.get("step", "").isdigit() and row.get("seconds")]
    return [row for row in rows if int(row["step"]) <= done]


class TensorBoardTracker:
    """Event files below tensorboard/."""

    def __init__(self, folder: Path, _config: Mapping[str, Any], done: int, _name: str) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtra("tensorboard", "track", "Tracking with TensorBoard") from error
        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=done + 1)

    def log(self, numbers: Mapping[str, float]) -> None:
        """Write one scalar a name."""
        for name, value in numbers.items():
            if name != "step":
                self._writer.add_scalar(name, value, int(numbers["step"]))

    def close(self) -> None:
        """Write what is still held."""
        self._writer.close()


class WandbTracker:
    """Weights & Biases, below wandb/; offline unless the user has set WANDB_MODE or logged in with WANDB_API_KEY.

    A run that goes on from a checkpoint goes on under its name there too.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], done: int, name: str) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingExtra("wandb", "track", "Tracking with Weights & Biases") from error
        mode: Any = os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else "offline")
        settings = wandb.Settings(console="off", silent=True, x_disable_meta=True, x_disable_stats=True, disable_git=True, disable_code=True)
        project = os.environ.get("WANDB_PROJECT", "hanshuku")
        self._run = wandb.init(
            project=project, dir=str(folder), config=dict(config), mode=mode, settings=settings, id=name or None, resume="allow"
        )

    def log(self, numbers: Mapping[str, float]) -> None:
        """Send the numbers of a step."""
        self._run.log({name: value for name, value in numbers.items() if name != "step"}, step=int(numbers["step"]))

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


TRACKERS: dict[str, type[Any]] = {"csv": CsvTracker, "tensorboard": TensorBoardTracker, "wandb": WandbTracker}


def check_trackers(names: Sequence[str], folder: Path | None) -> None:
    """Refuse trackers that there are not.

    Raises:
        ConfigError: a name is not one of TRACKERS, or there is no folder.
    """
    if any(name not in TRACKERS for name in names) or (names and folder is None):
        raise ConfigError(f"track takes {', '.join(TRACKERS)} and needs a folder. Received: {', '.join(names)} and {folder}.")


def make_trackers(names: Sequence[str], folder: Path | None, config: Mapping[str, Any], *, done: int = 0, run_name: str = "") -> list[Tracker]:
    """The trackers of these names.

    Args:
        names: keys of TRACKERS.
        folder: where they write.
        config: settings of the run, plain data.
        done: steps that a checkpoint has brought back; what was noted after them is dropped.
        run_name: the same for each process of a run that is killed and goes on; another for any other run.

    Raises:
        ConfigError: a name is not one of TRACKERS, or there is no folder.
        MissingExtra: the package of one is not installed.
        StorageError: the folder cannot be written.
    """
    check_trackers(names, folder)
    if folder is None or not names:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [TRACKERS[name](folder, config, done, run_name) for name in names]
    except OSError as error:
        raise StorageError(f"{folder} does not take the numbers to be tracked ({error}). Make room there, or give another folder.") from error

"""What `auto` tries: ways to learn, the rows that judge them, and what is known of each so far, kept on disk as it comes."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.disk import whole_file
from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import DataError
from hanshuku.inference.base import Predictor
from hanshuku.methods.out_of_fold import fold_of_rows, folds_for
from hanshuku.methods.switching import flat_settings, make

MANY = 2000  # labelled rows from which a part that is held out judges; with fewer, every row does in its turn
PART = 0.1  # of many rows, held out


@dataclass(eq=False)  # each is itself
class Arm:
    """A method with its settings and model, and how it did so far.

    Attributes:
        name: of the method.
        method: with its settings.
        model: catalogue name, hub name or folder.
        right: (J,) 0..1 for each row that judges, see `right_rows`; NaN where it was not asked yet.
        outputs: (J, L) or (J,), what it answered; None: nothing yet.
        seconds: of each fit so far.
        latency_ms: of one text alone; None: not measured.
        note: why it goes no further.
        is_out: whether it cannot be chosen: it failed, or does not fit this machine's memory.
        predictor: what may be used as it is: learned from all rows that are not held out, or from none.
    """

    name: str
    method: Any
    model: str
    right: np.ndarray
    outputs: np.ndarray | None = None
    seconds: list[float] = field(default_factory=list)
    latency_ms: float | None = None
    note: str = ""
    is_out: bool = False
    predictor: Predictor | None = None

    @property
    def done(self) -> int:
        """Fits so far."""
        return len(self.seconds)

    @property
    def changes(self) -> dict[str, Any]:
        """Settings that are not the method's defaults."""
        return changes_of(self.method)

    @property
    def label(self) -> str:
        """The method, and what was changed of its settings."""
        return label_of(self.name, self.method)

    @property
    def key(self) -> str:
        """A name for its files, which changes with whatever changes its answers."""
        facts = json.dumps([self.name, flat_settings(self.method), self.model], sort_keys=True, default=str)
        return f"{self.name}-{hashlib.sha256(facts.encode()).hexdigest()[:10]}"

    def command(self, seed: int) -> str:
        """The plain command that learns the same."""
        return learn_command(self.name, self.method, self.model, seed)


def changes_of(method: Any) -> dict[str, Any]:
    """Settings of a method that are not its defaults."""
    usual = flat_settings(make(type(method), {}))
    return {key: value for key, value in flat_settings(method).items() if value != usual[key]}


def label_of(name: str, method: Any) -> str:
    """The method's name, and what was changed of its settings."""
    return " ".join([name, *(f"{key}={value}" for key, value in changes_of(method).items())])


def learn_command(name: str, method: Any, model: str, seed: int) -> str:
    """The command line that learns so, with TRAIN and UNLABELLED for the files.

    Args:
        name: of the method.
        method: with its settings.
        model: catalogue name, hub name or folder.
        seed: of the fit.
    """
    unlabelled = ["--unlabelled", "UNLABELLED"] if name == "self_train" or getattr(getattr(method, "views", None), "is_on", False) else []
    settings = [part for key, value in changes_of(method).items() for part in ("--set", f"{key}={value}")]
    return shlex.join(["hanshuku", "learn", "TRAIN", *unlabelled, "--method", name, "--model", model, *settings, "--seed", str(seed)])


@dataclass(frozen=True)
class Judges:
    """The rows that judge, and what is learned before each part of them is asked.

    Attributes:
        rows: J labelled rows.
        parts: for each fit the rows that it learns from, and the places (among the J) of those that it is judged on.
        is_whole: whether a fit learns from all rows, so that nothing need be learned again.
        folds: whether every row judges in its turn.
    """

    rows: Encoded
    parts: tuple[tuple[Encoded, np.ndarray], ...]
    is_whole: bool = False
    folds: bool = False

    @classmethod
    def of(cls, train: Encoded, validation: Encoded | None, seed: int, *, share: float = 0.0, most: int = 2000) -> Judges:
        """Validation rows where there are any; else folds, or of many rows a part.

        Args:
            train: labelled rows.
            validation: labelled rows, or None.
            seed: of the split.
            share: part of the rows to hold out; 0: folds, or a tenth of MANY rows and more.
            most: rows to hold out at most.

        Raises:
            DataError: there are too few rows.
        """
        if validation is not None and len(validation):
            return cls(validation, ((train, np.arange(len(validation))),), is_whole=True)
        if share or len(train) >= MANY:
            kept, held = hold_out(train, min(share or PART, most / len(train)), seed)
            if not len(held):
                raise DataError(f"To choose among methods some rows must judge. Received: {len(train)} rows.")
            return cls(held, ((kept, np.arange(len(held))),))
        fold = fold_of_rows(train, folds_for(train), seed)
        parts = tuple((train.take(np.flatnonzero(fold != k)), np.flatnonzero(fold == k)) for k in np.unique(fold))
        return cls(train, parts, folds=True)


class Shelf:
    """Answers that were paid for, in a folder: a search that was killed goes on from them.

    Args:
        folder: None: nothing is kept.
        judges: whose answers they are; another search's are passed over.
        seed: of the fits.
    """

    def __init__(self, folder: Path | None, judges: Judges, seed: int) -> None:
        rows = [fingerprint(part[0]) for part in judges.parts] + [fingerprint(judges.rows)]
        self.folder = None if folder is None else folder / "trials"
        self.mark = hashlib.sha256(json.dumps([rows, seed]).encode()).hexdigest()[:10]

    def put(self, arm: Arm, part: int, right: np.ndarray, outputs: np.ndarray) -> None:
        """Keep what a fit answered; see Arm for the arrays, here of the part's rows only.

        Raises:
            StorageError: the folder cannot be written.
        """
        if self.folder is None:
            return
        facts = {"seconds": arm.seconds[-1], "latency_ms": arm.latency_ms, "arm": arm.label}
        with whole_file(self._file(arm, part)) as stream:
            np.savez(stream, right=right, outputs=outputs, facts=np.array(json.dumps(facts)))

    def take(self, arm: Arm, part: int) -> tuple[np.ndarray, np.ndarray, dict[str, Any]] | None:
        """What was kept of this fit: right, outputs, facts; or None."""
        if self.folder is None or not self._file(arm, part).is_file():
            return None
        try:
            with np.load(self._file(arm, part), allow_pickle=False) as kept:
                return kept["right"], kept["outputs"], json.loads(str(kept["facts"]))
        except (OSError, ValueError, KeyError):
            return None

    def _file(self, arm: Arm, part: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{arm.key}-{self.mark}-{part}.npz"


def note_answers(arm: Arm, judges: Judges, part: int, right: np.ndarray, outputs: np.ndarray) -> None:
    """Write the answers to a part's rows into the arm."""
    places = judges.parts[part][1]
    if arm.outputs is None:
        arm.outputs = np.full((len(judges.rows), *outputs.shape[1:]), np.nan, dtype=np.float32)
    arm.outputs[places], arm.right[places] = outputs, right


def trial_of(arm: Arm, seed: int, **more: Any) -> dict[str, Any]:
    """The arm as plain JSON data, for the record of how a function was learned."""
    judged = arm.right[~np.isnan(arm.right)]
    return {
        "method": arm.name, "label": arm.label, "model": arm.model, "settings": flat_settings(arm.method), "score": float(judged.mean()) if len(judged) else None,
        "rows": len(judged), "fits": arm.done, "seconds": round(sum(arm.seconds), 2), "latency_ms": arm.latency_ms and round(arm.latency_ms, 2),
        "command": arm.command(seed), "note": arm.note, **more,
    }  # fmt: skip

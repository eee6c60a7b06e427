"""CalibratedPredictor: another predictor with honest probabilities, which refuses what it is unsure of or what is out of its scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.scope import Scope, read_rows, read_scope
from hanshuku.metrics.conformal import strangeness
from hanshuku.metrics.scaling import Scaling, read_scaling
from hanshuku.tasks import Prediction, Task
from hanshuku.tasks.classify import confidences, decode

ARRAYS = "calibration.npz"
UNSURE, OUT_OF_SCOPE = "unsure", "out_of_scope"  # reasons of a refusal


def heard(reasons: np.ndarray) -> np.ndarray:
    """(N,) bool: rows whose probabilities are a predictor's own; of one that a guard keeps from it there is none."""
    return np.isin(reasons.astype(str), ("", UNSURE, OUT_OF_SCOPE))


@dataclass(frozen=True)
class Sets:
    """How the set of labels of a row is made, see `metrics.conformal`.

    Attributes:
        kind: "lac" or "aps".
        threshold: greatest strangeness of a label in it.
        coverage: how often a set holds the right label, 0..1.
    """

    kind: str
    threshold: float
    coverage: float


@dataclass
class CalibratedPredictor:
    """What `function.calibrate` makes. All that is not here is as its base has it.

    Attributes:
        task: classify.
        base: what answers.
        scaling: makes its probabilities honest; None: they stay.
        least: rows with less confidence are refused; 0: none.
        scope: how strange a row is; None: nothing is out of scope.
        strangest: rows that are stranger are out of scope.
        sets: how sets of labels are made; None: there are none.
        about: what was measured on the held-out rows, plain JSON data.
    """

    KIND: ClassVar[str] = "calibrated"
    task: Task
    base: Predictor
    scaling: Scaling | None = None
    least: float = 0.0
    scope: Scope | None = None
    strangest: float = float("inf")
    sets: Sets | None = None
    about: dict[str, Any] = field(default_factory=dict)
    threshold: float = field(default=0.5, init=False)  # several labels: least probability of a label that is given, after scaling

    def __post_init__(self) -> None:
        self.threshold = self.base.threshold if self.scaling is None or not self.task.several else self.scaling.threshold(self.base.threshold)

    def __getattr__(self, name: str) -> Any:
        """What the base has besides: parameters, notes, features, what a server was paid ..."""
        if name.startswith("__") or "base" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.base, name)

    @property
    def refuses(self) -> bool:
        """Whether a row may be refused."""
        return self.least > 0 or self.scope is not None

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N, L) float32 probabilities, refused or not."""
        return self.scaled(self.base.outputs(inputs))

    def judged(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """(N, L) float32 probabilities, and (N,) texts: why a row is refused, "" where it is answered. The base is asked once."""
        if self.scope is None or not len(inputs):
            outputs, strange = self.outputs(inputs), np.zeros(len(inputs), dtype=bool)
        else:
            read = read_rows(self.base, inputs)
            outputs, strange = self.scaled(read.outputs), self.scope.strangeness(read) > self.strangest
        unsure = confidences(self.task, outputs, self.threshold) < self.least
        return outputs, np.where(strange, OUT_OF_SCOPE, np.where(unsure, UNSURE, ""))

    def strangeness(self, inputs: Inputs) -> np.ndarray:
        """(N,) how strange each row is to its scope, which must be there."""
        assert self.scope is not None
        return self.scope.strangeness(read_rows(self.base, inputs))

    def predictions(self, inputs: Inputs) -> list[Prediction]:
        """What a function answers: refusals have no output but a reason, and where sets are made each row has its own."""
        outputs, reasons = self.judged(inputs)
        found = decode(self.task, outputs, self.threshold)
        found = [replace(given, output=None, reason=str(reason)) if reason else given for given, reason in zip(found, reasons, strict=True)]
        if self.sets is None:
            return found
        return [replace(given, label_set=held) for given, held in zip(found, self.label_sets(inputs, outputs), strict=True)]

    def label_sets(self, inputs: Inputs, outputs: np.ndarray) -> list[tuple[str, ...]]:
        """The labels that are not too strange for each row, the likeliest first; the greatest probability breaks ties."""
        assert self.sets is not None
        held = strangeness(self.sets.kind, outputs, inputs) <= self.sets.threshold
        order = np.argsort(-outputs, axis=1, kind="stable")
        return [tuple(self.task.labels[i] for i in ranked if row[i]) for ranked, row in zip(order.tolist(), held, strict=True)]

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the base to `folder` and what scope needs beside it; return JSON data that `load` needs besides."""
        return self.packed(folder, self.base.KIND, self.base.save(folder))

    def packed(self, folder: Path, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """What is saved around a base that was written to `folder` as `kind` with `data`."""
        arrays = {} if self.scope is None else self.scope.arrays()
        if arrays:
            with (folder / ARRAYS).open("wb") as stream:
                np.savez(stream, **arrays)  # type: ignore[arg-type]
        return {
            "base": {"kind": kind, "data": data},
            "scaling": None if self.scaling is None else self.scaling.to_json(),
            "least": self.least,
            "scope": None if self.scope is None else {"kind": self.scope.KIND, "strangest": self.strangest},
            "sets": None if self.sets is None else {"kind": self.sets.kind, "threshold": self.sets.threshold, "coverage": self.sets.coverage},
            "about": self.about,
        }

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> CalibratedPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        from hanshuku.inference import get_predictor

        try:
            stored, scope = data["base"], data["scope"]
            base = get_predictor(stored["kind"]).load(folder, stored["data"], task)
            sets = None if data["sets"] is None else Sets(**data["sets"])
            learned = None if scope is None else read_scope(scope["kind"], task.several, _arrays(folder / ARRAYS))
            strangest = float("inf") if scope is None else float(scope["strangest"])
            return cls(task, base, read_scaling(data["scaling"]), float(data["least"]), learned, strangest, sets, dict(data["about"]))
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its calibration cannot be read ({error!r}). Copy the function again.") from error

    def card_lines(self, folder: Path) -> list[str]:
        """What its card says of it, after what the base keeps."""
        kept = self.base.card_lines(folder) if hasattr(self.base, "card_lines") else []
        return [*kept, *(f"- {line}" for line in self.about.get("lines", ()))]

    def scaled(self, outputs: np.ndarray) -> np.ndarray:
        """The base's (N, L) probabilities as they are given."""
        if self.scaling is None:
            return outputs
        return self.scaling.apply(outputs, self.base.threshold if self.task.several else None)


def uncalibrated(predictor: Predictor) -> Predictor:
    """What a predictor was before it was calibrated."""
    return predictor.base if isinstance(predictor, CalibratedPredictor) else predictor


def rebased(predictor: Predictor, base: Predictor) -> Predictor:
    """A predictor with another base that answers alike; one that is not calibrated is the base itself."""
    return replace(predictor, base=base) if isinstance(predictor, CalibratedPredictor) else base


def _arrays(file: Path) -> Mapping[str, np.ndarray]:
    if not file.is_file():
        return {}
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}

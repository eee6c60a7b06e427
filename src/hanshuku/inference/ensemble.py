"""Several predictors as one: the mean of their answers, or a quick one that passes on what it is unsure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.tasks import Task


def save_members(members: Sequence[Predictor], folder: Path) -> list[dict[str, Any]]:
    """Write each predictor to a folder of its own below `folder`; return what `load_members` needs."""
    found = []
    for number, member in enumerate(members):
        place = folder / f"member-{number}"
        place.mkdir()
        found.append({"kind": member.KIND, "data": member.save(place)})
    return found


def load_members(folder: Path, stored: Sequence[dict[str, Any]], task: Task) -> list[Predictor]:
    """The predictors that `save_members` wrote.

    Raises:
        FunctionFolderError: a part is missing or damaged.
    """
    from hanshuku.inference import get_predictor

    try:
        return [get_predictor(member["kind"]).load(folder / f"member-{number}", member["data"], task) for number, member in enumerate(stored)]
    except (KeyError, TypeError) as error:
        raise FunctionFolderError(f"{folder} is damaged: a member is not described ({error!r}). Copy the function again.") from error


def _sum(members: Sequence[Predictor], name: str) -> int:
    return sum(int(getattr(member, name, 0) or 0) for member in members)


@dataclass
class EnsemblePredictor:
    """The mean of what its members answer (Hansen & Salamon 1990, IEEE PAMI 12(10)).

    Attributes:
        task: classify or rate.
        members: two or more predictors of the task.
    """

    KIND: ClassVar[str] = "ensemble"
    task: Task
    members: list[Predictor]
    threshold: float = field(default=0.5, init=False)  # several labels: the mean of the members' thresholds

    def __post_init__(self) -> None:
        self.threshold = float(np.mean([member.threshold for member in self.members]))

    @property
    def total_parameters(self) -> int:
        """Parameters of all members."""
        return _sum(self.members, "total_parameters")

    @property
    def moved_parameters(self) -> int:
        """Parameters that learning moved, in all members."""
        return _sum(self.members, "moved_parameters")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        answers = np.stack([member.outputs(inputs) for member in self.members])
        return np.asarray(answers.mean(axis=0, dtype=np.float32))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the members below `folder`; return JSON data that `load` needs besides."""
        return {"members": save_members(self.members, folder)}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> EnsemblePredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        return cls(task, load_members(folder, data.get("members", ()), task))


@dataclass
class CascadePredictor:
    """A quick predictor answers; what it is less than `sure` of, a thorough one answers (Viola & Jones 2001; for texts Varshney & Baral 2022, arXiv 2210.05528).

    Attributes:
        task: classify, one label.
        quick: asked first.
        thorough: asked where the quick one's greatest probability is below `sure`.
        sure: 0..1.
    """

    KIND: ClassVar[str] = "cascade"
    task: Task
    quick: Predictor
    thorough: Predictor
    sure: float
    threshold: float = field(default=0.5, init=False)  # not used: one label is given

    @property
    def total_parameters(self) -> int:
        """Parameters of both."""
        return _sum((self.quick, self.thorough), "total_parameters")

    @property
    def moved_parameters(self) -> int:
        """Parameters that learning moved, in both."""
        return _sum((self.quick, self.thorough), "moved_parameters")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N, L) float32 probabilities."""
        found = np.array(self.quick.outputs(inputs), dtype=np.float32)
        unsure = np.flatnonzero(found.max(axis=1) < self.sure).tolist() if len(found) else []
        if unsure:
            found[unsure] = self.thorough.outputs([inputs[i] for i in unsure])
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        """Write both below `folder`; return JSON data that `load` needs besides."""
        return {"members": save_members((self.quick, self.thorough), folder), "sure": self.sure}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> CascadePredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            quick, thorough = load_members(folder, data["members"], task)
            return cls(task, quick, thorough, float(data["sure"]))
        except (KeyError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: it does not describe a cascade ({error!r}). Copy the function again.") from error

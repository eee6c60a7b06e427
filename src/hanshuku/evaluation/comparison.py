"""Comparison: several methods on the same rows and seeds, as plain data, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.differences import Difference, MethodResult
from hanshuku.evaluation.runs import DONE, RunRecord
from hanshuku.metrics.measure import primary_metric
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found. Every number of it is also in `to_json`."""

    task: Task
    n: int  # test rows
    seeds: int  # asked for
    few: int  # rows a class drawn anew for each seed; 0: all rows
    methods: tuple[MethodResult, ...]  # as they were given
    differences: tuple[Difference, ...]  # one a pair that has results, the better one first
    runs: tuple[RunRecord, ...]
    majority: tuple[str, float] | None = None  # classify: the commonest answer and the share it is right for
    data: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of the rows: "train", "test"
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    date: str = ""  # UTC, ISO 8601

    @property
    def primary(self) -> str:
        """The metric by which methods are compared: the first of those that have been measured."""
        return next((name for method in self.methods for name in method.metrics), primary_metric(self.task))

    @property
    def ranked(self) -> list[MethodResult]:
        """The methods with results, best first by the primary metric; one without a defined value comes last."""
        done = [method for method in self.methods if method.status == DONE]
        return sorted(done, key=lambda method: -_ordered(method.metrics[self.primary].value))

    def difference(self, a: str, b: str) -> Difference | None:
        """The difference of two methods, in whichever order they were compared."""
        return next((d for d in self.differences if {d.first, d.second} == {a, b}), None)

    def to_json(self) -> dict[str, Any]:
        """Everything but the outputs, with the findings in words."""
        from hanshuku.evaluation.findings import findings

        return {
            "primary": self.primary,
            "methods": [method.to_json() for method in self.methods],
            "differences": [difference.to_json() for difference in self.differences],
            "findings": findings(self, "en"),
            "n": self.n,
            "seeds": self.seeds,
            "few": self.few,
            "majority": list(self.majority) if self.majority else None,
            "runs": [run.to_json() for run in self.runs],
            "task": self.task.to_json(),
            "data": dict(self.data),
            "versions": dict(self.versions),
            "machine": self.machine,
            "date": self.date,
        }

    def render(self, console: Console, *, language: str = "en") -> None:
        """Print one table, best method first, and what is known in words.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.render_comparison import render_comparison

        render_comparison(self, console, language)

    def plot(self, path: str | Path, *, language: str = "en") -> Path:
        """Draw quality with its intervals against the seconds of a fit (logarithmic) into a PNG, which appears whole or not at all.

        Raises:
            MissingExtra: matplotlib is not installed.
            StorageError: the file cannot be written.
        """
        from hanshuku.evaluation.plot import plot_comparison

        return plot_comparison(self, Path(path), language)


def _ordered(value: float) -> float:
    return value if value == value else float("-inf")

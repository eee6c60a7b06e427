"""SequenceReport: what a function knew of each task after each of its sessions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.render import plain_table
from hanshuku.evaluation.render_comparison import seconds_text
from hanshuku.evaluation.words import words
from hanshuku.metrics.base import Metric
from hanshuku.metrics.continual import ContinualMetrics, continual_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


@dataclass(frozen=True)
class SequenceReport:
    """Scores of T tasks after each of T sessions, and what they say together."""

    names: tuple[str, ...]  # of the tasks, in the order they were learned
    primary: str  # the metric of every score; more is better
    matrix: tuple[tuple[Metric | None, ...], ...]  # [i][j]: on task j after session i; None: none of its labels was known yet
    seconds: tuple[float, ...]  # each session took
    strategies: tuple[str, ...] = ()  # of each session
    together: tuple[Metric, ...] = ()  # of one function that learned all tasks at once: the bound from above; (): not measured
    notes: tuple[str, ...] = field(default=())  # what was counted and said of the rows

    @property
    def metrics(self) -> ContinualMetrics:
        """Average, forgetting, transfer; see `metrics.continual`."""
        scores = [[math.nan if cell is None else cell.value for cell in row] for row in self.matrix]
        chance = [0.0 if cell is None else cell.chance for cell in self.matrix[-1]]
        return continual_metrics(scores, chance)

    @property
    def bound(self) -> float:
        """The mean score of the function that learned all at once; NaN where it was not measured."""
        return sum(cell.value for cell in self.together) / len(self.together) if self.together else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "names": list(self.names),
            "primary": self.primary,
            "metrics": self.metrics.to_json(),
            "matrix": [[None if cell is None else cell.to_json() for cell in row] for row in self.matrix],
            "together": [cell.to_json() for cell in self.together],
            "together_average": None if math.isnan(self.bound) else self.bound,
            "seconds": list(self.seconds),
            "strategies": list(self.strategies),
            "notes": list(self.notes),
        }

    def render(self, console: Console, language: str = "en") -> None:
        """Print the matrix as a table, then what it says.

        Args:
            console: of rich.
            language: "en" or "zh".
        """
        say = words(language)
        console.print(say["sequence_title"].format(count=len(self.names), metric=self.primary), markup=False, soft_wrap=True)
        table = plain_table(None, say["sequence_after"], *self.names, say["fit"])
        for i, (name, row) in enumerate(zip(self.names, self.matrix, strict=True)):
            table.add_row(f"{i + 1} {name}", *map(_cell, row), seconds_text(self.seconds[i]))
        if self.together:
            table.add_row(say["sequence_together"], *map(_cell, self.together), "")
        console.print(table)
        for line in sentences(self, say):
            console.print(line, markup=False, soft_wrap=True)

    def plot(self, path: str | Path, language: str = "en") -> Path:
        """Draw the matrix into a PNG, which is returned.

        Args:
            path: where; folders are made.
            language: "en" or "zh".

        Raises:
            MissingExtra: matplotlib is not installed.
            StorageError: the file cannot be written.
        """
        from hanshuku.evaluation.plot_sequence import plot_sequence

        return plot_sequence(self, Path(path), language)


def sentences(report: SequenceReport, say: Mapping[str, str]) -> list[str]:
    """What the matrix says, a line each."""
    found, lines = report.metrics, []
    lines.append(say["sequence_average"].format(value=f"{found.average:.3f}", learned=f"{found.learned:.3f}"))
    if not math.isnan(found.forgetting):
        lines.append(say["sequence_forgetting"].format(value=f"{found.forgetting:.3f}", backward=f"{found.backward_transfer:+.3f}"))
    if not math.isnan(found.forward_transfer):
        lines.append(say["sequence_forward"].format(value=f"{found.forward_transfer:+.3f}"))
    if report.together:
        gap = report.bound - found.average
        lines.append(say["sequence_bound"].format(value=f"{report.bound:.3f}", gap=f"{gap:+.3f}"))
    return lines


def _cell(metric: Metric | None) -> str:
    return "–" if metric is None else f"{metric.value:.3f}"

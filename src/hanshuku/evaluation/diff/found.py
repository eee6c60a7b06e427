"""FunctionDiff: what a comparison of functions found, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.diff.labels import LabelChange
from hanshuku.evaluation.diff.rows import CHANGES, ChangedRow
from hanshuku.evaluation.differences import Difference
from hanshuku.evaluation.report import plain_json
from hanshuku.evaluation.saving import save_page
from hanshuku.metrics.base import Metric
from hanshuku.metrics.paired import McNemar
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Measured:
    """One of the functions, alone."""

    name: str
    metrics: Mapping[str, Metric]
    threshold: float
    cost: Mapping[str, float | int | None]  # of answering the rows: seconds, rows_per_second, peak_memory_mb, parameters ...
    ece: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)  # method, model, megabytes (on disk), unknown_labels, refused (rows)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**vars(self), "metrics": {name: metric.to_json() for name, metric in self.metrics.items()}, "cost": dict(self.cost), "facts": dict(self.facts)}


@dataclass(frozen=True)
class MetricChange:
    """One metric under the first function and another one."""

    metric: str
    before: float
    after: float
    difference: float  # after minus before
    low: float  # 95% interval, paired
    high: float
    p: float
    p_holm: float  # primary metric: corrected for the pairs; others: for all others of all pairs
    real: bool  # p_holm <= 0.05
    better: bool  # whether what was seen is for the better

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Pair:
    """The first function, "before", and another one, "after"."""

    before: str
    after: str
    verdict: Difference  # by the primary metric, the better one first
    metrics: tuple[MetricChange, ...]
    right: McNemar  # of rows that are wholly right: only_a before alone, only_b after alone
    agreement: Mapping[str, Any]  # "same" and, where they apply, "kappa" and "spearman"
    rows: tuple[ChangedRow, ...]  # with another answer: the broken ones first, then the fixed ones
    labels: tuple[LabelChange, ...]  # () for a task without labels

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were fixed, were broken, are otherwise wrong."""
        return {change: sum(row.change == change for row in self.rows) for change in CHANGES}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "before": self.before,
            "after": self.after,
            "verdict": self.verdict.to_json(),
            "metrics": [change.to_json() for change in self.metrics],
            "changes": self.counts,
            "mcnemar": {"only_before": self.right.only_a, "only_after": self.right.only_b, "p_exact": self.right.p_exact, "p_mid": self.right.p_mid},
            "agreement": dict(self.agreement),
            "labels": [change.to_json() for change in self.labels],
            "rows": [row.to_json() for row in self.rows],
        }


@dataclass(frozen=True, eq=False)
class FunctionDiff:
    """What `diff` found. Every number of it is also in `to_json`."""

    task: Task  # that all of them fit
    n: int  # rows measured
    primary: str  # the metric that the verdict goes by
    functions: tuple[Measured, ...]  # as they were given
    pairs: tuple[Pair, ...]  # the first with each other one
    notes: tuple[str, ...] = ()
    data: str = ""  # SHA-256 of the rows
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    date: str = ""  # UTC, ISO 8601

    def to_json(self) -> dict[str, Any]:
        """Everything, with the findings in words."""
        from hanshuku.evaluation.diff.say import findings

        return {
            "primary": self.primary,
            "findings": findings(self, "en"),
            "functions": [each.to_json() for each in self.functions],
            "pairs": [pair.to_json() for pair in self.pairs],
            "n": self.n,
            "notes": list(self.notes),
            "task": self.task.to_json(),
            "data": self.data,
            "seed": self.seed,
            "versions": dict(self.versions),
            "machine": self.machine,
            "date": self.date,
        }

    def with_texts(self, change: Callable[[str], str]) -> FunctionDiff:
        """The same with each text of the rows that are shown, and of the notes, as `change` gives it."""
        pairs = tuple(replace(pair, rows=tuple(row.with_texts(change) for row in pair.rows)) for pair in self.pairs)
        return replace(self, pairs=pairs, notes=tuple(map(change, self.notes)))

    def render(self, console: Console, *, language: str = "en", rows: int = 10) -> None:
        """Print the verdict, tables, and up to `rows` changed rows of each pair.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.diff.render import render_diff

        render_diff(self, console, language, rows)

    def to_html(self, language: str = "en") -> str:
        """The comparison as one HTML page that stands alone.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.diff.page import diff_page

        return diff_page(self, language)

    def save(self, path: str | Path, *, language: str = "en") -> Path:
        """Write it to a file: NAME.html is the page, NAME.json the object that `to_json` gives.

        Raises:
            ConfigError: the name ends otherwise.
            StorageError: the file cannot be written; what was there is untouched.
        """
        return save_page(path, lambda: self.to_html(language), lambda: plain_json(self.to_json()))

"""Report: measured quality and cost of a function on labelled rows, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.errors import DataError
from hanshuku.evaluation.saving import save_page
from hanshuku.metrics.base import Metric
from hanshuku.safety.parts import changed
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from rich.console import Console


TEXTS = ("samples", "mistakes")  # keys under which a part lists rows with their texts


@dataclass(frozen=True)
class Report:
    """What was measured, on what, with what. Every number of it is also in `to_json`."""

    task: Task
    metrics: Mapping[str, Metric]  # the primary one first; see metrics.measure
    n: int  # rows measured
    majority: tuple[str, float] | None = None  # classify: the commonest answer in the rows and the share it is right for
    unknown: int = 0  # rows with a label that the function does not know; wrong everywhere
    confusion: Mapping[str, Any] | None = None  # one label: "counts" (L, L), true down, answer across; "unknown" (L,) answers to those
    per_label: tuple[Mapping[str, Any], ...] = ()  # label, precision, recall, f1 (each value, low, high, or None), support, predicted
    ece: float | None = None  # classify: expected calibration error, 15 bins of equal mass, 0..1
    cost: Mapping[str, float | int | None] = field(default_factory=dict)  # seconds, rows_per_second, peak_memory_mb, parameters ...
    notes: tuple[str, ...] = ()  # what was counted and said of the rows
    data: str = ""  # SHA-256 of the rows
    seed: int = 0  # of the bootstrap
    versions: Mapping[str, str] = field(default_factory=dict)  # of the libraries
    machine: str = ""
    date: str = ""  # UTC, ISO 8601
    parts: Mapping[str, Any] = field(default_factory=dict)  # what else was looked at, plain JSON data by name; see evaluation.parts
    history: tuple[Mapping[str, Any], ...] = ()  # how the function came to be: method, settings, model, licence, seed, rows, data ... oldest first

    def to_json(self) -> dict[str, Any]:
        """``{"metrics": {"accuracy": {"value": ..., "low": ..., "high": ..., "n": ..., "chance": ...}, ...}, "cost": {...}, ...}``."""
        plain = {f.name: plain_json(getattr(self, f.name)) for f in fields(self)}
        first = {"metrics": {name: metric.to_json() for name, metric in self.metrics.items()}, "cost": dict(self.cost)}
        return {**first, **{key: value for key, value in plain.items() if key not in first}, "task": self.task.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The report that `to_json` wrote.

        Raises:
            DataError: it is no report.
        """
        try:
            known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
            metrics = {name: Metric.from_json(metric) for name, metric in data["metrics"].items()}
            tuples = {name: tuple(data.get(name, ())) for name in ("per_label", "notes", "history")}
            majority = tuple(data["majority"]) if data.get("majority") else None
            return cls(**{**known, **tuples, "metrics": metrics, "majority": majority, "task": Task.from_json(data["task"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"This is not a report: {error!r}. A report is the object that `hanshuku evaluate --json` prints.") from error

    def without_texts(self) -> Report:
        """The same report without the texts of single rows that its parts show: so it is kept in a function, which may be given away."""
        return replace(self, parts={name: _rows_shown(data, lambda _rows: []) for name, data in self.parts.items()})

    def with_texts(self, change: Callable[[str], str]) -> Report:
        """The same report with each text of the single rows that its parts show, and of its notes, as `change` gives it."""
        return replace(self, parts={name: _rows_shown(data, lambda rows: changed(rows, change)) for name, data in self.parts.items()}, notes=tuple(map(change, self.notes)))

    def to_html(self, language: str = "en") -> str:
        """The report as one HTML page that stands alone: no network, no script, fit for phones, print and screen readers.

        Args:
            language: of the page, "en" or "zh".

        Raises:
            UnknownName: the language is neither.
        """
        from hanshuku.evaluation.page import page

        return page(self, language)

    def save(self, path: str | Path, *, language: str = "en") -> Path:
        """Write the report to a file: NAME.html is the page, NAME.json the object that `to_json` gives.

        Args:
            path: the file; folders are made.
            language: of the page, "en" or "zh".

        Raises:
            ConfigError: the name ends otherwise.
            StorageError: the file cannot be written; what was there is untouched.
        """
        return save_page(path, lambda: self.to_html(language), self.to_json)

    def render(self, console: Console, *, language: str = "en") -> None:
        """Print the report as tables: the verdict, metrics, worst labels, commonest confusions.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.render import render_report

        render_report(self, console, language)


def _rows_shown(data: Any, change: Callable[[Any], Any]) -> Any:
    """Data of a part with its lists of single rows as `change` gives them."""
    if isinstance(data, Mapping):
        return {key: change(value) if key in TEXTS and isinstance(value, (list, tuple)) else _rows_shown(value, change) for key, value in data.items()}
    return [_rows_shown(value, change) for value in data] if isinstance(data, (list, tuple)) else data


def plain_json(value: Any) -> Any:
    """Plain JSON data: tuples as lists, NumPy's numbers as Python's, numbers that JSON cannot hold as None; read back it is equal to what was written."""
    if isinstance(value, Mapping):
        return {str(key): plain_json(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain_json(part) for part in value]
    if type(value).__module__ == "numpy":
        return plain_json(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Drift: what a comparison of new rows with those learned from found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.drift.looks import TypicalWord
from hanshuku.evaluation.report import plain_json
from hanshuku.evaluation.saving import save_page
from hanshuku.metrics.label_shift import LabelShare
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from rich.console import Console

ADVICE = ("nothing", "watch", "shares", "measure", "relearn")


@dataclass(frozen=True)
class Check:
    """One way in which new rows may differ.

    Attributes:
        name: "texts", "length", "language", "unknown_words", "confidence" or "answers".
        before: of the rows compared with, a number, or share by name.
        now: the same of the new rows.
        difference: now minus before, where there is one number; None else.
        low: lower end of its 95% interval.
        high: upper end.
        p: of no change.
        p_holm: corrected for all checks that count; None where the check does not.
        real: p_holm <= the level.
        size: how large the change is, 0..1: of texts the AUC, of lengths and numbers Kolmogorov's distance, of shares half the sum of what they moved.
        counts: whether it counts for the verdict: not where the rows compared with were learned from and the function's answers to them are too sure.
    """

    name: str
    before: Any
    now: Any
    difference: float | None
    low: float | None
    high: float | None
    p: float
    p_holm: float | None
    real: bool
    size: float | None
    counts: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(vars(self))


@dataclass(frozen=True)
class ForeignRow:
    """A new row that is least like those learned from."""

    file: str
    line: int
    text: str
    score: float  # out-of-fold: the higher the more it is taken for new
    output: Any  # the function's answer, plain data
    confidence: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dict(vars(self))


@dataclass(frozen=True)
class Window:
    """Some new rows that came one after the other."""

    start: str  # time, or number of the first row, from 1
    end: str
    n: int
    auc: float | None  # how well they are told from the rows learned from
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None  # corrected for all windows
    real: bool
    length: float  # median characters
    unknown: float | None  # mean share of unknown words
    confidence: float | None  # mean
    accuracy: float | None  # foretold
    answers: Mapping[str, float] = field(default_factory=dict)  # share of each label

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {**vars(self), "answers": dict(self.answers)}


@dataclass(frozen=True, eq=False)
class Drift:
    """What `drift` found. Every number of it is also in `to_json`."""

    task: Task
    n: int  # new rows looked at
    n_before: int  # rows that they were compared with
    compared_with: str  # "train": rows; "summary": what was kept of them
    answers_from: str  # what the answers before are: "test": rows not learned from; "train": rows learned from; "report"; ""
    features: str  # "words" or "function"; "" without rows
    level: float
    checks: tuple[Check, ...]
    advice: str  # one of ADVICE
    auc: Mapping[str, Any] | None = None  # of the classifier: value, low, high, n, chance
    shares: tuple[LabelShare, ...] = ()
    shares_by: str = ""  # where the confusions are from: "test", "report" or "train"
    foretold: Mapping[str, Any] = field(default_factory=dict)  # way -> value, low, high
    known: Mapping[str, Any] | None = None  # the accuracy measured before: value, low, high, n
    to_label: int = 0  # rows to label so as to know the accuracy to 5 points
    foreign: tuple[ForeignRow, ...] = ()
    words_now: tuple[TypicalWord, ...] = ()
    words_before: tuple[TypicalWord, ...] = ()
    windows: tuple[Window, ...] = ()
    notes: tuple[str, ...] = ()
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    date: str = ""  # UTC, ISO 8601

    @property
    def found(self) -> bool:
        """Whether any check that counts is real."""
        return any(check.real for check in self.checks)

    def check(self, name: str) -> Check | None:
        """The check of that name; None where it was not made."""
        return next((check for check in self.checks if check.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Everything, with the findings in words."""
        from hanshuku.evaluation.drift.say import findings

        plain = {key: value for key, value in vars(self).items() if key not in {"checks", "shares", "foreign", "words_now", "words_before", "windows", "task"}}
        lists = {name: [each.to_json() for each in getattr(self, name)] for name in ("checks", "foreign", "words_now", "words_before", "windows")}
        found: dict[str, Any] = plain_json(
            {"found": self.found, "findings": findings(self, "en"), **plain, "shares": [vars(share) for share in self.shares], **lists, "task": self.task.to_json()}
        )
        return found

    def render(self, console: Console, *, language: str = "en") -> None:
        """Print the findings and tables.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.drift.render import render_drift

        render_drift(self, console, language)

    def to_html(self, language: str = "en") -> str:
        """All of it as one HTML page that stands alone.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.drift.page import drift_page

        return drift_page(self, language)

    def save(self, path: str | Path, *, language: str = "en") -> Path:
        """Write it to a file: NAME.html is the page, NAME.json the object that `to_json` gives.

        Raises:
            ConfigError: the name ends otherwise.
            StorageError: the file cannot be written; what was there is untouched.
        """
        return save_page(path, lambda: self.to_html(language), self.to_json)

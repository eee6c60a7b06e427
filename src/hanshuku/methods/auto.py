"""auto: climb from cheap methods to dear ones inside a budget, and keep what the held-out rows say is best.

Each candidate learns from the same part of the rows and is judged on the same held-out part; a dearer one must beat the
best so far there. The winner then learns from all rows. (Successive halving, Jamieson & Talwalkar 2016,
arXiv 1502.07943, with the methods themselves as the arms.)
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.errors import BudgetError, ConfigError, HanshukuError
from hanshuku.inference.base import Predictor
from hanshuku.methods.base import default_encoder, default_generator
from hanshuku.methods.checks import check_range
from hanshuku.methods.row_values import right_rows
from hanshuku.methods.switching import flat_settings
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run, Step

LADDERS: dict[str, tuple[str, ...]] = {  # kind of task -> what is tried, cheapest first
    **dict.fromkeys(("classify", "rate"), ("similarity", "probe", "contrastive", "finetune")),
    **dict.fromkeys(sorted(WRITTEN_KINDS), ("prompt", "in_context", "finetune")),
    **dict.fromkeys(("answer", "tag"), ("finetune",)),
    "rank": ("similarity", "finetune", "rerank"),
}
WRITTEN: dict[str, dict[str, Any]] = {"finetune": {"tuning": "lora"}}  # settings for texts, where a model is large and rows are few
MOST_WRITTEN = 64  # answers that are written at most to judge a candidate: writing is slow
REFIT = 1.3  # learning again from all rows takes about this many times what learning from the kept part took
FEW = 8  # rows a class under which fine-tuning everything is not tried


@dataclass(frozen=True)
class Auto:
    """Choose among methods by held-out score."""

    NAME: ClassVar[str] = "auto"
    KINDS: ClassVar[frozenset[str]] = frozenset(LADDERS)
    LEARNS: ClassVar[bool] = True

    methods: str = field(default="", metadata={"help": "methods to try, with commas, cheapest first; empty: the ladder"})
    held_out: float = field(default=0.25, metadata={"help": "part of the rows that judges the candidates, 0.05..0.5"})
    most_held_out: int = field(default=2000, metadata={"help": "rows that judge at most"})

    def __post_init__(self) -> None:
        check_range("held_out", self.held_out, 0.05, 0.5)
        check_range("most_held_out", self.most_held_out, 10, 1_000_000, whole=True)
        if not isinstance(self.methods, str):
            raise ConfigError(f"methods are names with commas, such as 'probe,finetune'. Received: {self.methods!r}.")

    def default_model(self, task: Task, language: str) -> str:
        """The encoder for the language; for texts and objects the language model."""
        return default_generator(language) if task.kind in WRITTEN_KINDS else default_encoder(language)

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run | None = None) -> Predictor:
        """The predictor of the best method, with `trials`: what was tried, its held-out score, its seconds.

        Raises:
            ConfigError: there are no labelled rows.
            BudgetError: not even the cheapest method fits the budget.
        """
        if train is None or train.targets is None:
            raise ConfigError("Method 'auto' learns from labelled rows. Received none; for none, use 'similarity' or 'prompt'.")
        run = run or Run()
        search, names = Search(task, train, model, validation, run, self), self._names(task, train)
        if len(names) == 1 and not self.methods:  # nothing to choose from
            return search.only(names[0])
        for name in names:
            search.try_method(name)
        return search.finish()

    def _names(self, task: Task, train: Encoded) -> list[str]:
        """What to try on these rows."""
        from hanshuku.methods import METHODS

        if self.methods:
            return [name.strip() for name in self.methods.split(",") if name.strip()]
        rows_a_class = len(train) / max(len(task.labels), 1)
        names = [name for name in LADDERS[task.kind] if task.kind in METHODS[name].KINDS]
        return [name for name in names if name != "finetune" or rows_a_class >= FEW or names == ["finetune"]]


class Search:
    """One climb: what was tried so far and the best of it."""

    def __init__(self, task: Task, train: Encoded, model: str, validation: Encoded | None, run: Run, settings: Auto) -> None:
        self.task, self.train, self.model, self.run = task, train, model, run
        self.start = time.monotonic()
        if validation is not None and len(validation):
            self.kept, self.held = train, validation
        else:
            most = min(settings.most_held_out, MOST_WRITTEN) if task.kind in WRITTEN_KINDS else settings.most_held_out
            share = min(settings.held_out, most / len(train))
            self.kept, self.held = hold_out(train, share, run.seed)
        self.validation = validation
        self.trials: list[dict[str, Any]] = []
        self.best: tuple[float, Any, Predictor, float] | None = None  # score, method, predictor, seconds
        self.right: np.ndarray | None = None  # the best one's score on each held-out row

    def left(self) -> float:
        """Seconds left of the budget; infinite where there is none."""
        return float("inf") if self.run.budget_s is None else self.run.budget_s - (time.monotonic() - self.start)

    def try_method(self, name: str) -> None:
        """Fit a method on the kept rows within its share of the time, judge it on the held-out rows, note it."""
        from hanshuku.methods import get_method

        method = get_method(name, **(WRITTEN.get(name, {}) if self.task.kind in WRITTEN_KINDS else {}))
        before = self.best[3] if self.best else 0.0
        share = (self.left() - before) / (1 + REFIT)  # learning again from all rows must fit too
        if self.best and share < 3 * max(before, 1.0) and self.run.budget_s is not None and share < 5:
            self._note(name, method, None, 0.0, "not tried: no time left")
            return
        self.run.report(Step(0, 1, note=f"trying {name}"))
        started = time.monotonic()
        limited = replace(self.run, budget_s=None if share == float("inf") else max(share, 1.0), folder=self._folder(name))
        try:
            predictor = method.fit(self.task, self.kept if method.LEARNS else None, model=self.model, validation=None, run=limited)
            rows = row_scores(self.task, predictor, self.held)
        except HanshukuError as error:
            self._note(name, method, None, time.monotonic() - started, f"failed: {error}")
            return
        seconds, score = time.monotonic() - started, float(rows.mean())
        better = self.best is None or score > self.best[0]
        note = "" if self.right is None else f"{score - self.best[0]:+.3f} against the best so far, p {sign_test(rows, self.right):.2f}"  # type: ignore[index]
        self._note(name, method, score, seconds, note)
        if better:
            self.best, self.right = (score, method, predictor, seconds), rows

    def only(self, name: str) -> Predictor:
        """What the one method that does this kind of task learns from all rows."""
        from hanshuku.methods import get_method

        method, started = get_method(name), time.monotonic()
        predictor: Predictor = method.fit(self.task, self.train, model=self.model, validation=self.validation, run=self.run)
        self._note(name, method, None, time.monotonic() - started, "the only method for this kind of task")
        predictor.trials = tuple(trial | {"chosen": True} for trial in self.trials)  # type: ignore[attr-defined]
        return predictor

    def finish(self) -> Predictor:
        """Let the best method learn from all rows, if there is time, and return what it made.

        Raises:
            BudgetError: no method was fitted.
        """
        if self.best is None:
            reasons = "; ".join(f"{trial['method']}: {trial['note']}" for trial in self.trials)
            raise BudgetError(f"No method could be fitted within the budget. {reasons}")
        _, method, predictor, seconds = self.best
        if method.LEARNS and self.held is not self.validation and REFIT * seconds < self.left():
            self.run.report(Step(0, 1, note=f"learning {method.NAME} from all rows"))
            budget = None if self.run.budget_s is None else max(self.left(), 1.0)
            limited = replace(self.run, budget_s=budget, folder=self._folder("final"))
            predictor = method.fit(self.task, self.train, model=self.model, validation=self.validation, run=limited)
        for trial in self.trials:
            trial["chosen"] = trial["method"] == method.NAME
        predictor.trials = tuple(self.trials)  # type: ignore[attr-defined]
        return predictor

    def _folder(self, name: str) -> Any:
        return None if self.run.folder is None else self.run.folder / name

    def _note(self, name: str, method: Any, score: float | None, seconds: float, note: str) -> None:
        self.trials.append(
            {"method": name, "model": self.model, "settings": flat_settings(method), "score": score, "rows": len(self.held), "seconds": round(seconds, 2), "note": note}
        )


def row_scores(task: Task, predictor: Predictor, rows: Encoded) -> np.ndarray:
    """How right each row's answer is, (N,) 0..1; see `right_rows`."""
    if rows.targets is None:
        raise ConfigError("Rows that judge must be labelled.")
    return right_rows(task, rows.targets, predictor.outputs(rows.inputs), predictor.threshold)


def sign_test(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Two-sided p of a paired sign test on rows that differ (McNemar's exact test where rows are right or wrong)."""
    wins, losses = int((ours > theirs).sum()), int((ours < theirs).sum())
    n, k = wins + losses, min(wins, losses)
    if n == 0:
        return 1.0
    from math import comb

    return min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n)


def trial_table(trials: tuple[Mapping[str, Any], ...]) -> Any:
    """What was tried, as a table for the terminal."""
    from rich.table import Table

    table = Table("method", "held-out score", "rows", "seconds", "", box=None, header_style="bold")
    for trial in trials:
        score = "–" if trial["score"] is None else f"{trial['score']:.3f}"
        table.add_row(trial["method"], score, str(trial["rows"]), f"{trial['seconds']:.0f}", "chosen" if trial.get("chosen") else trial["note"])
    return table

"""auto for texts, answers, entities and orders: a short ladder of methods, each judged on the same held-out rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.data.notes import plural
from hanshuku.errors import BudgetError, ConfigError, DataError, HanshukuError
from hanshuku.inference.base import Predictor
from hanshuku.methods.auto_arms import label_of, learn_command
from hanshuku.methods.row_values import right_rows
from hanshuku.methods.switching import flat_settings
from hanshuku.metrics.paired import sign_test
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.methods.auto import Auto

WRITTEN: dict[str, dict[str, Any]] = {"finetune": {"tuning": "lora"}}  # settings for texts, where a model is large and rows are few
PART = 0.25  # of the rows, held out
MOST_WRITTEN = 64  # answers that are written at most to judge a candidate: writing is slow
REFIT = 1.3  # learning again from all rows takes about this many times what learning from the kept part took


class Ladder:
    """One climb: what was tried so far and the best of it."""

    def __init__(self, task: Task, train: Encoded, model: str, validation: Encoded | None, run: Run, settings: Auto) -> None:
        self.task, self.train, self.model, self.run = task, train, model, run
        self.start = time.monotonic()
        if validation is not None and len(validation):
            self.kept, self.held = train, validation
        else:
            most = min(settings.most_held_out, MOST_WRITTEN) if task.kind in WRITTEN_KINDS else settings.most_held_out
            share = min(settings.held_out or PART, most / len(train))
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
        self.trials.append({
            "method": name, "label": label_of(name, method), "model": self.model, "settings": flat_settings(method), "score": score, "rows": len(self.held),
            "seconds": round(seconds, 2), "command": learn_command(name, method, self.model, self.run.seed), "note": note,
        })  # fmt: skip


def row_scores(task: Task, predictor: Predictor, rows: Encoded) -> np.ndarray:
    """How right each row's answer is, (N,) 0..1; see `right_rows`."""
    if rows.targets is None:
        raise ConfigError("Rows that judge must be labelled.")
    return right_rows(task, rows.targets, predictor.outputs(rows.inputs), predictor.threshold)


def climb(settings: Auto, task: Task, train: Encoded, names: list[str], *, model: str, validation: Encoded | None, run: Run) -> Predictor:
    """The predictor of the best of these methods; see `Auto.fit`."""
    ladder = Ladder(task, train, model, validation, run, settings)
    if len(names) == 1 and not settings.methods:  # nothing to choose from
        return ladder.only(names[0])
    if not len(ladder.held):
        raise DataError(f"To choose among methods some rows must judge. Received: {plural(len(train), 'row')}. Give more, or name a method.")
    for name in names:
        ladder.try_method(name)
    return ladder.finish()

"""The climb of `auto` for labels and numbers: cheap arms first, then whichever may still be the best, as long as the time lasts.

Successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943) with the methods as arms and folds as rungs: an arm gets another fold
while its chance of being the best is worth it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.errors import BudgetError, HanshukuError
from hanshuku.inference.base import Predictor
from hanshuku.methods.auto_arms import Arm, Judges, Shelf, note_answers, trial_of
from hanshuku.methods.auto_cost import Pace, free_mb
from hanshuku.methods.auto_standing import Board, board
from hanshuku.methods.row_values import right_rows
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.methods.auto import Auto
    from hanshuku.methods.frozen_rows import FrozenRows

WORTH = 0.05  # least chance of being the best that is worth another fit
CHEAP = {"similarity": 0.1, "static": 0.25, "probe": 0.5}  # they answer every part at once, where that takes no more than this part of the time
ONCE = ("similarity", "probe")  # their first part reads every row; the others answer, or fit a head
READERS = ("probe", "contrastive")  # they read every row by the whole encoder, whatever their budget
UNASKED_S = 120.0  # seconds that a dear arm's folds take at most where no budget is given; its first one is always taken
ASIDE = 0.25  # part of the time left that an arm may take which is not the likeliest one
TEXTS = 8  # texts whose latency is measured


class Search:
    """One climb.

    Args:
        task: classify or rate.
        train: labelled rows.
        model: encoder of the arms that need one.
        validation: rows that judge; None: parts of `train`.
        run: seed, folder, budget, reporting.
        settings: of auto.
    """

    def __init__(self, task: Task, train: Encoded, model: str, validation: Encoded | None, run: Run, settings: Auto) -> None:
        self.task, self.train, self.model, self.run, self.settings = task, train, model, run, settings
        self.start = time.monotonic()
        self.judges = Judges.of(train, validation, run.seed, share=settings.held_out, most=settings.most_held_out)
        self.validation = validation
        self.shelf = Shelf(run.folder, self.judges, run.seed)
        self.pace = Pace.look(task, train, model)
        self.arms: list[Arm] = []
        self.frozen: FrozenRows | None = None

    # -- time

    def left(self) -> float:
        """Seconds left of the budget; infinite where there is none."""
        return math.inf if self.run.budget_s is None else self.run.budget_s - (time.monotonic() - self.start)

    def fit_seconds(self, arm: Arm, rows: int) -> float:
        """What a fit of so many rows will take: measured where there was one, else foretold."""
        return arm.seconds[-1] if arm.done else self.pace.seconds(arm.method, arm.name, rows)

    def to_learn_again(self, arm: Arm) -> float:
        """Seconds that learning from all rows takes, once the arm is chosen."""
        if not self.judges.folds:
            return 0.0  # what was learned from nearly all rows is kept
        return self.fit_seconds(arm, len(self.train)) * len(self.train) / max(1, len(self.judges.parts[0][0]))

    # -- trying

    def arm(self, name: str, **settings: Any) -> Arm:
        """A new arm of that method, among those that are tried."""
        from hanshuku.methods import METHODS, get_method

        method = get_method(name, **settings)
        model = self.model if name != "static" else METHODS[name]().default_model(self.task, "en")
        found = Arm(name, method, model, np.full(len(self.judges.rows), np.nan))
        needed, free = self.pace.memory_mb(method, name) - self.pace.base_mb, free_mb()
        if needed > free:
            found.is_out, found.note = True, f"not tried: it needs {needed:,.0f} MB, and {free:,.0f} MB are free"
        self.arms.append(found)
        return found

    def climb(self, names: Iterable[str]) -> None:
        """Try these methods."""
        for name in names:
            self.arm(name)
        for arm in self.arms:
            if not arm.note and arm.name in CHEAP and self._in_turn(arm) <= CHEAP[arm.name] * self.left():
                self.try_parts(arm)
        while (best := self._next()) is not None:
            self.try_part(best, best.done)

    def _in_turn(self, arm: Arm) -> float:
        """Seconds that a cheap arm will take for all its parts."""
        rows = len(self.train) if arm.method.LEARNS else len(self.judges.rows)
        first = self.fit_seconds(arm, rows)
        others = {"similarity": 0.0, "probe": self.pace.head(rows)}.get(arm.name, first)
        return first + (len(self.judges.parts) - 1) * others

    def open(self) -> list[Arm]:
        """Arms that may go on."""
        return [arm for arm in self.arms if not arm.note and arm.done < len(self.judges.parts)]

    def board(self) -> Board:
        """The standings of the arms that can be chosen."""
        sound = [arm for arm in self.arms if not arm.is_out]
        if not sound:
            raise BudgetError("No method could be fitted. " + "; ".join(f"{arm.label}: {arm.note}" for arm in self.arms))
        return board(self.task, sound, len(self.train), self.run.seed)

    def best(self) -> Arm:
        """The arm that is expected to do best, among those that were judged or of which a whole fit still fits the time."""
        standing = self.board()
        able = [arm for arm in standing.arms if arm.done or self.fit_seconds(arm, len(self.train)) <= self.left()]
        if not able:
            return min(standing.arms, key=lambda arm: self.fit_seconds(arm, len(self.train)))
        return max(able, key=lambda arm: float(standing.mean[standing.arms.index(arm)]))

    def _next(self) -> Arm | None:
        """The arm whose fit is worth most now; None: nothing more is worth its time, or fits in it."""
        standing, todo = self.board(), []
        for arm in self.open():
            chance = standing.chance_of(arm)
            if chance < WORTH:
                if not arm.done:
                    arm.note = f"not tried: the best one with a chance of {chance:.0%}"
                continue
            if self._fits(arm, standing):
                todo.append(arm)
            elif not arm.done:
                arm.note = "not tried: it does not fit the time left"
        if self.judges.folds:
            return min(todo, key=lambda arm: (arm.done, -standing.chance_of(arm)), default=None)
        return min(todo, key=lambda arm: self.fit_seconds(arm, len(self.train)), default=None)

    def _fits(self, arm: Arm, standing: Board) -> bool:
        """Whether a fit of the arm leaves enough time for what will probably be chosen."""
        left, seconds = self.left(), self.fit_seconds(arm, len(self.judges.parts[0][0]))
        if math.isinf(left):
            return not arm.done or sum(arm.seconds) + seconds <= UNASKED_S
        likeliest = max(standing.arms, key=standing.chance_of)
        if arm is not likeliest and not likeliest.done and likeliest in self.open():
            return seconds <= ASIDE * left  # the likeliest one has not had its turn
        if arm is likeliest and not self.judges.folds:
            return left > 1.0  # it takes what there is
        return seconds + self.to_learn_again(likeliest) <= left

    def try_parts(self, arm: Arm) -> None:
        """Fit and ask for every part that is left, as far as the time lasts: a fit may take longer than was foretold."""
        while not arm.note and arm.done < len(self.judges.parts):
            if arm.done > (arm.name in ONCE) and self.fit_seconds(arm, len(self.train)) + self.to_learn_again(arm) > self.left():
                return
            self.try_part(arm, arm.done)

    def try_part(self, arm: Arm, part: int) -> None:
        """One fit, and what it answers to its part; a fit that fails ends the arm."""
        kept = self.shelf.take(arm, part)
        if kept is not None:
            arm.seconds.append(kept[2]["seconds"])
            arm.latency_ms = kept[2]["latency_ms"]
            note_answers(arm, self.judges, part, kept[0], kept[1])
            return
        rows, places = self.judges.parts[part]
        self.run.report(Step(part, len(self.judges.parts), note=f"trying {arm.label}"))
        begin, asked = time.monotonic(), self.judges.rows.take(places)
        try:
            predictor, outputs = self._answers(arm, rows, asked, part)
        except HanshukuError as error:
            arm.is_out, arm.note = True, f"failed: {error}"
            return
        arm.seconds.append(time.monotonic() - begin)
        if arm.latency_ms is None:
            arm.latency_ms = latency_ms(predictor, asked)
        assert asked.targets is not None
        right = right_rows(self.task, asked.targets, outputs, predictor.threshold)
        if not (self.judges.folds and arm.method.LEARNS):  # a fold's fit is not what will be used, and takes memory
            arm.predictor = predictor
        note_answers(arm, self.judges, part, right, outputs)
        self.shelf.put(arm, part, right, outputs)

    def _answers(self, arm: Arm, rows: Encoded, asked: Encoded, part: int) -> tuple[Predictor, np.ndarray]:
        """What a fit made, and what it answers to the rows asked."""
        if arm.name == "probe" and self.judges.folds:
            return self._probe_answers(arm, part)
        if arm.predictor is not None and not arm.method.LEARNS:
            return arm.predictor, arm.predictor.outputs(asked.inputs)
        reserve = 0.0 if not self.judges.folds else self.to_learn_again(arm)
        predictor = self.fit(arm, rows, f"{arm.key}-{part}", max(1.0, self.left() - reserve))
        return predictor, predictor.outputs(asked.inputs)

    def _probe_answers(self, arm: Arm, part: int) -> tuple[Predictor, np.ndarray]:
        """A probe reads all rows once for all folds."""
        from hanshuku.methods.frozen_rows import FrozenRows

        if self.frozen is None:
            self.frozen = FrozenRows.read(self.task, self.train.inputs, arm.method, arm.model, self.run)
        held = self.judges.parts[part][1]
        learned = self.frozen.learn(self.train, np.setdiff1d(np.arange(len(self.train)), held), seed=self.run.seed)
        return self.frozen.predictor(learned), self.frozen.outputs(learned, held)

    def fit(self, arm: Arm, rows: Encoded, folder: str, seconds: float) -> Predictor:
        """Let an arm learn within so many seconds."""
        limited = replace(self.run, budget_s=None if math.isinf(seconds) else seconds, folder=None if self.run.folder is None else self.run.folder / folder)
        if arm.name in READERS:
            rows = self._readable(rows, seconds)
        found: Predictor = arm.method.fit(self.task, rows if arm.method.LEARNS else None, model=arm.model, validation=self.validation, run=limited)
        return found

    def _readable(self, rows: Encoded, seconds: float) -> Encoded:
        """Rows that the encoder can read in half of the time; drawn at random where they are too many."""
        most = self.pace.readable(seconds / 2)
        return rows if len(rows) <= most else hold_out(rows, most / len(rows), self.run.seed)[1]

    # -- the end

    def finish(self, chosen: Arm) -> Predictor:
        """What the chosen arm makes of all rows."""
        if chosen.predictor is not None:
            return chosen.predictor
        self.run.report(Step(0, 1, note=f"learning {chosen.label} from all rows"))
        if chosen.name == "probe" and self.frozen is not None:
            return self.frozen.predictor(self.frozen.learn(self.train, seed=self.run.seed))
        if not self.judges.folds and chosen.method.LEARNS:  # its answers were kept by a run that was killed: that run's last checkpoint stands
            return self.fit(chosen, self.judges.parts[0][0], f"{chosen.key}-0", max(1.0, self.left()))
        return self.fit(chosen, self.train, f"{chosen.key}-all", max(1.0, self.left()))

    def trials(self, chosen: Iterable[Arm]) -> tuple[dict[str, Any], ...]:
        """Every arm as plain data, with its standing at the end."""
        standing, picked = self.board(), list(chosen)
        found = []
        for arm in self.arms:
            known: dict[str, Any] = {"chosen": arm in picked}
            if arm in standing.arms:
                place = standing.arms.index(arm)
                known |= {"expected": round(float(standing.mean[place]), 4), "expected_sd": round(float(standing.sd[place]), 4), "chance": round(float(standing.chance[place]), 3)}
            found.append(trial_of(arm, self.run.seed, **known))
        return tuple(found)


def latency_ms(predictor: Predictor, rows: Encoded) -> float:
    """Milliseconds that one text alone takes: the median over a few."""
    inputs, found = list(rows.inputs[:TEXTS]), []
    for row in inputs[:1] + inputs:  # the first one warms up
        begin = time.perf_counter()
        predictor.outputs([row])
        found.append(1000 * (time.perf_counter() - begin))
    return float(np.median(found[1:]))

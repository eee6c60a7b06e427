"""Plan: how fast each step learns, and how many of them the budget allows."""

from __future__ import annotations

import math
from collections import deque

from hanshuku.training.config import Schedule

MARGIN = 0.985  # part of the budget that a plan may fill; it is fitted anew after each step, so only the last ones can still surprise
RECENT = 64  # steps whose mean time is what the next one will take
UNSEEN_EVALUATION = 0.05  # what an evaluation is taken to cost before one was seen, in epochs: a tenth of the rows, forward only
SEEN_BY = 0.1  # part of the budget after which one evaluation must have been seen, so that the end can be planned
LAST_EVALUATIONS = 3  # evaluations of which the slowest says what the next one takes


def rate_factor(step: int, total: int, schedule: Schedule) -> float:
    """The learning rate of a step as a part of its peak: it rises to 1 during the warm-up, then falls as `decay` says.

    Args:
        step: 0-based.
        total: steps planned.
        schedule: gives warmup and decay.

    Returns:
        More than 0, at most 1: no step is without effect.
    """
    rising = min(round(schedule.warmup * total), total - 1)
    if step < rising:
        return (step + 1) / (rising + 1)
    done = min(1.0, (step - rising) / max(1, total - rising))
    return {"linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done)), "constant": 1.0}[schedule.decay]


class Pace:
    """How long steps, evaluations and checkpoints take, and so how many steps the budget still allows.

    Args:
        budget_s: seconds in all; None: no limit.
        an_epoch: steps of an epoch.
        every: steps between evaluations, of which one more comes at the end; 0: nothing is evaluated.
    """

    def __init__(self, budget_s: float | None, an_epoch: int, every: int) -> None:
        self.budget_s, self._an_epoch, self._every = budget_s, an_epoch, every
        self._steps: deque[float] = deque(maxlen=RECENT)
        self._evaluations: deque[float] = deque(maxlen=LAST_EVALUATIONS)
        self._seen = 0
        self._saving = 0.0
        self._apart = max(1, every // 2) if budget_s is not None else 1  # steps between an evaluation and the one at the end

    @property
    def a_step(self) -> float:
        """Mean seconds of the recent steps. The first one of a process, which sets up much, counts only while it is alone."""
        return sum(self._steps) / max(len(self._steps), 1)

    def note_step(self, seconds: float) -> None:
        """A step took this long."""
        if self._seen == 1:
            self._steps.clear()
        self._seen += 1
        self._steps.append(seconds)

    def note_evaluation(self, seconds: float) -> None:
        """An evaluation took this long."""
        self._evaluations.append(seconds)

    def note_saving(self, seconds: float) -> None:
        """A checkpoint took this long."""
        self._saving = seconds

    def is_due(self, used_s: float, done: int, total: int) -> bool:
        """Whether an evaluation comes after step `done` of `total`: each `every` steps and at the end.

        Under a budget one must have been seen early, as its cost says where the end is, and none comes shortly before the last one.
        """
        if not self._every:
            return False
        is_early = self.budget_s is not None and not self._evaluations and used_s >= SEEN_BY * self.budget_s
        return done >= total or is_early or (done % self._every == 0 and total - done >= self._apart)

    def seconds_for(self, steps: int, done: int = 0) -> float:
        """What so many more steps will take behind `done`, evaluations among and after them included."""
        if not self._every:
            return steps * self.a_step
        among = max(0, (done + steps - self._apart) // self._every - done // self._every)
        return steps * self.a_step + (among + 1) * self._evaluation()

    def steps_within(self, used_s: float, done: int = 0, saves: int = 0) -> int | None:
        """Steps that the rest of the budget allows, >= 0; None: no limit, or not known yet.

        Args:
            used_s: seconds used, without the evaluation that may be due at this very step.
            done: steps taken.
            saves: checkpoints that will be written until the end.
        """
        if self.budget_s is None or (self._seen == 1 and used_s < self.budget_s * MARGIN):  # a first step, which sets up much, says little of others
            return None
        room, step = self.budget_s * MARGIN - used_s - saves * self._saving, max(self.a_step, 1e-9)
        if not self._every:
            return max(0, int(room / step))
        cost = self._evaluation()
        begun = (done - 1) // self._every if done else 0  # what is due at this step is still to come
        about = int(room / (self._every * step + cost))
        counts = range(max(1, about - 1), max(1, about - 1) + 4)  # of evaluations; the most steps lie where one more leaves no time for them
        return max(0, *(min(self._apart + self._every * (begun + count) - 1 - done, int((room - count * cost) / step)) for count in counts))

    def _evaluation(self) -> float:
        return max(self._evaluations, default=UNSEEN_EVALUATION * self._an_epoch * self.a_step)

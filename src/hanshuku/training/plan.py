"""Plan: how fast each step learns, and how many of them the budget allows."""

from __future__ import annotations

import math
from collections import deque

from hanshuku.training.config import Schedule

MARGIN = 0.95  # part of the budget that a plan may fill
RECENT = 64  # steps whose mean time is what the next one will take
UNSEEN_EVALUATION = 0.05  # what an evaluation is taken to cost before one was seen, in epochs: a tenth of the rows, forward only


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
    """How long steps and evaluations take, and so how many steps the budget still allows.

    Args:
        budget_s: seconds in all; None: no limit.
        an_epoch: steps of an epoch.
        every: steps between evaluations; 0: nothing is evaluated.
    """

    def __init__(self, budget_s: float | None, an_epoch: int, every: int) -> None:
        self.budget_s, self._an_epoch, self._every = budget_s, an_epoch, every
        self._steps: deque[float] = deque(maxlen=RECENT)
        self._seen = 0
        self._evaluation: float | None = None

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
        self._evaluation = max(seconds, self._evaluation or 0.0)

    def seconds_for(self, steps: int) -> float:
        """What so many more steps will take, evaluations among and after them included."""
        return steps * self._share() + self._last()

    def steps_within(self, used_s: float) -> int | None:
        """Steps that the rest of the budget allows once `used_s` of it are used, >= 0; None: no limit, or not known yet."""
        if self.budget_s is None or (self._seen == 1 and used_s < self.budget_s * MARGIN):  # a first step, which sets up much, says little of others
            return None
        return max(0, int((self.budget_s * MARGIN - used_s - self._last()) / max(self._share(), 1e-9)))

    def _last(self) -> float:
        """Seconds of the evaluation at the end."""
        if not self._every:
            return 0.0
        return UNSEEN_EVALUATION * self._an_epoch * self.a_step if self._evaluation is None else self._evaluation

    def _share(self) -> float:
        """Seconds of a step and its share of an evaluation."""
        return self.a_step + (self._last() / self._every if self._every else 0.0)

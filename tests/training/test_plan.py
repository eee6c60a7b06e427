"""The learning rate over a run, and a plan that fits the budget."""

from __future__ import annotations

import pytest

from hanshuku.training.config import Schedule
from hanshuku.training.plan import Pace, rate_factor


@pytest.mark.parametrize(("decay", "last"), [("linear", 1 / 80), ("cosine", 0.001), ("constant", 1)])
def test_the_rate_rises_falls_and_never_leaves_its_range(decay, last):
    rates = [rate_factor(step, 100, Schedule(warmup=0.2, decay=decay)) for step in range(100)]
    assert rates.index(max(rates)) == 20
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[-1] == pytest.approx(last, abs=1e-3)


@pytest.mark.parametrize("warmup", [0, 0.5, 1])
def test_a_single_step_learns_whatever_the_warm_up(warmup):
    assert rate_factor(0, 1, Schedule(warmup=warmup)) == 1


def pace(steps, budget=100.0, every=0):
    found = Pace(budget, an_epoch=100, every=every)
    for seconds in steps:
        found.note_step(seconds)
    return found


def test_without_a_budget_there_is_no_limit():
    assert pace([1.0], budget=None).steps_within(1e9) is None


def test_the_steps_fill_the_budget_but_for_a_margin():
    assert pace([1.0] * 10).steps_within(10) == 85


def test_a_slow_first_step_cuts_no_plan_while_there_is_time_and_is_then_forgotten():
    assert pace([50.0]).steps_within(50) is None
    assert pace([50.0]).steps_within(96) == 0
    assert pace([50.0, 1.0]).steps_within(51) == 44


def test_a_machine_that_slows_down_is_noticed():
    assert pace([1.0] * 20 + [4.0] * 64).steps_within(15) == 20


def test_room_is_kept_for_the_last_evaluation_and_those_on_the_way():
    measured = pace([1.0] * 10, every=50)
    assert measured.steps_within(0) < 90
    measured.note_evaluation(25.0)
    assert measured.steps_within(0) == int((95 - 25) / 1.5)


def test_time_left_counts_evaluations():
    measured = pace([1.0] * 10, every=50)
    measured.note_evaluation(25.0)
    assert measured.seconds_for(10) == pytest.approx(10 * 1.5 + 25)

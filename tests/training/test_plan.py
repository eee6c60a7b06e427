"""The learning rate over a run, and a plan that fits the budget."""

from __future__ import annotations

import pytest

from hanshuku.training.config import Schedule
from hanshuku.training.plan import MARGIN, Pace, rate_factor


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
    assert pace([1.0] * 10).steps_within(10) == int(100 * MARGIN - 10)


def test_a_slow_first_step_cuts_no_plan_while_there_is_time_and_is_then_forgotten():
    assert pace([50.0]).steps_within(50) is None
    assert pace([50.0]).steps_within(99) == 0
    assert pace([50.0, 1.0]).steps_within(51) == int(100 * MARGIN - 51)


def test_a_machine_that_slows_down_is_noticed():
    assert pace([1.0] * 20 + [4.0] * 64).steps_within(15) == 20


def test_room_is_kept_for_the_last_evaluation_and_those_on_the_way():
    measured = pace([1.0] * 10, every=50)
    assert measured.steps_within(0) == int(100 * MARGIN - 2 * 5)  # two evaluations, each taken for a twentieth of an epoch
    measured.note_evaluation(25.0)
    assert measured.steps_within(0) == int(100 * MARGIN - 25)  # the one at 50 would come shortly before the end: it is left out
    assert measured.steps_within(50, done=50) == int(100 * MARGIN - 50 - 25)
    assert measured.steps_within(50, saves=3) == int(100 * MARGIN - 50 - 25)
    measured.note_saving(2.0)
    assert measured.steps_within(50, saves=3) == int(100 * MARGIN - 50 - 25 - 6)


def test_time_left_counts_evaluations():
    measured = pace([1.0] * 10, budget=None, every=50)
    measured.note_evaluation(25.0)
    assert measured.seconds_for(10) == 10 + 25
    assert measured.seconds_for(20, done=40) == 20 + 2 * 25
    assert measured.seconds_for(10, done=40) == 10 + 25


@pytest.mark.parametrize("every", [0, 1, 7, 50, 400])
@pytest.mark.parametrize("evaluation", [0.1, 3.0, 20.0])
def test_what_is_planned_fits_and_no_step_more_would(every, evaluation):
    measured = pace([1.0] * 10, budget=1000.0, every=every)
    measured.note_evaluation(evaluation)

    def taken(steps, done):
        """What happens is played through: each step, each evaluation that is due."""
        end = done + steps
        return steps + evaluation * sum(measured.is_due(0.0, step, end) for step in range(max(done, 1), end + 1))

    for done, used in ((0, 0.0), (3, 5.0), (120, 300.0), (349, 700.0), (350, 700.0)):
        steps = measured.steps_within(used, done)
        assert used + taken(steps, done) <= 1000 * MARGIN or steps == 0
        assert used + taken(steps + 1, done) > 1000 * MARGIN


def test_an_evaluation_is_due_early_where_none_was_seen_and_not_shortly_before_the_last():
    measured = pace([1.0] * 10, every=50)
    assert not measured.is_due(9, 20, 80) and measured.is_due(10, 20, 80)
    measured.note_evaluation(1.0)
    assert not measured.is_due(30, 20, 80)
    assert measured.is_due(60, 50, 80) and not measured.is_due(60, 50, 70) and measured.is_due(70, 70, 70)
    assert pace([1.0], budget=None, every=50).is_due(60, 50, 51)
    assert not pace([1.0]).is_due(99, 50, 50)

"""Standings: what is usual for a method, corrected by its answers to the rows at hand."""

import numpy as np
import pytest

from hanshuku.methods import get_method
from hanshuku.methods.auto_arms import Arm
from hanshuku.methods.auto_prior import Standing, expected
from hanshuku.methods.auto_standing import board, joined, measurement
from tests.words import TEAM


def arm(name, right, n=0):
    filled = np.full(n or len(right), np.nan)
    filled[: len(right)] = right
    return Arm(name, get_method(name), "minilm", filled)


def test_before_any_answer_the_standings_are_what_is_usual():
    arms = [arm("probe", [], 10), arm("finetune", [], 10)]
    usual = expected("finetune", 20 / len(TEAM.labels))
    found = board(TEAM, arms, 20)
    assert found.mean == pytest.approx([0.0, usual.mean])
    assert found.sd[1] == pytest.approx(usual.sd)


def test_many_rows_outweigh_what_is_usual():
    rng = np.random.default_rng(0)
    good, poor = (rng.random(4000) < 0.9).astype(float), (rng.random(4000) < 0.6).astype(float)
    found = board(TEAM, [arm("finetune", poor), arm("probe", good)], 4000)
    assert found.mean.argmax() == 1 and found.chance_of(found.arms[1]) > 0.99
    assert found.mean[0] == pytest.approx((poor - good).mean(), abs=0.04)


def test_few_rows_that_all_agree_do_not_look_certain():
    assert measurement(np.ones(4)).sd == pytest.approx(0.25)


def test_what_one_arm_answers_tells_of_another_only_through_the_common_reference():
    """`similarity` answered and did badly against the probe: what was not asked yet keeps its prior."""
    arms = [arm("probe", [1.0] * 200), arm("similarity", [0.0] * 200), arm("contrastive", [], 200)]
    found, usual = board(TEAM, arms, 200), expected("contrastive", 200 / len(TEAM.labels))
    assert found.mean[2] == pytest.approx(usual.mean, abs=1e-6)
    assert found.sd[2] == pytest.approx(usual.sd, rel=1e-3)


def test_a_prior_and_a_measurement_are_joined_by_their_precisions():
    found = joined(Standing(0.0, 1.0), Standing(1.0, 1.0))
    assert (found.mean, found.sd) == pytest.approx((0.5, 0.5**0.5))


@pytest.mark.parametrize("method", ["similarity", "static", "contrastive", "finetune"])
def test_between_two_known_sizes_the_prior_lies_between_theirs(method):
    few, between, many = (expected(method, n).mean for n in (8, 16, 32))
    assert min(few, many) <= between <= max(few, many)


def test_a_method_that_is_not_known_may_be_anything():
    assert expected("prompt", 8).sd >= 0.1

"""Gaps between groups of rows: found where they are, not told where they are not, by hand where they are small."""

import numpy as np
import pytest

from hanshuku.metrics.group_gaps import MEASURES, Rows, error_gaps, label_gaps


def rows(group, true, given, labels=2):
    eye = np.eye(labels, dtype=bool)
    return Rows(np.asarray(group), np.asarray(true) == np.asarray(given), eye[true], eye[given])


def drawn(rng, n, *, miss=(0.2, 0.2)):
    group, true = rng.integers(0, 2, n), rng.integers(0, 2, n)
    wrong = rng.random(n) < np.asarray(miss)[group]
    return rows(group, true, np.where(wrong, 1 - true, true))


def test_the_gaps_are_those_one_counts_by_hand():
    # group 0: 10 rows of label 1, 8 hit; 10 of label 0, 1 false alarm. group 1: 5 hit, 4 false alarms.
    true = [1] * 10 + [0] * 10 + [1] * 10 + [0] * 10
    given = [1] * 8 + [0] * 2 + [1] + [0] * 9 + [1] * 5 + [0] * 5 + [1] * 4 + [0] * 6
    found = {gap.measure: gap for gap in label_gaps(rows([0] * 20 + [1] * 20, true, given))}
    assert tuple(found) == MEASURES
    assert found["accuracy"].metric.value == pytest.approx(17 / 20 - 11 / 20)
    assert (found["accuracy"].most, found["accuracy"].least) == (0, 1)
    assert found["parity"].metric.value == pytest.approx(0)
    assert found["opportunity"].metric.value == pytest.approx(0.3)
    assert found["odds"].metric.value == pytest.approx(0.3)
    for gap in found.values():
        assert gap.metric.low <= gap.metric.value <= gap.metric.high


def test_a_group_that_is_answered_worse_is_told():
    found = label_gaps(drawn(np.random.default_rng(0), 600, miss=(0.1, 0.35)))
    assert {gap.measure for gap in found if gap.p < 0.01} >= {"accuracy", "odds"}


def test_groups_that_are_alike_are_told_apart_no_oftener_than_promised():
    rng = np.random.default_rng(0)
    alarms = np.array([[gap.p < 0.05 for gap in label_gaps(drawn(rng, 120), seed=seed)] for seed in range(100)])
    assert (alarms.mean(axis=0) <= 0.11).all()


def test_what_chance_makes_of_a_gap_stands_beside_it():
    gap = label_gaps(drawn(np.random.default_rng(3), 60))[0]
    assert 0 < gap.metric.chance < 0.3


def test_odds_are_shuffled_within_a_true_label():
    """Groups with other shares of labels, answered perfectly: no gap of odds, a wide one of parity."""
    true = np.array([1] * 90 + [0] * 10 + [1] * 10 + [0] * 90)
    found = {gap.measure: gap for gap in label_gaps(rows([0] * 100 + [1] * 100, true, true))}
    assert found["odds"].metric.value == 0
    assert found["odds"].p == 1
    assert found["parity"].metric.value == pytest.approx(0.8)
    assert found["parity"].p < 0.01


def test_a_label_too_rare_in_a_group_is_not_compared():
    true = [0] * 20 + [0] * 17 + [1] * 3
    given = [0] * 20 + [0] * 17 + [0] * 3
    assert {gap.measure: gap.metric.value for gap in label_gaps(rows([0] * 20 + [1] * 20, true, given))}["opportunity"] == 0


def test_numbers_have_gaps_of_their_errors():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 300)
    errors = rng.normal(0, 0.3, 300) + np.array([0, 0, 0.5])[group]
    signed, absolute = error_gaps(group, errors)
    assert signed.measure == "mean_error"
    assert (signed.most, signed.p < 0.01) == (2, True)
    assert 0.3 < signed.metric.low < signed.metric.value < signed.metric.high < 0.8
    assert absolute.metric.value > 0

"""Differences between groups on the same rows."""

import numpy as np
import pytest

from hanshuku.metrics.fairness import Words, against_rest, changed_shares, clustered, usual_spread, widest_gap


def test_rows_that_are_each_their_own_cluster_give_the_t_interval():
    values = np.random.default_rng(0).normal(0.1, 1, size=40)
    found = clustered(values, np.arange(40))
    half = 2.0227 * values.std(ddof=1) / np.sqrt(40)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=1e-4)


def test_the_interval_holds_where_rows_share_their_names():
    rng, inside, narrow = np.random.default_rng(1), 0, 0
    for _ in range(400):
        clusters = np.repeat(np.arange(12), 10)
        values = rng.normal(size=12)[clusters] + rng.normal(size=120)
        found, as_rows = clustered(values, clusters), clustered(values, np.arange(120))
        inside += found.low <= 0 <= found.high
        narrow += as_rows.low <= 0 <= as_rows.high
    assert 0.92 <= inside / 400 <= 0.98
    assert narrow / 400 < 0.8  # what a test that takes each row as news would say


def test_one_cluster_says_nothing():
    found = clustered(np.array([0.3, 0.4]), np.zeros(2))
    assert found.p == 1
    assert np.isnan(found.low)


def test_no_difference_at_all_is_none():
    assert clustered(np.zeros(5), np.arange(5)).p == 1


def test_a_group_is_measured_against_the_mean_of_the_others():
    scores = np.tile([0.2, 0.5, 0.7], (10, 1))
    assert against_rest(scores, 0, np.arange(10)).value == pytest.approx(-0.4)
    assert against_rest(scores, 1, np.arange(10), without=[0]).value == pytest.approx(-0.2)


def test_what_neutral_words_do_too_is_no_evidence():
    rng = np.random.default_rng(0)
    scores = np.array([0.6, 0.5]) + rng.normal(0, 0.05, size=(100, 2))
    alone = against_rest(scores, 0, np.arange(100))
    weighed = against_rest(scores, 0, np.arange(100), words=Words(0.08, 18))
    assert alone.p < 1e-6 < 0.05 < weighed.p
    assert (alone.low, alone.high) == (weighed.low, weighed.high)
    assert against_rest(scores, 0, np.arange(100), words=Words(0.005, 18)).p < 1e-6


def test_the_widest_gap_has_an_interval_for_all_pairs():
    scores = np.random.default_rng(0).normal(size=(200, 3)) + np.array([0, 1, 3])
    gap = widest_gap(scores, np.arange(200))
    plain = clustered(scores[:, 2] - scores[:, 0], np.arange(200))
    assert (gap.most, gap.least) == (2, 0)
    assert gap.difference.low < plain.low < 3 < plain.high < gap.difference.high


def test_changes_are_counted_over_pairs_of_groups():
    assert changed_shares(np.array([[0, 0, 1], [1, 1, 1]])).tolist() == pytest.approx([2 / 3, 0])
    assert changed_shares(np.array([[[0, 1], [0, 0]]])).tolist() == [1.0]


def test_what_is_usual_between_groups_is_not_moved_by_one_that_stands_out():
    rng = np.random.default_rng(0)
    families = [np.tile(rng.normal(0.5, 0.02, groups), (5, 1)) for groups in (2, 3, 7, 5, 8, 6)]
    usual = usual_spread(families)
    families[2] = families[2] - np.array([0.4, 0, 0, 0, 0, 0, 0])
    assert usual.sd == pytest.approx(0.02, rel=0.4)
    assert usual_spread(families).sd == pytest.approx(usual.sd, rel=0.5)

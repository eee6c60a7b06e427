"""apart: two groups that share no row; the tests are those that scipy has."""

import math

import numpy as np
import pytest

from hanshuku.metrics.apart import apart, fisher

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(("hits", "n", "others", "m"), [(3, 10, 9, 10), (0, 12, 5, 30), (40, 75, 184, 225), (7, 7, 3, 3), (0, 4, 0, 9), (2000, 2500, 2100, 2500)])
def test_fisher_is_fishers_exact_test(hits, n, others, m):
    assert fisher(hits, n, others, m) == pytest.approx(stats.fisher_exact([[hits, n - hits], [others, m - others]]).pvalue, rel=1e-6)


def test_numbers_are_compared_by_welch():
    rng = np.random.default_rng(0)
    first, second = rng.random(30) ** 2, rng.random(50)
    found, due = apart(first, second), stats.ttest_ind(first, second, equal_var=False)
    assert found.p == pytest.approx(due.pvalue, rel=1e-3)
    assert (found.low, found.high) == pytest.approx(tuple(due.confidence_interval(0.95)), abs=1e-4)


def test_shares_have_newcombes_interval():
    found = apart(np.repeat([1, 0], [56, 14]), np.repeat([1, 0], [48, 32]))  # his example (a), table II, method 10
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_groups_without_any_spread_are_told_apart_or_not():
    assert apart(np.full(5, 0.5), np.full(9, 0.5)).p == 1.0
    assert apart(np.full(5, 0.5), np.full(9, 0.7)).p == 0.0
    assert math.isnan(apart(np.array([0.5]), np.full(9, 0.7)).low)

"""Paired tests: equal to scipy and statsmodels' formulas, and no more false alarms than promised."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.classification import accuracy_sample
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.paired import (
    Paired,
    holm,
    mcnemar,
    paired_bootstrap,
    paired_difference,
    rows_to_settle,
    sign_test,
)

stats = pytest.importorskip("scipy.stats")


def right(only_a: int, only_b: int, both: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([True, False, True], [only_a, only_b, both]), np.repeat([False, True, True], [only_a, only_b, both])


@pytest.mark.parametrize(("only_a", "only_b"), [(8, 3), (0, 6), (5, 5), (300, 220), (40_000, 41_000)])
def test_mcnemar_equals_the_binomial_test_and_mid_p_takes_half_of_what_was_seen(only_a, only_b):
    found = mcnemar(*right(only_a, only_b, 10))
    few, total = min(only_a, only_b), only_a + only_b
    assert found.p_exact == pytest.approx(stats.binomtest(few, total).pvalue, rel=1e-6)
    half = stats.binom.pmf(few, total, 0.5)
    assert found.p_mid == pytest.approx(1 - half if only_a == only_b else found.p_exact - half, rel=1e-6)


def test_two_functions_that_never_differ_are_not_told_apart():
    assert mcnemar(*right(0, 0, 50)).p_mid == 1.0


def test_a_paired_test_needs_the_same_rows():
    with pytest.raises(DataError, match="Received: 2 and 3"):
        mcnemar(np.ones(2, bool), np.ones(3, bool))


def test_holm_multiplies_the_smallest_most_and_never_falls():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_the_paired_bootstrap_finds_the_textbook_error():
    a, b = right(60, 30, 410)
    found = paired_bootstrap(accuracy_sample(np.ones(500, bool), [a, b]), resamples=4000)
    error = np.sqrt(90 / 500 - 0.06**2) / np.sqrt(500)
    assert found.difference == pytest.approx(0.06)
    assert found.high - found.low == pytest.approx(2 * 1.965 * error, rel=0.05)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.06 / error), abs=0.002)


def test_seeds_that_disagree_make_the_interval_wider():
    rng = np.random.default_rng(0)
    drawn = rng.normal(0.9, 0.01, size=(500, 3)), rng.normal(0.88, 0.01, size=(500, 3))
    calm = paired_difference(([0.9, 0.9, 0.9], [0.88, 0.88, 0.88]), drawn, 400)
    wild = paired_difference(([0.85, 0.9, 0.95], [0.88, 0.88, 0.88]), drawn, 400)
    assert calm.difference == pytest.approx(wild.difference)
    assert wild.high - wild.low > 5 * (calm.high - calm.low)


def test_false_alarms_over_seeds_and_rows_stay_near_one_in_twenty():
    rng = np.random.default_rng(1)
    alarms = 0
    for draw in range(200):
        skills = 0.85 + rng.normal(0, 0.03, size=(2, 4))  # two equal methods, four seeds each
        answers = rng.random((2, 4, 200)) < skills[:, :, None]
        sample = accuracy_sample(np.ones(200, bool), list(answers.reshape(8, 200)))
        drawn = bootstrap(sample, resamples=200, seed=draw)
        alarms += paired_difference((sample.value[:4], sample.value[4:]), (drawn[:, :4], drawn[:, 4:]), 200).p < 0.05
    assert alarms / 200 <= 0.08


def test_as_many_more_rows_as_the_power_formula_asks():
    paired = Paired(0.02, -0.01, 0.05, 0.2, row_variance=0.015**2, seed_variance=0.0)
    more = rows_to_settle(paired, 600)
    assert more + 600 == pytest.approx((1.962 + 0.842) ** 2 * 0.015**2 * 600 / 0.02**2, rel=0.01)
    assert rows_to_settle(paired, 600, tests=10) > more


def test_no_rows_settle_what_was_not_seen_or_what_the_seeds_blur():
    assert rows_to_settle(Paired(0.0, -0.1, 0.1, 1.0, 1e-4, 0.0), 100) is None
    assert rows_to_settle(Paired(0.02, -0.1, 0.1, 0.5, 1e-4, 0.02**2), 100, seed_count=3) is None


@pytest.mark.parametrize(("wins", "losses", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 1024), (8, 2, 0.109375)])
def test_the_sign_test_is_the_exact_one(wins, losses, p):
    ours, theirs = np.array([1] * wins + [0] * losses), np.array([0] * wins + [1] * losses)
    assert sign_test(ours, theirs) == pytest.approx(p)

"""Answering only where one is sure."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.selective import aurc, binomial_tail, risk_coverage, threshold_for_risk, upper_bound


def test_the_curve_by_hand():
    curve = risk_coverage(np.array([0.9, 0.6, 0.8, 0.7]), np.array([False, True, True, False]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert curve.coverage_at(0.34) == 0.75 and curve.coverage_at(0.0) == 0.25


def test_rows_of_one_confidence_are_answered_together():
    curve = risk_coverage(np.array([0.9, 0.5, 0.5]), np.array([False, True, False]))
    assert curve.coverage.tolist() == pytest.approx([1 / 3, 1.0])


def test_the_area_is_the_mean_risk_and_the_best_order_has_no_excess():
    wrong = np.array([False, False, True, True])
    area, excess = aurc(np.array([0.9, 0.8, 0.7, 0.6]), wrong)
    assert area == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert excess == pytest.approx(0.0)
    worst, surplus = aurc(np.array([0.6, 0.7, 0.8, 0.9]), wrong)
    assert worst == pytest.approx((1 + 1 + 2 / 3 + 2 / 4) / 4) and surplus == pytest.approx(worst - area)


def test_where_all_are_as_sure_the_risk_is_the_same_everywhere():
    assert aurc(np.full(10, 0.5), np.arange(10) < 3)[0] == pytest.approx(0.3)


def test_bounds_are_those_of_scipy():
    from scipy.stats import beta, binom

    for errors, n, rate in ((0, 50, 0.05), (7, 100, 0.05), (300, 5000, 0.07)):
        assert binomial_tail(errors, n, rate) == pytest.approx(binom.cdf(errors, n, rate), rel=1e-8)
        assert upper_bound(errors, n) == pytest.approx(beta.ppf(0.95, errors + 1, n - errors), abs=1e-9)
    assert upper_bound(5, 5) == 1.0


def test_the_promised_risk_is_kept_as_often_as_was_promised():
    kept = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 1.0, 800)
        try:
            found = threshold_for_risk(sure, rng.random(800) > sure, 0.1, sure=0.9)
        except DataError:  # nothing was promised
            kept += 1
            continue
        kept += found.least >= 0.8  # rows to come above it are wrong as often as 1 less their mean confidence
    assert kept / 300 >= 0.88


def test_more_rows_answer_more():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1.0, 20_000)
    wrong = rng.random(20_000) > sure
    few, many = threshold_for_risk(sure[:600], wrong[:600], 0.1), threshold_for_risk(sure, wrong, 0.1)
    assert few.coverage < many.coverage < 0.41  # 0.4 is what may be answered at best
    assert many.risk < 0.1


def test_where_the_risk_is_low_nothing_is_refused():
    found = threshold_for_risk(np.linspace(0.5, 1, 500), np.arange(500) < 3, 0.1)
    assert (found.least, found.coverage) == (0.0, 1.0)


def test_a_risk_that_cannot_be_kept_is_said_with_what_would_help():
    with pytest.raises(DataError, match=r"of the 20 surest rows 20 are wrong.*Even without any error 90 rows"):
        threshold_for_risk(np.linspace(0.5, 1, 100), np.ones(100, bool), 0.05)
    with pytest.raises(DataError, match="labelled rows are due"):
        threshold_for_risk(np.array([]), np.array([], dtype=bool), 0.05)

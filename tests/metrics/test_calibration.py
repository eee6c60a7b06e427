import math

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.calibration import (
    brier_score,
    calibration_error,
    corrected_error,
    expected_calibration_error,
    reliability_bins,
    squared_error,
)

RNG = np.random.default_rng(0)
SURE = RNG.uniform(0.5, 1.0, 600)
RIGHT = RNG.random(600) < SURE


def test_confidence_that_comes_true_has_no_error_and_boasting_has_its_size():
    right = np.tile([1, 1, 1, 0], 150)
    assert expected_calibration_error(np.full(600, 0.75), right) == pytest.approx(0.0)
    assert expected_calibration_error(np.full(600, 0.95), right) == pytest.approx(0.2)


def test_opposite_errors_in_different_bins_do_not_cancel():
    assert expected_calibration_error(np.repeat([0.2, 0.9], 50), np.repeat([1, 0], 50), bins=2) == pytest.approx(0.85)


def test_one_row_is_a_bin():
    assert expected_calibration_error(np.array([0.7]), np.array([True])) == pytest.approx(0.3)


def test_the_points_of_the_diagram_are_those_of_sklearn():
    from sklearn.calibration import calibration_curve

    bins = reliability_bins(SURE, RIGHT, 10)
    right, sure = calibration_curve(RIGHT, SURE, n_bins=10, strategy="quantile")
    assert [each.right for each in bins] == pytest.approx(right, abs=1e-9)
    assert [each.confidence for each in bins] == pytest.approx(sure, abs=1e-9)
    assert sum(each.n for each in bins) == 600 and all(each.right_low <= each.right <= each.right_high for each in bins)


def test_the_error_is_the_weighted_gap_of_the_bins():
    bins = reliability_bins(SURE, RIGHT)
    assert expected_calibration_error(SURE, RIGHT) == pytest.approx(sum(each.n * abs(each.confidence - each.right) for each in bins) / 600)


def test_the_correction_takes_off_what_redrawing_each_bin_adds():
    bins = reliability_bins(SURE, RIGHT)
    drawn = np.zeros(20_000)
    for each in bins:
        drawn += each.n / 600 * np.abs(RNG.normal(each.right, math.sqrt(each.right * (1 - each.right) / each.n), 20_000) - each.confidence)
    plain = expected_calibration_error(SURE, RIGHT)
    assert corrected_error(bins) == pytest.approx(2 * plain - drawn.mean(), abs=1e-3)


@pytest.mark.parametrize("boast", [0.0, 0.1])
def test_the_squared_error_is_right_on_average(boast):
    found = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 1.0, 300)
        found.append(squared_error(reliability_bins(sure, rng.random(300) < sure - boast)))
    assert np.mean(found) == pytest.approx(boast**2, abs=4 * np.std(found) / 20 + 1e-4)


@pytest.mark.parametrize("boast", [0.0, 0.05, 0.2])
def test_the_interval_of_the_error_holds_the_truth_also_where_it_is_0(boast):
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 1.0, 600)
        found = calibration_error(reliability_bins(sure, rng.random(600) < sure - boast))
        held += found.low <= boast <= found.high
    assert held / 300 > 0.9


def test_brier_is_that_of_sklearn_where_it_has_one():
    from sklearn.metrics import brier_score_loss

    chances = np.stack([1 - SURE, SURE], axis=1)
    found = brier_score(RIGHT.astype(np.int64), chances)
    assert found.value == pytest.approx(2 * brier_score_loss(RIGHT, SURE))  # it counts one of the two labels
    assert found.low < found.value < found.high


def test_brier_by_hand():
    assert brier_score(np.array([0, 2]), np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]])).value == pytest.approx((0.25 + 0.09 + 0.04) / 2)
    assert brier_score(np.array([-1]), np.array([[0.6, 0.4]])).value == pytest.approx(0.36 + 0.16)  # a label without a column
    assert brier_score(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).value == pytest.approx(0.25)


def test_without_rows_there_is_nothing_to_draw():
    with pytest.raises(DataError, match="at least one"):
        reliability_bins(np.array([]), np.array([]))

import numpy as np
import pytest

from hanshuku.metrics.calibration import expected_calibration_error


def test_confidence_that_comes_true_has_no_error_and_boasting_has_its_size():
    right = np.tile([1, 1, 1, 0], 150)
    assert expected_calibration_error(np.full(600, 0.75), right) == pytest.approx(0.0)
    assert expected_calibration_error(np.full(600, 0.95), right) == pytest.approx(0.2)


def test_opposite_errors_in_different_bins_do_not_cancel():
    assert expected_calibration_error(np.repeat([0.2, 0.9], 50), np.repeat([1, 0], 50), bins=2) == pytest.approx(0.85)


def test_one_row_is_a_bin():
    assert expected_calibration_error(np.array([0.7]), np.array([True])) == pytest.approx(0.3)

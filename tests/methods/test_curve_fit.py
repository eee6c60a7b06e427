"""A learning curve is foretold by several forms, weighed by how well they fit."""

import numpy as np
import pytest

from hanshuku.methods.curve_fit import fit_curve

SIZES = np.array([10, 20, 40, 80, 160])
QUIET = np.full(5, 0.002)


@pytest.mark.parametrize("slope", [0.2, 0.5, 0.8])
def test_a_power_law_is_followed_beyond_what_was_measured(slope):
    errors = 0.5 * (SIZES / 10) ** -slope
    ahead = np.array([320, 640])
    assert fit_curve(SIZES, errors, QUIET).mean(ahead) == pytest.approx(0.5 * (ahead / 10) ** -slope, abs=0.02)


def test_a_curve_that_has_come_to_rest_is_foretold_to_rest():
    fit = fit_curve(SIZES, np.array([0.5, 0.25, 0.2, 0.2, 0.2]), QUIET)
    assert fit.mean(np.array([640]))[0] > 0.15


def test_the_level_is_that_of_the_largest_size():
    assert fit_curve(SIZES, 0.4 * (SIZES / 160) ** -0.3, QUIET).mean(np.array([160]))[0] == pytest.approx(0.4, abs=0.01)


def test_more_rows_never_foretell_a_greater_error():
    foretold = fit_curve(SIZES, np.array([0.3, 0.31, 0.3, 0.32, 0.31]), np.full(5, 0.02)).mean(np.array([160, 320, 1000, 10_000]))
    assert (np.diff(foretold) <= 0).all()
    assert foretold[-1] > 0


def test_the_farther_ahead_the_more_the_forms_disagree():
    fit = fit_curve(SIZES, 0.5 * (SIZES / 10) ** -0.4, np.full(5, 0.02))
    drawn = fit.draw(np.array([160, 320, 2000]), 500, np.random.default_rng(0)).std(axis=0) / fit.mean(np.array([160, 320, 2000]))
    assert drawn[0] < drawn[1] < drawn[2]

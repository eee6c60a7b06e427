"""Honest probabilities, and no other answer."""

import json
import math

import numpy as np
import pytest

from hanshuku.errors import ConfigError, DataError
from hanshuku.metrics.calibration import expected_calibration_error
from hanshuku.metrics.scaling import Temperature, fit_scaling, fit_temperature, read_scaling

KINDS = ("temperature", "isotonic")


def one_label(n=4000, heat=2.5, labels=5, seed=0):
    """Labels drawn from a softmax, and the probabilities of a model that takes its logits `heat` times too seriously."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, labels)) * 1.5
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true = (rng.random((n, 1)) > chances.cumsum(1)).sum(1)
    hot = np.exp(heat * logits)
    return true, (hot / hot.sum(1, keepdims=True)).astype(np.float32)


def several(n=3000, heat=3.0, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 3))
    true = (rng.random((n, 3)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    return true, (1 / (1 + np.exp(-heat * logits))).astype(np.float32)


def test_the_temperature_that_was_put_in_is_found():
    assert fit_scaling("temperature", *one_label()).temperature == pytest.approx(2.5, rel=0.05)
    assert fit_scaling("temperature", *several()).temperature == pytest.approx(3.0, rel=0.07)


@pytest.mark.parametrize("rows", [one_label, several])
def test_few_rows_move_a_temperature_little_from_what_is_usual_and_many_as_far_as_they_say(rows):
    targets, chances = rows()
    few, many = (fit_temperature(targets[:count], chances[:count], spread=0.2).temperature for count in (10, len(targets)))
    assert few < many
    assert many == pytest.approx(fit_temperature(targets, chances).temperature, rel=0.05)


def test_the_temperature_is_where_scipy_finds_the_lowest_loss():
    from scipy.optimize import minimize_scalar

    true, chances = one_label(300)
    logs = np.log(chances.astype(np.float64))

    def loss(t):
        scaled = logs / t
        return -(scaled[np.arange(300), true] - np.log(np.exp(scaled).sum(1))).mean()

    assert fit_scaling("temperature", true, chances).temperature == pytest.approx(minimize_scalar(loss, bounds=(0.1, 10), method="bounded").x, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_on_other_rows_the_error_goes_down_and_no_answer_changes(kind):
    scaling = fit_scaling(kind, *one_label(2000))
    true, chances = one_label(2000, seed=1)
    scaled = scaling.apply(chances)
    assert scaled.dtype == np.float32 and scaled.sum(1) == pytest.approx(1, abs=1e-5)
    assert (scaled.argmax(1) == chances.argmax(1)).all()
    before, after = (expected_calibration_error(p.max(1), p.argmax(1) == true) for p in (chances, scaled))
    assert after < 0.05 < before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_of_several_labels_the_same_are_given(kind, threshold):
    true, chances = several()
    scaling = fit_scaling(kind, true, chances)
    scaled = scaling.apply(chances, threshold)
    assert ((scaled >= scaling.threshold(threshold)) == (chances >= np.float32(threshold))).all()
    assert expected_calibration_error(scaled.ravel(), true.ravel() > 0) < expected_calibration_error(chances.ravel(), true.ravel() > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_of_0_and_1_and_ties_stay_finite_and_in_order(kind):
    scaling = fit_scaling(kind, *one_label(500, labels=2))
    odd = np.array([[1, 0], [0, 1], [0.5, 0.5], [0.5 - 1e-7, 0.5 + 1e-7]], dtype=np.float32)
    scaled = scaling.apply(odd)
    assert np.isfinite(scaled).all() and (scaled.argmax(1) == odd.argmax(1)).all()
    assert scaling.apply(np.empty((0, 2), dtype=np.float32)).shape == (0, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_as_json_maps_the_same(kind):
    true, chances = one_label(300)
    scaling = fit_scaling(kind, true, chances)
    assert (read_scaling(json.loads(json.dumps(scaling.to_json()))).apply(chances) == scaling.apply(chances)).all()


def test_isotonic_never_becomes_certain():
    true = np.zeros(50, dtype=np.int64)
    chances = np.stack([np.linspace(0.6, 1, 50), np.linspace(0.4, 0, 50)], axis=1).astype(np.float32)
    assert fit_scaling("isotonic", true, chances).apply(chances).max() == pytest.approx(50 / 51, abs=1e-6)


def test_rows_that_are_all_right_make_the_coldest_temperature_and_no_more():
    true = np.zeros(50, dtype=np.int64)
    found = fit_scaling("temperature", true, np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (50, 1)))
    assert found.temperature == pytest.approx(0.02, rel=1e-3) and math.isfinite(found.apply(np.array([[0.9, 0.1]])).sum())


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(DataError, match="at least 10 held-out rows"):
        fit_scaling("temperature", np.zeros(9, dtype=np.int64), np.full((9, 2), 0.5))
    with pytest.raises(ConfigError, match="temperature or isotonic"):
        fit_scaling("platt", np.zeros(20, dtype=np.int64), np.full((20, 2), 0.5))
    with pytest.raises(ValueError, match="unknown scaling"):
        read_scaling({"kind": "platt"})
    assert read_scaling(None) is None and Temperature(1.0).apply(np.array([[0.25, 0.75]])) == pytest.approx(np.array([[0.25, 0.75]]))

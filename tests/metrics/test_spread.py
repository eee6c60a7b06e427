"""Alignment and uniformity: how the vectors of texts lie."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.spread import spread_metrics, uniformity


def directions(count, width, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, width))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_uniformity_is_the_log_of_the_mean_of_exp_minus_twice_the_square_distance():
    vectors = directions(6, 4)
    pairs = [np.exp(-2 * np.square(a - b).sum()) for i, a in enumerate(vectors) for b in vectors[:i]]
    assert uniformity(vectors).value == pytest.approx(np.log(np.mean(pairs)))


def test_one_point_for_all_texts_has_uniformity_0_and_an_even_spread_its_chance():
    assert uniformity(np.tile(directions(1, 8), (5, 1))).value == pytest.approx(0.0)
    even = uniformity(directions(1500, 64))
    assert even.value == pytest.approx(even.chance, abs=0.05)


def test_the_interval_holds_what_other_texts_give():
    held = 0
    for seed in range(60):
        found = uniformity(np.abs(directions(80, 6, seed)))
        truth = uniformity(np.abs(directions(3000, 6, 999))).value
        held += found.low <= truth <= found.high
    assert held >= 51  # of 60; 57 are due


def test_alignment_is_the_mean_square_distance_of_two_views():
    one, other = directions(5, 3), directions(5, 3, 1)
    found = spread_metrics(np.ones(5), 5, (one, other), one)
    assert found["alignment"].value == pytest.approx(np.square(one - other).sum(1).mean())
    assert found["loss"].value == 1.0 and found["loss"].chance == pytest.approx(np.log(5))


def test_one_text_alone_has_no_spread():
    with pytest.raises(DataError):
        spread_metrics(np.ones(1), 1, (directions(1, 3), directions(1, 3)), directions(1, 3))

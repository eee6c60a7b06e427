"""A number a row: every number equals scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.regression import regression_metrics, spearman_sample

stats = pytest.importorskip("scipy.stats")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 50), steps=st.sampled_from([2, 5, 1000]))
def test_every_metric_equals_that_of_scipy_with_few_and_many_ties(seed, n, steps):
    rng = np.random.default_rng(seed)
    targets, values = rng.integers(0, steps, n) / 1.0, rng.integers(0, steps, n) + rng.integers(0, 2, n)
    if len(set(targets)) < 2 or len(set(values)) < 2:
        return
    found = regression_metrics(targets, values, resamples=20)
    assert found["spearman"].value == pytest.approx(stats.spearmanr(targets, values).statistic, abs=1e-9)
    assert found["pearson"].value == pytest.approx(stats.pearsonr(targets, values).statistic, abs=1e-9)
    assert found["rmse"].value == pytest.approx(np.sqrt(np.mean((targets - values) ** 2)))


def test_ranks_of_a_resample_equal_ranks_of_the_drawn_rows():
    rng = np.random.default_rng(0)
    targets, values = rng.integers(0, 4, 30) / 1.0, rng.integers(0, 6, 30) / 1.0
    weights = rng.multinomial(30, np.full(30, 1 / 30), size=5)
    drawn = spearman_sample(targets, [values]).statistic(weights.astype(float))[:, 0]
    references = [stats.spearmanr(np.repeat(targets, w), np.repeat(values, w)).statistic for w in weights]
    assert drawn == pytest.approx(references)


def test_the_bootstrap_error_of_pearson_is_the_textbook_one():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    sample = spearman_sample(x, [x + rng.normal(size=2000)])
    assert bootstrap(sample)[:, 0].std() == pytest.approx(0.53 / np.sqrt(2000), rel=0.15)  # (1 - rho^2) sqrt(1 + rho^2 / 2), rho 0.69


def test_a_constant_answer_has_no_correlation_but_an_error():
    found = regression_metrics(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0))
    assert math.isnan(found["spearman"].value)
    assert math.isnan(found["pearson"].value)
    assert found["pearson"].to_json()["value"] is None
    assert found["rmse"].value == pytest.approx(found["rmse"].chance)  # the mean is what chance answers


def test_large_numbers_keep_their_digits():
    x = np.arange(10) / 10
    assert regression_metrics(x + 1e8, x + 1e8)["pearson"].value == pytest.approx(1.0)

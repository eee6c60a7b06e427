"""Several labels a row: every number equals scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanshuku.metrics.several import several_metrics

sk = pytest.importorskip("sklearn.metrics")


def rows(seed: int, n: int, labels: int):
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, labels)) < 0.4).astype(np.float32)
    return targets, (targets * 0.4 + rng.random((n, labels)) * 0.6).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), labels=st.integers(2, 9), threshold=st.sampled_from([0.3, 0.5]))
def test_every_metric_equals_that_of_scikit_learn(seed, n, labels, threshold):
    targets, probabilities = rows(seed, n, labels)
    given_labels = probabilities >= threshold
    found = several_metrics(targets, probabilities, threshold, resamples=20)
    occurs = np.flatnonzero((targets > 0).any(axis=0) | given_labels.any(axis=0))
    assert found["micro_f1"].value == pytest.approx(sk.f1_score(targets, given_labels, average="micro", zero_division=0))
    reference = sk.f1_score(targets, given_labels, labels=occurs, average="macro", zero_division=0) if len(occurs) else 0.0
    assert found["macro_f1"].value == pytest.approx(reference)
    assert found["accuracy"].value == pytest.approx((targets == given_labels).all(axis=1).mean())


def test_chance_is_guessing_each_label_as_often_as_it_occurs():
    rng = np.random.default_rng(0)
    shares = np.array([0.5, 0.2, 0.05])
    targets, guesses = (rng.random((40_000, 3)) < shares for _ in range(2))
    found = several_metrics(targets, guesses.astype(float), resamples=2)
    for name, metric in found.items():
        assert metric.chance == pytest.approx(metric.value, abs=0.01), name


def test_nothing_true_and_nothing_given_is_no_division_by_zero():
    found = several_metrics(np.zeros((3, 2)), np.zeros((3, 2)))
    assert found["micro_f1"].value == 0
    assert found["accuracy"].value == 1

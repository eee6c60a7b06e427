"""One label a row: every number equals scikit-learn's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanshuku.errors import DataError
from hanshuku.metrics.classification import UNKNOWN, classification_metrics, confusion, label_table, uniform_macro_f1

sk = pytest.importorskip("sklearn.metrics")


def rows(seed: int, n: int, labels: int, unknown: float = 0.0):
    """Random targets and the probabilities of a classifier that is right now and then."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, labels, n)
    scores = rng.normal(size=(n, labels))
    scores[np.arange(n), targets] += 1
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return np.where(rng.random(n) < unknown, UNKNOWN, targets), probabilities


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), labels=st.integers(2, 9), unknown=st.sampled_from([0.0, 0.3]))
def test_every_metric_equals_that_of_scikit_learn_with_unknown_labels_as_one_more_class(seed, n, labels, unknown):
    targets, probabilities = rows(seed, n, labels, unknown)
    answers = probabilities.argmax(axis=1)
    found = classification_metrics(targets, probabilities, resamples=20)
    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(targets, answers))
    assert found["macro_f1"].value == pytest.approx(sk.f1_score(targets, answers, average="macro", zero_division=0))
    assert found["mcc"].value == pytest.approx(sk.matthews_corrcoef(targets, answers), abs=1e-6)
    if not unknown:
        assert found["log_loss"].value == pytest.approx(sk.log_loss(targets, probabilities, labels=range(labels)))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), labels=st.integers(2, 6))
def test_the_value_always_lies_in_its_interval_and_the_interval_in_the_metrics_range(seed, n, labels):
    for name, metric in classification_metrics(*rows(seed, n, labels), resamples=50).items():
        assert metric.low <= metric.value <= metric.high, name
        assert {"mcc": -1, "log_loss": 0}.get(name, 0) <= metric.low
        assert metric.high <= {"log_loss": math.inf}.get(name, 1)


def test_chance_is_what_guessing_gets():
    targets, _ = rows(0, 20_000, 5)
    guesses = np.random.default_rng(1).integers(0, 5, len(targets))
    assert uniform_macro_f1(targets, 5) == pytest.approx(sk.f1_score(targets, guesses, average="macro"), abs=0.01)
    found = classification_metrics(targets, np.full((len(targets), 5), 0.2), resamples=2)
    assert found["accuracy"].chance == pytest.approx(0.2)
    assert found["log_loss"].value == pytest.approx(found["log_loss"].chance)


def test_an_unknown_label_costs_the_floor_of_the_log_loss():
    found = classification_metrics(np.array([UNKNOWN]), np.array([[0.5, 0.5]]))
    assert found["log_loss"].value == pytest.approx(-math.log(1e-7))
    assert found["accuracy"].value == 0


def test_the_interval_of_a_perfect_score_does_not_claim_certainty():
    found = classification_metrics(np.array([0, 1] * 10), np.eye(2)[[0, 1] * 10])
    assert found["accuracy"].low == found["macro_f1"].low == pytest.approx(0.839, abs=0.001)  # Wilson, 20 of 20


def test_the_same_seed_gives_the_same_interval_and_another_gives_another():
    data = rows(0, 200, 4)
    first, same, other = (classification_metrics(*data, seed=seed)["macro_f1"] for seed in (1, 1, 2))
    assert first == same != other


def test_rows_of_an_unknown_label_stand_apart_in_the_confusion():
    table, unknown = confusion(np.array([0, 0, 1, UNKNOWN]), np.array([0, 1, 1, 1]), 2)
    assert table.tolist() == [[1, 1], [0, 1]]
    assert unknown.tolist() == [0, 1]


def test_the_table_of_labels_equals_scikit_learn_and_says_none_where_there_is_no_row():
    targets, probabilities = rows(3, 80, 4)
    answers = probabilities.argmax(axis=1)
    table, _ = confusion(targets, answers, 5)
    found = label_table(table.diagonal(), table.sum(axis=1), table.sum(axis=0))
    for name, reference in zip(("precision", "recall", "f1"), sk.precision_recall_fscore_support(targets, answers), strict=False):
        assert [row[name]["value"] for row in found[:4]] == pytest.approx(reference.tolist())
        assert all(row[name]["low"] <= row[name]["value"] <= row[name]["high"] for row in found[:4])
    assert found[4] == {"precision": None, "recall": None, "f1": None, "support": 0, "predicted": 0}


@pytest.mark.parametrize("outputs", [np.ones((3, 2)), np.array([[math.nan, 1.0]])])
def test_what_cannot_be_measured_is_refused(outputs):
    with pytest.raises(DataError):
        classification_metrics(np.array([0]), outputs)

"""Sets that hold the right label as often as was asked for."""

import numpy as np
import pytest

from hanshuku.errors import ConfigError, DataError
from hanshuku.metrics.conformal import conformal_threshold, strangeness


def drawn(seed, n=600, labels=6):
    """Labels and the probabilities of an overconfident model that is not calibrated."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, labels)) * 2
    true = np.array([rng.choice(labels, p=row) for row in np.exp(logits) / np.exp(logits).sum(1, keepdims=True)])
    boasting = np.exp(2 * logits)
    return true, boasting / boasting.sum(1, keepdims=True), [(f"{seed} {i}",) for i in range(n)]


@pytest.mark.parametrize("kind", ["lac", "aps"])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_they_hold_it_that_often_however_wrong_the_probabilities(kind, coverage):
    held = []
    for seed in range(60):
        true, chances, rows = drawn(seed)
        scores = strangeness(kind, chances, rows)
        of_true = scores[np.arange(600), true]
        held.append((of_true[300:] <= conformal_threshold(of_true[:300], coverage)).mean())
    assert np.mean(held) == pytest.approx(coverage, abs=0.01)


def test_the_threshold_is_the_order_statistic():
    assert conformal_threshold(np.arange(1.0, 10.0), 0.9) == 9.0
    assert conformal_threshold(np.arange(1.0, 20.0), 0.9) == 18.0


def test_too_few_rows_for_the_coverage_are_told_how_many_are_due():
    with pytest.raises(DataError, match=r"at least 9 held-out rows\. Received: 8"):
        conformal_threshold(np.arange(8.0), 0.9)


def test_lac_by_hand_and_aps_puts_likelier_labels_first():
    chances = np.array([[0.2, 0.5, 0.3]])
    assert strangeness("lac", chances, [("a",)])[0] == pytest.approx([0.8, 0.5, 0.7])
    (first,) = strangeness("aps", chances, [("a",)])
    assert 0 <= first[1] <= 0.5 <= first[2] <= 0.8 <= first[0] <= 1
    assert strangeness("aps", chances, [("a",)])[0].tolist() == first.tolist()  # the same text, the same set


def test_a_kind_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="lac or aps"):
        strangeness("raps", np.ones((1, 2)), [("a",)])

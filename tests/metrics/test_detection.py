"""Rows from inside and from outside."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.detection import auroc, false_alarms

RNG = np.random.default_rng(0)
INSIDE, OUTSIDE = RNG.normal(0, 1, 300).round(1), RNG.normal(1.5, 1, 200).round(1)


def test_the_area_is_that_of_sklearn_with_ties():
    from sklearn.metrics import roc_auc_score

    found = auroc(INSIDE, OUTSIDE)
    assert found.value == pytest.approx(roc_auc_score(np.repeat([0, 1], [300, 200]), np.concatenate([INSIDE, OUTSIDE])))
    assert found.n == 500 and found.low < found.value < found.high


def test_the_false_alarms_are_read_from_the_curve_of_sklearn():
    from sklearn.metrics import roc_curve

    belongs = np.repeat([1, 0], [300, 200])
    rates, kept, _ = roc_curve(belongs, -np.concatenate([INSIDE, OUTSIDE]), drop_intermediate=False)
    found = false_alarms(INSIDE, OUTSIDE)
    assert found.value == pytest.approx(rates[np.argmax(kept >= 0.95)])
    assert found.low < found.value < found.high


def test_the_intervals_hold_the_truth():
    held = np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        inside, outside = rng.normal(0, 1, 150), rng.normal(2, 1, 100)
        for i, (found, truth) in enumerate(((auroc(inside, outside), 0.92135), (false_alarms(inside, outside), 0.36124))):  # normal: Phi(2 / sqrt 2), Phi(1.645 - 2)
            held[i] += found.low <= truth <= found.high
    assert (held / 200 > 0.9).all()


def test_perfect_and_useless_scores():
    assert auroc(np.zeros(5), np.ones(5)).value == 1.0
    assert false_alarms(np.zeros(5), np.ones(5)).value == 0.0
    assert auroc(np.zeros(5), np.zeros(5)).value == 0.5


def test_rows_of_both_kinds_are_due():
    with pytest.raises(DataError, match="rows of both"):
        auroc(np.zeros(5), np.array([]))

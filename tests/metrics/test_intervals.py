"""Intervals hold the truth about 95 times in 100; benchmarks/intervals.py measures it at length."""

import numpy as np
import pytest

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import classification_metrics, counts_sample
from hanshuku.metrics.intervals import around, bootstrap, measured, t_quantile, t_tail, wilson
from hanshuku.metrics.rows import PERCENT

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(("right", "n"), [(0, 5), (5, 5), (93, 100), (1, 3), (560, 600)])
def test_wilson_equals_scipy(right, n):
    reference = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert wilson(right, n) == pytest.approx((reference.low, reference.high))


@pytest.mark.parametrize("df", [1, 1.5, 2, 4, 30, 900, 10_000])
def test_students_t_equals_scipy_for_whole_and_broken_degrees_of_freedom(df):
    assert t_quantile(df) == pytest.approx(stats.t.ppf(0.975, df), abs=5e-4)
    assert t_tail(2.3, df) == pytest.approx(2 * stats.t.sf(2.3, df), abs=1e-4)


def test_drawing_groups_and_drawing_rows_are_the_same_bootstrap():
    values = np.repeat([0.0, 1.0, 5.0], [40, 30, 10])
    by_row = Sample(lambda weights: weights @ values / 80, np.ones(80, dtype=np.int64))
    by_group = Sample(lambda weights: weights @ np.array([0.0, 1.0, 5.0]) / 80, np.array([40, 30, 10]))
    assert by_row.value == pytest.approx(by_group.value)
    for sample in (by_row, by_group):
        assert bootstrap(sample, resamples=4000).std() == pytest.approx(values.std() / np.sqrt(80), rel=0.05)


def test_a_resample_has_as_many_rows_as_the_sample():
    for counts in ([1] * 50, [1] * 30 + [2] * 10, [25, 25]):
        sample = Sample(lambda weights: weights.sum(axis=1), np.array(counts))
        assert set(bootstrap(sample, resamples=20)) == {50.0}


@pytest.mark.parametrize(("labels", "n", "reach"), [(2, 100, 0.93), (40, 300, 0.92)])
def test_macro_f1_is_covered_also_where_labels_have_few_rows(labels, n, reach):
    rng = np.random.default_rng(0)
    table = np.full((labels, labels), 0.15 / (labels - 1) / labels)
    np.fill_diagonal(table, 0.85 / labels)  # so the true macro F1 is 0.85
    held = 0
    for draw in range(150):
        cells = rng.multinomial(n, table.ravel())
        targets, answers = np.divmod(np.repeat(np.arange(labels * labels), cells), labels)
        metric = classification_metrics(targets, np.eye(labels)[answers], resamples=200, seed=draw)["macro_f1"]
        held += metric.low <= 0.85 <= metric.high
    assert held / 150 >= reach - 0.02


def poor_rows(rng, n):
    """Rows of a corpus ratio (as chrF and BLEU are) that is 2 in 100: each has 20 parts, hit or not."""
    hits = rng.binomial(20, 0.02, n)
    return Sample(lambda weights: 100 * (weights @ hits) / (20 * weights.sum(axis=1)), np.ones(n, dtype=np.int64))


def test_a_corpus_metric_of_few_poor_rows_is_covered():
    rng = np.random.default_rng(0)
    found = [measured(poor_rows(rng, 12), (PERCENT,), (0.0,), resamples=200, seed=draw)[0] for draw in range(200)]
    assert np.mean([metric.low <= 2 <= metric.high for metric in found]) >= 0.9


@pytest.mark.parametrize("value", [0.37, 2.0, 97.0, 99.6])
def test_an_interval_lies_on_both_sides_of_what_was_measured(value):
    low, high = around(value, 0.2, PERCENT, 12, bias=0.01)
    assert low < value < high and high - low < 2


def test_groups_are_cells_of_the_confusion_so_memory_does_not_grow_with_rows():
    rng = np.random.default_rng(0)
    targets, answers = rng.integers(0, 3, (2, 100_000))
    assert len(counts_sample(targets, answers).counts) == 9


def test_a_metric_survives_json_with_undefined_numbers_as_null():
    metric = Metric(float("nan"), float("nan"), float("nan"), 3, 0.0)
    assert metric.to_json() == {"value": None, "low": None, "high": None, "n": 3, "chance": 0.0}
    assert str(Metric.from_json(metric.to_json())) == "nan [nan, nan]"
    assert Metric.from_json(Metric(0.9, 0.8, 1.0, 10, 0.5).to_json()) == Metric(0.9, 0.8, 1.0, 10, 0.5)

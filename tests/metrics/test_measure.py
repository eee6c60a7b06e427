"""measure: the metrics a task has, the primary one first."""

import numpy as np
import pytest

from hanshuku.metrics.base import LOWER_IS_BETTER
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.tasks import Task

ONE = Task("classify", labels=("a", "b"))
SEVERAL = Task("classify", labels=("a", "b"), several=True)
RATE = Task("rate", low=0, high=5)
ROWS = {
    ONE: (np.array([0, 1, 1, 0]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], dtype=np.float32)),
    SEVERAL: (np.eye(2, dtype=np.float32)[[0, 1, 1, 0]], np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], dtype=np.float32)),
    RATE: (np.array([0, 2, 3, 5], dtype=np.float32), np.array([1, 2, 4, 9], dtype=np.float32)),
}
NAMES = {ONE: ["accuracy", "macro_f1", "mcc", "log_loss"], SEVERAL: ["micro_f1", "macro_f1", "accuracy"], RATE: ["spearman", "pearson", "rmse"]}


@pytest.mark.parametrize("task", ROWS)
class TestEveryTask:
    def test_it_has_its_metrics_the_primary_one_first(self, task):
        found = measure(task, *ROWS[task])
        assert list(found) == NAMES[task]
        assert primary_metric(task) == NAMES[task][0] not in LOWER_IS_BETTER
        assert all(metric.n == 4 for metric in found.values())

    def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone(self, task):
        targets, outputs = ROWS[task]
        other = outputs[::-1].copy()
        sample, _ = primary_sample(task, targets, [outputs, other], [0.5, 0.3])
        alone = [measure(task, targets, given, threshold=t)[primary_metric(task)].value for given, t in ((outputs, 0.5), (other, 0.3))]
        assert sample.value == pytest.approx(alone)


def test_an_answer_beyond_the_range_is_measured_as_it_is_answered():
    targets, outputs = ROWS[RATE]
    assert measure(RATE, targets, outputs)["rmse"].value == pytest.approx(np.sqrt((1 + 0 + 1 + 0) / 4))

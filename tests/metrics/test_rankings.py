"""Rankings: nDCG as scikit-learn's, and what a random order gets."""

import itertools

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.metrics.rankings import _by_chance
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

sk = pytest.importorskip("sklearn.metrics")

TASK = Task("rank", ("query", "candidates"))


def test_the_numbers_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(30):
        n = int(rng.integers(2, 30))
        scores, relevant = rng.permutation(n) / n, rng.choice(n, int(rng.integers(1, n)), replace=False)
        found = measure(TASK, objects([tuple(sorted(relevant.tolist()))]), objects([tuple(scores.tolist())]))
        gains = np.isin(np.arange(n), relevant).astype(float)
        assert found["ndcg_at_10"].value == pytest.approx(sk.ndcg_score([gains], [scores], k=10))
        ranks = np.empty(n)
        ranks[np.argsort(-scores)] = np.arange(1, n + 1)
        assert found["mrr"].value == pytest.approx(1 / ranks[relevant].min())


@pytest.mark.parametrize(("candidates", "relevant"), [(4, 1), (5, 2), (6, 3), (3, 3)])
def test_chance_is_the_mean_over_all_orders(candidates, relevant):
    target = objects([tuple(range(relevant))])
    orders = [measure(TASK, target, objects([order]), resamples=2) for order in itertools.permutations(range(candidates))]
    means = [np.mean([found[name].value for found in orders]) for name in ("ndcg_at_10", "mrr")]
    assert _by_chance(candidates, relevant) == pytest.approx(means)


def test_the_eleventh_place_gains_nothing_but_its_reciprocal_rank():
    found = measure(TASK, objects([(10,)]), objects([tuple(range(20, 0, -1))]))
    assert found["ndcg_at_10"].value == 0
    assert found["mrr"].value == pytest.approx(1 / 11)


def test_ties_keep_the_order_of_the_candidates():
    assert measure(TASK, objects([(1,)]), objects([(0.5, 0.5, 0.5)]))["mrr"].value == 0.5


def test_a_row_without_a_relevant_candidate_gets_nothing():
    found = measure(TASK, objects([(), (0,)]), objects([(0.1, 0.2), (0.3, 0.2)]))
    assert found["ndcg_at_10"].value == found["mrr"].value == 0.5


def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone():
    targets, right, wrong = objects([(0,), (1,)]), objects([(1.0, 0.0), (0.0, 1.0)]), objects([(0.0, 1.0), (0.0, 1.0)])
    sample, _ = primary_sample(TASK, targets, [right, wrong], [0.5, 0.5])
    assert sample.value == pytest.approx([measure(TASK, targets, given)[primary_metric(TASK)].value for given in (right, wrong)])


@pytest.mark.parametrize("scores", [(0.1,), (float("nan"), 0.2), ("a", "b")])
def test_scores_that_do_not_fit_are_refused(scores):
    with pytest.raises(DataError, match="finite scores"):
        measure(TASK, objects([(1,)]), objects([scores]))

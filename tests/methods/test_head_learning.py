"""A head trusts the descriptions where they help and the rows where there are enough, and is no surer than it should be."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from hanshuku.data.encoded import Encoded
from hanshuku.inference.heads import Head, answers
from hanshuku.methods.head_learning import FACTORS, learn_head
from hanshuku.methods.linear import Penalty
from hanshuku.tasks import Task

TASK = Task("classify", labels=("a", "b", "c"))
CENTRES = np.random.default_rng(1).normal(size=(3, 16))


def rows(count, noise=1.5, seed=0, task=TASK):
    rng = np.random.default_rng(seed)
    targets = np.arange(count) % 3
    features = (CENTRES[targets] + noise * rng.normal(size=(count, 16))).astype(np.float32)
    return features, Encoded(task, [("",)] * count, targets, np.zeros(count, dtype=np.int64))


def right(head, features, encoded):
    return (head.logits(features).argmax(1) == encoded.targets).mean()


def test_with_three_rows_a_label_good_descriptions_help():
    features, train = rows(9)
    test = rows(3000, seed=9)
    good = Head(CENTRES, np.zeros(3))
    assert right(learn_head(TASK, features, train, good).head, *test) > right(learn_head(TASK, features, train, None).head, *test) + 0.03


def test_with_many_rows_wrong_descriptions_do_no_harm():
    features, train = rows(1500)
    test = rows(3000, seed=9)
    wrong = Head(CENTRES[[1, 2, 0]], np.zeros(3))
    assert right(learn_head(TASK, features, train, wrong).head, *test) > right(learn_head(TASK, features, train, None).head, *test) - 0.01


def test_answers_are_about_as_sure_as_they_are_right():
    features, train = rows(300, noise=3.0)
    x, test = rows(3000, noise=3.0, seed=9)
    chances = answers(TASK, learn_head(TASK, features, train, None).head.logits(x))
    assert abs(chances.max(1).mean() - (chances.argmax(1) == test.targets).mean()) < 0.06


def test_sureness_bounds_the_factor_on_the_logits():
    features, train = rows(60, noise=0.05)
    free, bound = (
        np.abs(learn_head(TASK, features, train, None, penalty=Penalty(0.05, 0.0), sureness=most).head.weight).max() for most in (FACTORS[-1], 1.0)
    )
    assert free > 2 * bound


def test_a_set_penalty_is_used():
    features, train = rows(30)
    assert learn_head(TASK, features, train, None, penalty=Penalty(7.0, 0.0)).penalty == Penalty(7.0, 0.0)


def test_several_labels_get_the_threshold_that_is_best_on_rows_held_out():
    task = Task("classify", labels=("a", "b"), several=True)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 4)).astype(np.float32)
    targets = (features[:, :2] + 0.5 * rng.normal(size=(300, 2)) > 1.2).astype(np.float32)  # rare labels: 0.5 is too strict
    found = learn_head(task, features, Encoded(task, [("",)] * 300, targets, np.zeros(300, dtype=np.int64)), None)
    assert 0.05 <= found.threshold < 0.5


def test_two_rows_are_enough_to_learn_from():
    features, train = rows(2)
    assert np.isfinite(learn_head(TASK, features, train, Head(CENTRES, np.zeros(3))).head.weight).all()

"""Held-out scores, thresholds and label weights."""

from __future__ import annotations

import numpy as np
import pytest

from hanshuku.tasks import Task
from hanshuku.training.judging import balanced_weights, best_threshold, score

MOOD = Task("classify", labels=("good", "bad", "odd"))
TAGS = Task("classify", labels=("a", "b"), several=True)
STARS = Task("rate", low=1, high=5)


def test_the_best_threshold_parts_right_from_wrong():
    threshold, f1 = best_threshold(np.array([[0.9, 0.3], [0.35, 0.1]]), np.array([[1, 1], [1, 0]]))
    assert f1 == 1
    assert 0.1 < threshold < 0.3


def test_equal_probabilities_fall_on_one_side():
    _, f1 = best_threshold(np.full((2, 2), 0.4), np.array([[1, 0], [0, 0]]))
    assert f1 == pytest.approx(2 * 1 / (4 + 1))


def test_without_any_label_the_threshold_is_a_half():
    assert best_threshold(np.full((2, 2), 0.4), np.zeros((2, 2))) == (0.5, 0.0)


def test_more_right_answers_score_higher_however_unsure():
    sure, right = np.array([[9.0, 0, 0], [0, 9, 0]]), np.array([[0.1, 0, 0], [0.1, 0, 0]])
    assert score(MOOD, right, np.array([0, 0])) > score(MOOD, sure, np.array([0, 0]))


def test_of_equal_accuracy_the_surer_scores_higher():
    targets = np.array([0, 1])
    logits = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert score(MOOD, 3 * logits, targets) > score(MOOD, logits, targets)


def test_a_number_nearer_the_target_scores_higher():
    targets = np.array([0.5, 0.25])
    assert score(STARS, np.array([[0.5], [0.3]]), targets) > score(STARS, np.array([[0.9], [0.3]]), targets)


def test_rare_labels_weigh_more_and_the_rows_weigh_one_on_average():
    targets = np.array([0, 0, 0, 1])
    weights = balanced_weights(MOOD, targets)
    assert weights[1] == pytest.approx(3 * weights[0])
    assert weights[targets].mean() == pytest.approx(1)
    assert np.isfinite(weights[2])

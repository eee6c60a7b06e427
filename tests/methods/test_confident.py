"""Which labels are wrong is told from probabilities of answers that did not see them."""

import numpy as np
import pytest

from hanshuku.methods.confident import confident_joint, suspects, thresholds


def sure(labels, size=3, chance=0.9):
    """Probabilities that are `chance` at each label, the rest spread evenly."""
    found = np.full((len(labels), size), (1 - chance) / (size - 1))
    found[np.arange(len(labels)), labels] = chance
    return found


def test_a_threshold_is_the_mean_probability_of_a_label_among_its_own_rows():
    chances = np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6]])
    assert thresholds(np.array([0, 0, 1]), chances) == pytest.approx([0.8, 0.6])


def test_a_label_without_rows_is_reached_by_none():
    assert thresholds(np.array([0, 0]), sure([0, 0]))[1:].tolist() == [1.0, 1.0]


def test_the_joint_has_as_many_rows_of_each_given_label_as_there_are():
    targets = np.array([0, 0, 0, 1, 1, 2])
    joint, counted = confident_joint(targets, sure([0, 0, 1, 1, 1, 2]))
    assert joint.sum(axis=1) == pytest.approx([3, 2, 1])
    assert joint[0, 1] == pytest.approx(1)
    assert counted.tolist() == [0, 0, 1, 1, 1, 2]


def test_rows_whose_label_was_changed_are_found_with_the_label_they_had():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300)
    targets = true.copy()
    changed = rng.permutation(300)[:30]
    targets[changed] = (true[changed] + 1) % 3
    found = suspects(targets, sure(true))
    assert sorted(found.rows.tolist()) == sorted(changed.tolist())
    assert (found.proposed == true[found.rows]).all()
    assert found.noise == pytest.approx(0.1, abs=0.01)


def test_where_every_label_is_the_likeliest_nothing_is_found():
    found = suspects(np.array([0, 1, 2, 0]), sure([0, 1, 2, 0]))
    assert len(found.rows) == 0
    assert found.noise == pytest.approx(0, abs=1e-6)


def test_the_least_probable_label_comes_first():
    targets, chances = np.array([0, 0, 1, 1]), np.array([[0.3, 0.7], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8]])
    assert suspects(targets, chances).rows.tolist()[0] == 1

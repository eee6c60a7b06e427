"""Rows to label next are chosen by vectors and probabilities alone, the same each time."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from hanshuku.methods import choosing

THREE = np.concatenate([np.random.default_rng(i).normal(centre, 0.05, (size, 2)) for i, (centre, size) in enumerate([((0, 0), 30), ((5, 0), 20), ((0, 5), 10)])])
OF = np.repeat([0, 1, 2], [30, 20, 10])  # the group of each row of THREE


def test_a_margin_is_greatest_where_two_labels_are_alike():
    assert choosing.margins(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.6, 0.3, 0.1]])) == pytest.approx([1, 0, 0.7])


def test_entropy_counts_all_labels():
    assert choosing.entropies(np.array([[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]])) == pytest.approx([1, 0], abs=1e-6)


@pytest.mark.parametrize("measure", [choosing.margins, choosing.entropies])
def test_with_several_labels_every_label_may_be_unsure(measure):
    assert measure(np.array([[0.5, 0.5], [1.0, 0.0], [0.5, 1.0]]), several=True) == pytest.approx([1, 0, 0.5], abs=1e-6)


def test_k_centres_reach_every_group_before_any_twice():
    assert set(OF[choosing.k_centres(THREE, 3)]) == {0, 1, 2}
    assert set(OF[choosing.k_centres(THREE, 2, THREE[:1])]) == {1, 2}


def test_typical_rows_stand_for_the_largest_groups_first():
    chosen, sizes = choosing.typical(THREE, 3)
    assert OF[chosen].tolist() == [0, 1, 2]
    assert sizes.tolist() == [30, 20, 10]


def test_a_group_with_a_labelled_row_comes_last():
    assert set(OF[choosing.typical(THREE, 2, THREE[:1])[0]]) == {1, 2}


def test_as_many_rows_as_there_are_can_be_chosen_and_none_twice():
    chances = np.full((60, 2), 0.5)
    for chosen in (choosing.k_centres(THREE, 60), choosing.typical(THREE, 60)[0], choosing.unsure_and_unlike(THREE, np.ones(60), 60), choosing.badge(THREE, chances, 60)):
        assert sorted(chosen.tolist()) == list(range(60))


def test_unsure_rows_are_spread_over_the_groups():
    unsure = np.where(OF == 0, 0.9, 0.8)
    assert set(OF[choosing.unsure_and_unlike(THREE, unsure, 3, among=20)]) == {0, 1, 2}


def test_sure_rows_are_left_where_there_are_enough_unsure_ones():
    unsure = np.where(OF == 2, 0.9, 0.1)
    assert set(OF[choosing.unsure_and_unlike(THREE, unsure, 2, among=3)]) == {2}


def test_badge_begins_where_the_gradient_is_greatest():
    errors = np.full((60, 2), 0.01)
    errors[7] = [-0.5, 0.5]
    assert choosing.badge(choosing.unit(THREE), errors, 1).tolist() == [7]


def test_badge_counts_a_gradient_as_error_times_vector():
    rng = np.random.default_rng(0)
    vectors, errors = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    outer = np.einsum("nl,nd->nld", errors, vectors).reshape(30, -1)
    assert choosing.badge(vectors, errors, 5).tolist() == choosing.badge(outer, np.ones((30, 1)), 5).tolist()


def test_the_same_rows_are_chosen_each_time():
    assert choosing.typical(THREE, 5, seed=1)[0].tolist() == choosing.typical(THREE, 5, seed=1)[0].tolist()
    assert choosing.unsure_and_unlike(THREE, np.ones(60), 5, 1).tolist() == choosing.unsure_and_unlike(THREE, np.ones(60), 5, 1).tolist()


def test_rows_that_are_all_alike_are_chosen_in_their_order():
    assert len(set(choosing.unsure_and_unlike(np.ones((8, 2)), np.ones(8), 4).tolist())) == 4

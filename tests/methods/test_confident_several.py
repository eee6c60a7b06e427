"""Which of several labels seem wrong is told by how much likelier they are for the row than for all rows."""

import numpy as np

from hanshuku.methods.confident import unlikely

GIVEN = np.array([[1, 0]] * 6 + [[0, 1]] * 6, dtype=bool)
SURE = np.where(GIVEN, 0.95, 0.02)


def test_a_label_that_is_much_less_likely_here_than_elsewhere_seems_wrong():
    given = GIVEN.copy()
    given[0, 1] = True
    assert np.argwhere(unlikely(given, SURE).wrong).tolist() == [[0, 1]]


def test_a_label_left_out_seems_wrong_where_it_is_nearly_sure():
    given = GIVEN.copy()
    given[0, 0] = False
    assert np.argwhere(unlikely(given, SURE).wrong).tolist() == [[0, 0]]


def test_answers_that_are_the_same_for_all_rows_say_nothing_against_a_rare_label():
    found = unlikely(GIVEN, np.full(GIVEN.shape, 0.02))
    assert not found.wrong.any()
    assert not found.judged.any()


def test_a_label_whose_answers_are_worse_than_a_guess_is_not_judged():
    given = GIVEN.copy()
    given[:, 1] = ~given[:, 1]
    found = unlikely(given, SURE)
    assert found.judged.tolist() == [True, False]
    assert not found.wrong[:, 1].any()

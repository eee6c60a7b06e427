"""What a matrix of scores says of a sequence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.continual import continual_metrics

NAN = float("nan")
MATRIX = [[0.9, 0.3, NAN], [0.95, 0.8, 0.4], [0.7, 0.85, 0.6]]


def test_the_numbers_are_those_of_the_papers_formulas():
    found = continual_metrics(MATRIX, [0.25, 0.2, 0.1])
    assert found.average == pytest.approx((0.7 + 0.85 + 0.6) / 3)
    assert found.learned == pytest.approx((0.9 + 0.8 + 0.6) / 3)
    assert found.backward_transfer == pytest.approx(((0.7 - 0.9) + (0.85 - 0.8)) / 2)
    assert found.forgetting == pytest.approx(((0.95 - 0.7) + (0.8 - 0.85)) / 2)
    assert found.forward_transfer == pytest.approx(((0.3 - 0.2) + (0.4 - 0.1)) / 2)


def test_a_task_that_could_not_be_asked_before_its_session_tells_nothing_of_forward_transfer():
    matrix = [[0.9, NAN], [0.8, 0.7]]
    assert math.isnan(continual_metrics(matrix, [0.5, 0.5]).forward_transfer)
    assert continual_metrics(matrix, [0.5, 0.5]).to_json()["forward_transfer"] is None


def test_one_task_alone_is_neither_forgotten_nor_carried_over():
    found = continual_metrics([[0.9]])
    assert found.average == found.learned == 0.9
    assert math.isnan(found.forgetting)
    assert math.isnan(found.backward_transfer)


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.zeros((0, 0)), [[0.9, 0.1], [NAN, 0.8]]])
def test_a_matrix_that_is_none_is_refused(matrix):
    with pytest.raises(DataError, match="Received"):
        continual_metrics(matrix)

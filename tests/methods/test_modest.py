"""What learned from rows that it took to be right is made less sure, and answers as before."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.methods import get_method
from hanshuku.methods.modest import as_sure_as, cooled, mean_surety
from hanshuku.metrics.scaling import Temperature
from hanshuku.training.run import Run
from tests.children import rows_of


@pytest.fixture(params=["one label", "several labels"])
def learned(request, tiny_encoder):
    rows = rows_of(request.param)
    return rows, get_method("probe").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))


def given(rows, predictor):
    outputs = predictor.outputs(rows.inputs)
    return outputs >= predictor.threshold if rows.task.several else outputs.argmax(axis=1)


def test_mean_surety_of_one_label_is_the_mean_of_the_likeliest_ones():
    task = rows_of("one label").task
    assert mean_surety(task, np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3]])[:, : len(task.labels)]) == pytest.approx(0.7)


def test_mean_surety_of_several_labels_counts_what_is_not_given_too():
    assert mean_surety(rows_of("several labels").task, np.array([[0.9, 0.2, 0.5]])) == pytest.approx((0.9 + 0.8 + 0.5) / 3)


def test_it_becomes_as_sure_as_asked_and_answers_as_before(learned):
    rows, before = learned
    boasting = cooled(before, Temperature(0.2))
    target = mean_surety(rows.task, boasting.outputs(rows.inputs)) - 0.1
    found, temperature = as_sure_as(boasting, rows.inputs, target)
    assert temperature > 1 and mean_surety(rows.task, found.outputs(rows.inputs)) == pytest.approx(target, abs=0.01 if rows.task.several else 1e-4)
    assert (given(rows, found) == given(rows, boasting)).all()


def test_what_is_less_sure_than_asked_stays_as_it_is(learned):
    rows, before = learned
    assert as_sure_as(before, rows.inputs, 1.0) == (before, 1.0)

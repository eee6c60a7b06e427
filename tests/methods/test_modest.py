"""What learned from rows that it took to be right is made less sure, and answers as before."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.methods import get_method
from hanshuku.methods.head_learning import learn_head
from hanshuku.methods.modest import (
    BY_HEART,
    ROWS,
    as_sure_as,
    cooled,
    difficulty,
    foreseen,
    judging_rows,
    mean_surety,
    shown,
)
from hanshuku.metrics.scaling import Temperature
from hanshuku.tasks import Task
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


def by_heart(margin, rows=40, right=1.0):
    """Logits of rows that a network has learned, and their labels."""
    targets = np.arange(rows) % 2
    logits = np.zeros((rows, 2))
    logits[np.arange(rows), targets] = margin
    wrong = round(rows * (1 - right))
    return logits, np.concatenate([1 - targets[:wrong], targets[wrong:]])


def test_the_louder_a_network_speaks_of_what_it_learned_the_more_it_is_cooled():
    quiet, loud = (foreseen(*by_heart(margin), hard=0.6) for margin in (6.0, 12.0))
    assert loud == pytest.approx(2 * quiet) and quiet > 1


def test_the_easier_the_rows_were_for_a_probe_the_less_it_is_cooled():
    easy, hard = (foreseen(*by_heart(12.0), hard=hard) for hard in (0.1, 0.9))
    assert 1 < easy < hard


def test_only_what_has_learned_easy_rows_by_heart_is_made_surer():
    assert foreseen(*by_heart(2.0), hard=0.1) < 1
    assert foreseen(*by_heart(2.0, right=BY_HEART - 0.1), hard=0.1) == 1
    assert foreseen(*by_heart(2.0), hard=0.6) == 1


def test_rows_held_out_move_what_was_foreseen_and_a_handful_does_not():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, 3))
    targets = np.array([rng.choice(3, p=np.exp(row) / np.exp(row).sum()) for row in logits])
    task = Task("classify", labels=("a", "b", "c"))
    assert shown(task, 2.0, 6 * logits, targets) == pytest.approx(6, rel=0.15)
    assert shown(task, 2.0, 6 * logits[:9], targets[:9]) == 2.0


@pytest.mark.parametrize(("method", "settings"), [("finetune", {"epochs": 20}), ("contrastive", {"steps": 20})])
def test_validation_rows_are_what_a_network_believes_most(method, settings, tiny_encoder):
    rows = rows_of("one label")
    wrong = rows_of("one label")
    wrong.targets[:] = np.random.default_rng(0).integers(0, 2, len(wrong))
    sure = [get_method(method, learning_rate=0.003, **settings).fit(rows.task, rows, model=tiny_encoder, validation=held, run=Run(seed=0)) for held in (rows, wrong)]
    assert mean_surety(rows.task, sure[1].outputs(rows.inputs)) < mean_surety(rows.task, sure[0].outputs(rows.inputs))


def test_rows_that_a_probe_tells_apart_are_easier_than_rows_with_labels_at_random():
    rows = rows_of("one label")
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(rows), 8)).astype(np.float32)
    known = np.concatenate([vectors, 3 * np.eye(len(rows.task.labels), dtype=np.float32)[rows.targets]], axis=1)
    easy, hard = (difficulty(rows.task, learn_head(rows.task, features, rows, None).losses) for features in (known, vectors))
    assert easy < 0.3 < 0.9 < hard <= 1


def test_many_rows_are_judged_by_some_of_them_the_same_each_time():
    rows = rows_of("one label").take(np.arange(60).repeat(10))
    places = judging_rows(rows, 1)
    assert len(places) == ROWS == len(set(places.tolist())) and (places == judging_rows(rows, 1)).all()


@pytest.mark.parametrize("many", [False, True], ids=["few rows", "many rows"])
@pytest.mark.parametrize("method", ["contrastive", "finetune"])
def test_what_a_network_foresees_of_the_rows_it_learned_divides_its_logits(method, many, tiny_encoder, monkeypatch):
    rows = rows_of("one label")
    monkeypatch.setattr("hanshuku.methods.few_rows.FEW", len(rows) + (0 if many else 1))
    monkeypatch.setattr("hanshuku.methods.modest.ROWS", 20)
    settings, seen = {"steps": 20} if method == "contrastive" else {"epochs": 2}, []

    def learned(temperature):
        monkeypatch.setattr("hanshuku.methods.modest.foreseen", lambda logits, targets, hard: seen.append((logits, targets, hard)) or temperature)
        return get_method(method, learning_rate=0.003, precision="fp32", **settings).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))

    own, third = learned(1.0), learned(3.0)
    assert np.abs(third.logits(rows.inputs) - own.logits(rows.inputs) / 3).max() < 1e-4 and third.cut == 0
    logits, targets, hard = seen[0]
    places = judging_rows(rows, 0)
    assert 0 < hard <= 1 and (targets == rows.targets[places]).all()
    assert np.abs(logits - own.logits([rows.inputs[i] for i in places])).max() < 1e-4


def test_several_labels_stay_as_sure_as_they_are(tiny_encoder, monkeypatch):
    monkeypatch.setattr("hanshuku.methods.modest.foreseen", lambda *_: pytest.fail("nothing is foreseen of several labels"))
    rows = rows_of("several labels")
    get_method("finetune", epochs=0.1).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))

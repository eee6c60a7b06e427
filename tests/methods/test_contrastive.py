"""Contrastive learning moves the blocks and nothing else, plans by rows and labels, and reads pairs by what their labels say."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.methods import contrastive_learning, get_method
from hanshuku.methods.contrastive import Contrastive
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of

QUICK = {"steps": 4, "learning_rate": 1e-3, "precision": "fp32"}


def fit(model, kind="one label", rows=None, **settings):
    rows = rows or rows_of(kind)
    return Contrastive(**QUICK | settings).fit(rows.task, rows, model=model, run=Run(seed=1))


def moved(predictor, model):
    before = load_encoder(model).network.state_dict()
    return {name for name, tensor in predictor.loaded.network.state_dict().items() if not torch.equal(tensor, before[name])}


def test_the_blocks_move_and_the_word_vectors_do_not(tiny_encoder):
    names = moved(fit(tiny_encoder), tiny_encoder)
    assert any(name.startswith("encoder.layer.0.") for name in names)
    assert any(name.startswith("encoder.layer.1.") for name in names)
    assert not any(name.startswith("embeddings.") for name in names)


def test_with_one_layer_only_the_last_block_moves(tiny_encoder):
    predictor = fit(tiny_encoder, layers=1)
    names = moved(predictor, tiny_encoder)
    assert names
    assert all(name.startswith("encoder.layer.1.") for name in names)
    assert predictor.moved_parameters < fit(tiny_encoder).moved_parameters


def test_a_label_with_a_single_row_has_its_description_for_company(tiny_encoder):
    rows = rows_of("one label").take([0, 1])
    assert np.isfinite(fit(tiny_encoder, rows=rows).outputs(rows.inputs)).all()


def test_without_descriptions_the_rows_alone_are_read(tiny_encoder):
    rows = rows_of("one label")
    with_them, without = (fit(tiny_encoder, descriptions=flag).outputs(rows.inputs) for flag in (True, False))
    assert not np.allclose(with_them, without)


def test_pairs_whose_labels_say_same_or_different_learn_by_their_cosine(tiny_encoder):
    task = Task("classify", ("a", "b"), ("different", "same"), name="alike")
    texts = [row[0] for row in rows_of("one label").inputs]
    inputs = [(text, text) for text in texts[:20]] + [(texts[i], texts[i + 1]) for i in range(20)]
    rows = Encoded(task, inputs, np.array([1] * 20 + [0] * 20), np.zeros(40, dtype=np.int64))
    found = fit(tiny_encoder, rows=rows, steps=20).outputs(rows.inputs)
    assert (found.argmax(1) == rows.targets).mean() > 0.9


def test_pairs_with_a_number_learn_by_their_cosine(tiny_encoder):
    texts = [row[0] for row in rows_of("one label").inputs]
    inputs = [(text, text) for text in texts[:20]] + [(texts[i], texts[i + 1]) for i in range(20)]
    task = Task("rate", ("a", "b"), low=0, high=5, name="alike")
    rows = Encoded(task, inputs, np.array([5.0] * 20 + [0.0] * 20, dtype=np.float32), np.zeros(40, dtype=np.int64))
    found = fit(tiny_encoder, rows=rows, steps=20).outputs(rows.inputs)
    assert found[:20].mean() > found[20:].mean() + 1


def test_more_labels_mean_larger_batches_and_more_rows_mean_more_steps_within_bounds():
    plan = Contrastive()
    assert [plan.planned_batch(labels) for labels in (2, 15, 31, 77, 1000)] == [32, 32, 64, 128, 128]
    texts = [plan.planned_steps(rows, 2) * 32 for rows in (2, 100, 100_000)]
    assert texts[0] == pytest.approx(1000, abs=32)
    assert texts[1] == pytest.approx(2040, abs=32)
    assert texts[2] == 4000
    assert Contrastive(steps=7).planned_steps(100_000, 2) == 7


def test_a_budget_ends_it_in_time(tiny_encoder):
    rows, seen = rows_of("one label"), []
    run = Run(seed=1, budget_s=3.0, report=lambda step: seen.append(step.total))
    Contrastive(steps=5000, precision="fp32").fit(TASKS["one label"], rows, model=tiny_encoder, run=run)
    assert 1 < seen[-2] < 5000  # the last report is of the head


def test_what_reading_all_rows_for_the_head_will_take_is_kept_of_the_budget(tiny_encoder, monkeypatch):
    left = []
    whole = contrastive_learning.run_engine
    monkeypatch.setattr(contrastive_learning, "reading_seconds", lambda *_: 600.0)
    monkeypatch.setattr(contrastive_learning, "run_engine", lambda *given, **more: (left.append(given[4].budget_s), whole(*given, **more))[1])
    for budget in (1000.0, None):
        Contrastive(**QUICK).fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=1, budget_s=budget))
    assert 300 < left[0] <= 400 and left[1] is None


def test_many_rows_are_forecast_from_a_sample_and_few_are_not_read_for_it(tiny_encoder):
    predictor = fit(tiny_encoder)
    read = []
    predictor.features = lambda inputs: read.append(len(inputs))
    assert contrastive_learning.reading_seconds(predictor, [("a text",)] * 50, 0) == 0 and not read
    assert contrastive_learning.reading_seconds(predictor, [("a text",)] * 5000, 0) > 0
    assert read == [contrastive_learning.SAMPLE]


@pytest.mark.parametrize(
    ("setting", "legal"),
    [({"steps": -1}, "0"), ({"batch_size": 2}, "4"), ({"temperature": 0}, "0.001"), ({"learning_rate": 0}, "1e-09"), ({"strength": 0}, "1e-06"),
     ({"layers": 1.5}, "whole"), ({"max_length": 3}, "8"), ({"precision": "int4"}, "bf16")],
)  # fmt: skip
def test_a_setting_outside_its_range_says_what_is_legal(setting, legal):
    with pytest.raises(ConfigError, match=legal):
        get_method("contrastive", **setting)

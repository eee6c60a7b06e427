"""With few rows a fine-tuning starts from a probe, and moves the more slowly the fewer they are."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.methods import finetuning as work  # noqa: E402
from hanshuku.methods import get_method  # noqa: E402
from hanshuku.methods.few_rows import FEW, pace, passes  # noqa: E402
from hanshuku.methods.finetune import MIN_TO_HOLD, Finetune  # noqa: E402
from hanshuku.methods.trunk_fit import ready  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from tests.children import TASKS, rows_of  # noqa: E402

TEXTS = ("one label", "several labels", "a number")
STILL = {"epochs": 1.0, "learning_rate": 1e-9, "precision": "fp32", "dropout": 0.0}


def fit(model, rows, *, few, **settings):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hanshuku.methods.few_rows.FEW", few)
        patch.setattr("hanshuku.methods.trunk_fit.HEAD_RATE", 1e-9)
        return get_method("finetune", **(STILL | settings)).fit(rows.task, rows, model=model, run=Run(seed=0))


def rates(model, rows, monkeypatch, **settings):
    found = []
    engine = work.teach.__globals__["run_engine"]

    def seen(network, feed, objective, schedule, run, **more):
        found.append(schedule.learning_rate)
        return engine(network, feed, objective, schedule, run, **more)

    monkeypatch.setitem(work.teach.__globals__, "run_engine", seen)
    get_method("finetune", epochs=0.1, precision="fp32", **settings).fit(rows.task, rows, model=model, run=Run(seed=0))
    return found[0]


@pytest.mark.parametrize("tuning", ["all", "lora", "bias", "last_layers", "adapter"])
def test_before_it_has_moved_it_answers_as_a_probe_does(tiny_encoder, tuning):
    rows = rows_of("one label")
    settings = {"tuning": tuning} | ({"size": 1} if tuning == "last_layers" else {})
    probe = get_method("probe", precision="fp32").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0)).outputs(rows.inputs).argmax(axis=1)
    few, many = (fit(tiny_encoder, rows, few=count, **settings).outputs(rows.inputs).argmax(axis=1) for count in (len(rows) + 1, len(rows)))
    assert np.mean(few == probe) > 0.9
    assert np.mean(few == rows.targets) > np.mean(many == rows.targets)


def test_several_labels_start_as_sure_as_a_probe_is(tiny_encoder):
    rows = rows_of("several labels")
    rows = rows.take(np.arange(MIN_TO_HOLD - 1))
    probe = get_method("probe", precision="fp32", layers=1).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    assert np.abs(fit(tiny_encoder, rows, few=1000).outputs(rows.inputs) - probe.outputs(rows.inputs)).mean() < 0.05  # a third of the head: 0.2


def test_a_number_starts_nearer_to_the_mean_than_a_probe_and_orders_rows_as_it_does(tiny_encoder):
    rows = rows_of("a number")
    probe = get_method("probe", precision="fp32", layers=1).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0)).outputs(rows.inputs)
    few = fit(tiny_encoder, rows, few=1000).outputs(rows.inputs)
    assert few.mean() == pytest.approx(probe.mean(), abs=0.05)
    assert few.std() < 0.5 * probe.std()
    assert np.corrcoef(few, probe)[0, 1] > 0.9


def test_rows_that_are_made_of_others_have_no_part_in_the_start(tiny_encoder):
    rows = rows_of("one label")
    plain, grown = (fit(tiny_encoder, rows, few=1000, **settings).outputs(rows.inputs) for settings in ({}, {"augment": "typos", "augment_times": 3}))
    assert np.allclose(plain, grown, atol=1e-4)


def test_a_causal_model_starts_from_a_probe_too(tiny_causal):
    rows = rows_of("one label")
    few, many = (fit(tiny_causal, rows, few=count).outputs(rows.inputs).argmax(axis=1) for count in (len(rows) + 1, len(rows)))
    assert np.mean(few == rows.targets) > np.mean(many == rows.targets)


def test_a_label_without_a_row_has_a_place_in_the_head(tiny_encoder):
    rows = rows_of("one label")
    part = rows.take(np.flatnonzero(rows.targets > 0))
    assert np.isfinite(fit(tiny_encoder, part, few=1000).outputs(rows.inputs)).all()


@pytest.mark.parametrize("kind", TEXTS)
def test_two_rows_are_enough(tiny_encoder, kind):
    rows = rows_of(kind)
    assert np.isfinite(fit(tiny_encoder, rows.take(np.arange(2)), few=1000).outputs(rows.inputs)).all()


def test_the_rate_falls_with_the_root_of_the_rows(tiny_encoder, monkeypatch):
    rows = rows_of("one label")
    width = ready(Finetune(), rows.task, tiny_encoder, Run()).width
    assert rates(tiny_encoder, rows, monkeypatch) == pytest.approx(1e-4 * 384 / width * (len(rows) / FEW) ** 0.5)


def test_a_rate_that_is_set_is_kept(tiny_encoder, monkeypatch):
    assert rates(tiny_encoder, rows_of("one label"), monkeypatch, learning_rate=3e-4) == 3e-4


def test_what_is_new_in_a_trunk_learns_at_its_own_rate(tiny_encoder, monkeypatch):
    rows = rows_of("one label")
    assert rates(tiny_encoder, rows, monkeypatch, tuning="lora") == work.teach.__globals__["TUNINGS"]["lora"].learning_rate


@pytest.mark.parametrize("kind", [kind for kind in TASKS if kind not in TEXTS])
def test_other_tasks_learn_as_ever(kind):
    rows = rows_of(kind)
    assert pace(Finetune(), rows) == 1


@pytest.mark.parametrize("tuning", ["head", "prefix", "prompt"])
def test_tunings_whose_head_cannot_be_known_beforehand_learn_as_ever(tuning):
    assert pace(Finetune(tuning=tuning), rows_of("one label")) == 1


def test_layers_that_start_anew_have_no_probe_to_start_from():
    assert pace(get_method("finetune", reinit_layers=1), rows_of("one label")) == 1


def test_rows_that_are_made_of_others_take_no_more_steps():
    rows = rows_of("one label")
    assert 5 * len(rows) * passes(Finetune(), rows, 5 * len(rows)) == pytest.approx(len(rows) * passes(Finetune(), rows, len(rows)))


def test_passes_that_are_set_are_kept():
    rows = rows_of("one label")
    assert passes(Finetune(epochs=4.0), rows, 5 * len(rows)) == 4


def test_many_rows_take_more_steps_with_those_that_are_made_of_them():
    rows = rows_of("one label")
    many = rows.take(np.resize(np.arange(len(rows)), FEW))
    assert 5 * passes(Finetune(), many, 5 * FEW) > passes(Finetune(), many, FEW)

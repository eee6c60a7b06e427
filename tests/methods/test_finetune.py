"""Every tuning, on encoders and causal models alike."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.errors import ConfigError  # noqa: E402
from hanshuku.inference.encoder import EncoderPredictor  # noqa: E402
from hanshuku.methods import get_method  # noqa: E402
from hanshuku.methods.finetune import NAMES, Finetune  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from hanshuku.training.tunings import TUNINGS  # noqa: E402
from tests.children import TASKS, rows_of, share_right  # noqa: E402

FAST = {"epochs": 6.0, "learning_rate": 1e-2, "precision": "fp32", "dropout": 0.0}


@pytest.fixture(params=["tiny_encoder", "tiny_causal"])
def model(request) -> str:
    return request.getfixturevalue(request.param)


def fit(model, kind="one label", rows=None, seed=1, validation=None, **settings):
    method = get_method("finetune", **(FAST | settings))
    return method.fit(TASKS[kind], rows or rows_of(kind), model=model, validation=validation, run=Run(seed=seed))


def right(predictor, kind="one label"):
    rows = rows_of(kind)
    return share_right(rows, predictor.outputs(rows.inputs), predictor.threshold)


def small(tuning):
    return {"tuning": tuning} | ({"size": 1} if tuning == "last_layers" else {})


def test_the_names_are_those_that_the_engine_knows():
    assert set(NAMES) == set(TUNINGS)


@pytest.mark.parametrize("tuning", NAMES)
class TestEveryTuning:
    def test_it_learns_what_a_child_could_learn(self, tuning, model):
        assert right(fit(model, **small(tuning), epochs=12.0, batch_size=8)) > 0.7

    def test_it_says_how_much_moved(self, tuning, model):
        predictor = fit(model, **small(tuning), epochs=0.1)
        assert 0 < predictor.moved_parameters <= predictor.total_parameters + 10_000
        assert (predictor.moved_parameters == predictor.total_parameters) == (tuning == "all")

    def test_saved_and_loaded_it_answers_the_same(self, tuning, model, tmp_path):
        predictor, rows = fit(model, **small(tuning), epochs=1.0), rows_of("one label").inputs
        data = json.loads(json.dumps(predictor.save(tmp_path)))
        again = EncoderPredictor.load(tmp_path, data, predictor.task)
        assert np.array_equal(again.outputs(rows), predictor.outputs(rows))
        assert again.moved_parameters == predictor.moved_parameters


@pytest.mark.parametrize("kind", [kind for kind, task in TASKS.items() if task.kind in {"classify", "rate"}])
def test_every_kind_of_task_is_learned_by_a_causal_model_too(kind, tiny_causal):
    assert right(fit(tiny_causal, kind), kind) > 0.8


@pytest.mark.parametrize("tuning", ["head", "last_layers"])
def test_what_does_not_move_is_as_it_was(tuning, tiny_encoder):
    from hanshuku.models.load import load_encoder

    before = load_encoder(tiny_encoder).network.state_dict()
    after = fit(tiny_encoder, **small(tuning)).loaded.network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert all(".layer.1." in name for name in moved)
    assert bool(moved) == (tuning == "last_layers")


def test_the_threshold_of_several_labels_is_chosen_on_rows_that_were_not_learned(tiny_encoder):
    predictor = fit(tiny_encoder, "several labels", label_smoothing=0.2)
    assert 0 < predictor.threshold < 1
    assert predictor.threshold != 0.5


def test_with_few_rows_all_are_learned_and_the_threshold_stays(tiny_encoder):
    assert fit(tiny_encoder, "several labels", rows=rows_of("several labels").take(range(20))).threshold == 0.5


def test_given_rows_judge_and_the_best_weights_are_kept(tiny_encoder):
    """The last epochs end at a rate that ruins the network; those weights do not come back."""
    rows = rows_of("one label")
    learned, held = rows.take(range(40)), rows.take(range(0, 40, 3))
    scores = []
    method = replace(Finetune(**FAST), epochs=8.0, warmup=0.9, learning_rate=1.0)
    run = Run(seed=1, report=lambda step: scores.append(step.score) if step.score is not None else None)
    predictor = method.fit(TASKS["one label"], learned, model=tiny_encoder, validation=held, run=run)
    got = share_right(held, predictor.outputs(held.inputs), 0.5)
    assert got == pytest.approx(max(scores), abs=0.2)  # the score is the accuracy and a hundredth of the log loss
    assert len(scores) == 8


def test_balanced_weights_help_the_rare_label(tiny_encoder):
    rows = rows_of("one label")
    skewed = rows.take([*np.flatnonzero(rows.targets == 0), *np.flatnonzero(rows.targets == 1)[:3]])
    settings = {"epochs": 1.0, "learning_rate": 1e-3}
    plain, fair = (fit(tiny_encoder, rows=skewed, class_weights=w, **settings).outputs(rows.inputs)[:, 1].mean() for w in ("none", "balanced"))
    assert fair > plain


def test_smoothed_labels_give_less_sure_answers(tiny_encoder):
    sure, smooth = (fit(tiny_encoder, label_smoothing=s).outputs(rows_of("one label").inputs).max(1).mean() for s in (0.0, 0.4))
    assert smooth < sure


def test_what_labels_need_is_refused_where_there_are_none(tiny_encoder):
    for settings in ({"label_smoothing": 0.1}, {"class_weights": "balanced"}):
        with pytest.raises(ConfigError, match="rate"):
            fit(tiny_encoder, "a number", **settings)


def test_a_number_stays_in_its_range(tiny_encoder):
    outputs = fit(tiny_encoder, "a number", learning_rate=0.1).outputs(rows_of("a number").inputs)
    assert outputs.min() >= 1
    assert outputs.max() <= 5


def test_rows_longer_than_max_length_are_cut(tiny_encoder):
    predictor = fit(tiny_encoder, max_length=8, epochs=0.1)
    predictor.outputs([("a glad happy day " * 10,), ("hi",)])
    assert predictor.cut == 1


def test_a_prompt_leaves_less_room_for_the_text(tiny_encoder):
    assert fit(tiny_encoder, tuning="prompt", size=20, epochs=0.1).max_length == 128 - 20


def test_another_seed_gives_another_head(tiny_encoder):
    one, two = (fit(tiny_encoder, seed=seed, epochs=0.1).head.weight for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_few_rows_and_many_labels_get_more_epochs():
    plan = Finetune().planned_epochs
    assert plan(100, 2) > plan(10_000, 2)
    assert plan(10_000, 77) > plan(10_000, 2)
    assert Finetune(epochs=1.5).planned_epochs(10, 2) == 1.5


def test_few_texts_are_learned_in_small_steps_and_labels_as_ever():
    plan = Finetune().planned_batch
    assert [plan(rows=rows, kind="chat") for rows in (50, 270, 1000, 3000, 100_000)] == [4, 4, 8, 13, 16]
    assert plan(2, 50, "classify") == 16
    assert Finetune(batch_size=32).planned_batch(rows=50, kind="chat") == 32


def test_progress_is_reported(tiny_encoder):
    steps = []
    Finetune(**FAST).fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(report=steps.append))
    assert any("load" in step.note for step in steps)
    assert any(step.loss is not None and step.done == step.total for step in steps)


def test_a_misspelt_tuning_is_met_with_the_right_one():
    with pytest.raises(ConfigError, match="Did you mean 'adapter'"):
        Finetune(tuning="adaptor")


def test_a_short_budget_is_kept(tiny_encoder):
    import time

    start = time.monotonic()
    method = replace(Finetune(**FAST), epochs=10_000.0)
    method.fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(budget_s=1.0))
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("tuning", ["all", "head", "last_layers", "lora", "prefix"])
def test_a_fit_that_was_cut_off_goes_on_to_the_same_answers(tuning, tiny_encoder, tmp_path, monkeypatch):
    from functools import partial

    from hanshuku.methods import trunk_fit

    monkeypatch.setattr(trunk_fit, "Schedule", partial(trunk_fit.Schedule, checkpoint_every_s=0.0))
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    method, rows = Finetune(**(FAST | small(tuning) | {"dropout": 0.1, "batch_size": 8, "epochs": 3.0})), rows_of("one label")
    notes = []

    def cut(step):
        notes.append(step.note)
        if step.done == 10 and len(notes) < 30:
            raise KeyboardInterrupt

    whole = method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1))
    with pytest.raises(KeyboardInterrupt):
        method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1, folder=tmp_path, report=cut))
    notes = list(range(30))
    resumed = method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1, folder=tmp_path, report=cut))
    assert any("going on" in str(note) for note in notes)
    assert np.array_equal(resumed.outputs(rows.inputs), whole.outputs(rows.inputs))


def test_a_checkpoint_of_other_rows_is_not_taken_up(tiny_encoder, tmp_path, monkeypatch):
    """The same lengths with other targets are another run."""
    from functools import partial

    from hanshuku.methods import trunk_fit

    monkeypatch.setattr(trunk_fit, "Schedule", partial(trunk_fit.Schedule, checkpoint_every_s=0.0))
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    rows, notes = rows_of("one label"), []

    def cut(step):
        notes.append(step.note)
        if step.done == 5 and len(notes) < 20:
            raise KeyboardInterrupt

    run = Run(seed=1, folder=tmp_path, report=cut)
    with pytest.raises(KeyboardInterrupt):
        Finetune(**FAST).fit(rows.task, rows, model=tiny_encoder, run=run)
    notes += [""] * 20
    Finetune(**FAST).fit(rows.task, replace(rows, targets=1 - rows.targets), model=tiny_encoder, run=run)
    assert any("another run" in note for note in notes)

"""The switch `augment`: rows that are learned grow, rows that judge are never seen, a killed run ends the same."""

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("rjieba")

import hanshuku.methods.finetuning as finetuning  # noqa: E402
from hanshuku.errors import ConfigError  # noqa: E402
from hanshuku.methods import get_method, trunk_fit  # noqa: E402
from hanshuku.training import switches  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from hanshuku.training.switches import Switches  # noqa: E402
from tests.children import TASKS, rows_of  # noqa: E402

FAST = {"epochs": 2.0, "learning_rate": 1e-2, "precision": "fp32", "dropout": 0.0}


def learn(model, kind="one label", run=Run(seed=1), **settings):
    rows = rows_of(kind)
    return get_method("finetune", **(FAST | settings)).fit(TASKS[kind], rows, model=model, run=run)


def test_rows_that_judge_are_held_out_before_any_row_is_made(tiny_encoder, monkeypatch):
    held, given, made = [], [], []

    def split(*args):
        parts = real_split(*args)
        held.extend(parts[1].inputs)
        return parts

    def grow(encoded, *args):
        given.extend(encoded.inputs)
        grown = real_grow(encoded, *args)
        made.extend(grown.inputs[len(encoded) :])
        return grown

    real_split, real_grow = finetuning.hold_out, switches.augmented
    monkeypatch.setattr(finetuning, "hold_out", split)
    monkeypatch.setattr(switches, "augmented", grow)
    learn(tiny_encoder, patience=3, augment="noise", augment_times=2)
    assert held and len(made) == 2 * len(given) and not set(held) & set(given)


@pytest.mark.parametrize("kind", ["one label", "several labels", "a number", "a pair", "entities", "an answer"])
def test_every_kind_that_takes_it_learns_from_more_rows(tiny_encoder, kind):
    plain, more = learn(tiny_encoder, kind, epochs=1.0), learn(tiny_encoder, kind, epochs=1.0, augment="noise,swap", augment_times=2)
    assert not np.array_equal(plain.head.weight, more.head.weight)


def test_contrastive_moves_its_encoder_by_more_rows_and_fits_its_head_to_those_given(tiny_encoder, monkeypatch):
    import hanshuku.methods.contrastive_learning as contrastive

    learned, headed = [], []
    move, head = contrastive._learned, contrastive.learn_head
    monkeypatch.setattr(contrastive, "_learned", lambda method, task, rows: learned.append(len(rows)) or move(method, task, rows))
    monkeypatch.setattr(contrastive, "learn_head", lambda task, features, rows, *args, **more: headed.append(len(rows)) or head(task, features, rows, *args, **more))
    rows = rows_of("one label").take(range(12))
    get_method("contrastive", steps=2, augment="noise", augment_times=3).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1))
    assert learned == [48] and headed == [12, 12]  # the probe that tells how hard the rows are, and the head


def test_a_kind_whose_answer_may_change_with_the_row_refuses_it(tiny_encoder):
    with pytest.raises(ConfigError, match="augment has no meaning"):
        learn(tiny_encoder, "an order", augment="noise")


def test_the_same_seed_makes_the_same_rows_and_the_same_weights(tiny_encoder):
    one, again = (learn(tiny_encoder, augment="noise").outputs(rows_of("one label").inputs) for _ in range(2))
    assert np.array_equal(one, again)


def test_a_killed_run_that_augments_ends_with_the_weights_of_one_that_was_not(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(trunk_fit, "Schedule", partial(trunk_fit.Schedule, checkpoint_every_s=0.0))
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    notes = []

    def cut(step):
        notes.append(step.note)
        if step.done == 7 and "killed" not in notes:
            notes.append("killed")
            raise KeyboardInterrupt

    whole = learn(tiny_encoder, augment="noise", augment_times=2)
    with pytest.raises(KeyboardInterrupt):
        learn(tiny_encoder, augment="noise", augment_times=2, run=Run(seed=1, folder=tmp_path, report=cut))
    resumed = learn(tiny_encoder, augment="noise", augment_times=2, run=Run(seed=1, folder=tmp_path, report=cut))
    assert any("going on" in note for note in notes)
    assert np.array_equal(whole.outputs(rows_of("one label").inputs), resumed.outputs(rows_of("one label").inputs))


def test_times_without_augment_is_refused():
    with pytest.raises(ConfigError, match="augment is none"):
        Switches(augment_times=3)


def test_a_misspelt_augmenter_is_met_with_the_right_one():
    with pytest.raises(ConfigError, match="Did you mean 'typos'"):
        Switches(augment="typo")


def test_it_is_set_as_any_setting_is():
    method = get_method("finetune", augment="typos,noise:0.1", augment_times=2)
    assert method.switches.augment == "typos,noise:0.1" and method.switches.growth == 3

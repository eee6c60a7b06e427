"""A function learns on: what it knew stays, what is kept is kept, and a strategy that lacks what it needs says so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded  # noqa: E402
from hanshuku.errors import ConfigError, FunctionFolderError  # noqa: E402
from hanshuku.inference.continual import ContinualPredictor  # noqa: E402
from hanshuku.inference.heads import answers  # noqa: E402
from hanshuku.methods import get_method  # noqa: E402
from hanshuku.methods.continual import STRATEGIES  # noqa: E402
from hanshuku.methods.continual_trunk import widened_head  # noqa: E402
from hanshuku.methods.finetune import Finetune  # noqa: E402
from hanshuku.methods.probe import Probe  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from tests.children import TASKS, rows_of, share_right  # noqa: E402

FAST = {"epochs": 6.0, "learning_rate": 3e-3, "precision": "fp32", "memory": 20}  # of a random network whose vocabulary is another in each run; so bounds are wide
GROWN = replace(TASKS["one label"], labels=("good", "bad", "parcel", "invoice"))
TEXTS = {2: ("my parcel never came", "where is the parcel", "parcel lost", "我的包裹一直没有到"), 3: ("the invoice shows the wrong amount", "invoice", "发票上的金额不对", "a wrong invoice")}
ENDS = ("", " today", " my order", " please", " 今天")
OLD = rows_of("one label")


def new_rows() -> Encoded:
    """40 rows of two labels that the first session did not have."""
    rows = [((text + end,), label) for end in ENDS for label, texts in TEXTS.items() for text in texts]
    return Encoded(GROWN, [row for row, _ in rows], np.array([label for _, label in rows]), np.zeros(len(rows), dtype=np.int64))


def method(strategy="replay", **settings):
    given = FAST | {"strategy": strategy} | settings
    return get_method("continual", **({"strategy": strategy, "precision": "fp32"} if strategy == "analytic" else given))


def first(model, strategy="replay", kind="one label", **settings):
    return method(strategy, **settings).fit(TASKS[kind], rows_of(kind), model=model, run=Run(seed=1))


def second(start, strategy="replay", seed=1, rows=None, **settings):
    rows = rows or new_rows()
    return method(strategy, **({"epochs": 12.0, "batch_size": 8} | settings)).go_on(rows.task, rows, start=start, run=Run(seed=seed))


def right(predictor, rows) -> float:
    return share_right(rows, predictor.outputs(rows.inputs), predictor.threshold)


@pytest.fixture(scope="module")
def started(tiny_encoder):
    """The first session by each strategy, done once."""
    return {strategy: first(tiny_encoder, strategy) for strategy in STRATEGIES}


@pytest.fixture(scope="module")
def gone_on(started):
    """The second session, with new labels, by each strategy."""
    return {strategy: second(start, strategy) for strategy, start in started.items()}


@pytest.mark.parametrize("strategy", STRATEGIES)
class TestEveryStrategy:
    def test_the_new_labels_are_learned(self, strategy, gone_on):
        assert right(gone_on[strategy], new_rows()) > 0.6

    def test_the_function_it_started_from_answers_as_before(self, strategy, started, gone_on, tiny_encoder):
        fresh = first(tiny_encoder, strategy)
        assert np.array_equal(started[strategy].outputs(OLD.inputs), fresh.outputs(OLD.inputs))

    def test_the_same_seed_gives_the_same_function(self, strategy, started, gone_on):
        again = second(started[strategy], strategy)
        assert np.array_equal(again.outputs(OLD.inputs), gone_on[strategy].outputs(OLD.inputs))
        assert again.past.session_of.tolist() == gone_on[strategy].past.session_of.tolist()

    def test_saved_and_loaded_it_answers_the_same_and_learns_on_to_the_same(self, strategy, gone_on, tmp_path):
        data = json.loads(json.dumps(gone_on[strategy].save(tmp_path)))
        loaded = ContinualPredictor.load(tmp_path, data, GROWN)
        assert np.array_equal(loaded.outputs(OLD.inputs), gone_on[strategy].outputs(OLD.inputs))
        third = [second(start, strategy, epochs=1.0).outputs(OLD.inputs) for start in (gone_on[strategy], loaded)]
        assert np.array_equal(*third)

    def test_nothing_that_is_saved_is_a_pickle(self, strategy, gone_on, tmp_path):
        gone_on[strategy].save(tmp_path)
        assert {file.suffix for file in (tmp_path / "memory").glob("*")} <= {".jsonl", ".safetensors"} if (tmp_path / "memory").exists() else True

    def test_each_session_is_noted(self, strategy, gone_on):
        sessions = gone_on[strategy].past.sessions
        assert [(session.rows, session.labels) for session in sessions] == [(60, ("good", "bad")), (40, ("parcel", "invoice"))]
        assert {session.strategy for session in sessions} == {strategy}


def test_plain_forgets_and_replay_does_not(gone_on):
    assert right(gone_on["plain"], OLD) < 0.3
    assert right(gone_on["replay"], OLD) > 0.5
    assert right(gone_on["distill"], OLD) > 0.5


def test_lwf_holds_the_old_answers_to_the_new_rows(started):
    """How far the share of the first old label against the second has moved on the new rows."""
    inputs, drift = new_rows().inputs, {}
    for strategy in ("plain", "lwf"):
        learned = second(started[strategy], strategy, scope="session", strength=5.0)
        before, after = (answers(TASKS["one label"], found[:, :2]) for found in (started[strategy].logits(inputs), learned.logits(inputs)))
        drift[strategy] = np.abs(after - before).mean()
    assert drift["lwf"] < 0.7 * drift["plain"]


def test_a_stronger_anchor_holds_the_weights_closer(started):
    before = dict(started["ewc"].loaded.network.named_parameters())
    moved = []
    for strength in (0.0, 1.0, 1000.0):
        after = second(started["ewc"], "ewc", strength=strength).loaded.network.named_parameters()
        moved.append(sum(float((p - before[name]).square().sum()) for name, p in after if "word_embeddings" not in name))
    assert moved[0] > moved[1] > moved[2]


def test_a_wider_head_keeps_the_old_rows_and_their_logits_to_the_bit(started):
    head, rows = started["plain"].head, new_rows()
    features = started["plain"].features(rows.inputs)
    grown = widened_head(head, 4, features, rows.targets)
    assert np.array_equal(grown.weight[:2], head.weight)
    assert np.array_equal(grown.bias[:2], head.bias)
    old = np.array([[float(np.dot(row, weight)) for weight in head.weight] for row in features])
    new = np.array([[float(np.dot(row, weight)) for weight in grown.weight[:2]] for row in features])
    assert np.array_equal(old, new)
    assert np.allclose(grown.logits(features)[:, :2], head.logits(features), atol=1e-6)


def test_new_rows_of_a_head_start_towards_their_label_at_the_length_of_the_old_ones(started):
    head, rows = started["plain"].head, new_rows()
    features = started["plain"].features(rows.inputs)
    grown = widened_head(head, 5, features, rows.targets)
    assert np.linalg.norm(grown.weight, axis=1)[2:] == pytest.approx([np.linalg.norm(head.weight, axis=1).mean()] * 2 + [0.0], rel=1e-4)
    logits = grown.logits(features)
    assert logits[rows.targets == 2, 2].mean() > logits[rows.targets == 3, 2].mean()
    middle = grown.logits(features.mean(0, keepdims=True))[0]
    assert middle[2:] == pytest.approx([middle[:2].max()] * 3, abs=1e-3)


def test_the_stored_rows_are_shared_between_the_sessions(gone_on):
    past = gone_on["replay"].past
    assert past.stored == 20
    assert np.bincount(past.rows.targets, minlength=4).tolist() == [5, 5, 5, 5]
    assert np.isnan(past.logits[past.session_of == 0][:, 2:]).all()
    assert not np.isnan(past.logits[past.session_of == 1]).any()


def test_stored_rows_come_from_the_rows_that_were_learned(gone_on):
    rows = gone_on["replay"].past.rows
    given = {(*row, int(target)) for part in (OLD, new_rows()) for row, target in zip(part.inputs, part.targets, strict=True)}
    assert {(*row, int(target)) for row, target in zip(rows.inputs, rows.targets, strict=True)} <= given


@pytest.mark.parametrize("selection", ["reservoir", "herding"])
def test_other_choices_of_rows_fill_the_memory_too(selection, tiny_encoder):
    start = first(tiny_encoder, selection=selection, epochs=1.0)
    assert start.past.stored == 20
    later = second(start, selection=selection, epochs=1.0).past
    assert later.stored == 20
    assert set(later.session_of.tolist()) == {0, 1}


def test_a_share_of_all_rows_may_be_stored(tiny_encoder):
    start = first(tiny_encoder, memory=0.1, epochs=1.0)
    assert start.past.stored == 6
    assert second(start, memory=0.1, epochs=1.0).past.stored == 10


@pytest.mark.parametrize("strategy", ["plain", "lwf", "ewc", "olora"])
def test_strategies_that_replay_nothing_store_no_row(strategy, started):
    assert started[strategy].past.stored == 0


def test_without_memory_auto_holds_the_old_answers_and_stores_nothing(tiny_encoder):
    start = first(tiny_encoder, "auto", memory=0, epochs=1.0)
    assert start.past.stored == 0
    later = second(start, "auto", memory=0, epochs=1.0)
    assert later.past.sessions[-1].strategy == "lwf"
    assert later.past.stored == 0


def test_memory_0_lets_go_of_what_was_stored(started):
    assert second(started["replay"], "lwf", memory=0, epochs=1.0).past.stored == 0
    assert second(started["replay"], "lwf", epochs=1.0).past.stored == 20


def test_a_function_of_another_method_learns_on_too(tiny_encoder):
    plain = Finetune(epochs=6.0, learning_rate=3e-3, precision="fp32").fit(TASKS["one label"], OLD, model=tiny_encoder, run=Run(seed=1))
    probe = Probe(precision="fp32").fit(TASKS["one label"], OLD, model=tiny_encoder, run=Run(seed=1))
    for start in (plain, probe):
        assert right(second(start, "auto", epochs=20.0, scope="all"), new_rows()) > 0.5
    with_rows = method(epochs=20.0).go_on(GROWN, new_rows(), start=plain, earlier=replace(OLD, task=GROWN), run=Run(seed=1))
    assert right(with_rows, OLD) > 0.6
    assert right(with_rows, new_rows()) > 0.6
    assert [session.rows for session in with_rows.past.sessions] == [60, 40]
    assert np.bincount(with_rows.past.session_of).tolist() == [10, 10]


def test_earlier_rows_that_would_not_be_replayed_are_refused_or_said(started):
    for settings in ({"strategy": "lwf"}, {"strategy": "auto", "memory": 0}):
        with pytest.raises(ConfigError, match="Earlier rows are for strategies that replay"):
            method(**settings).go_on(GROWN, new_rows(), start=started["plain"], earlier=OLD, run=Run())
    later = method(epochs=0.1).go_on(GROWN, new_rows(), start=started["replay"], earlier=replace(OLD, task=GROWN), run=Run())
    assert any("earlier rows were not read" in note for note in later.fit_notes)


@pytest.mark.parametrize("tuning", ["adapter", "prefix", "prompt", "bias", "last_layers", "lora"])
def test_a_small_change_goes_on_as_what_it_is(tuning, tiny_encoder, tmp_path):
    sizes = {"last_layers": 1}
    start = Finetune(tuning=tuning, size=sizes.get(tuning, 0), epochs=4.0, learning_rate=5e-3, precision="fp32").fit(
        TASKS["one label"], OLD, model=tiny_encoder, run=Run(seed=1)
    )
    before = start.outputs(OLD.inputs)
    later = second(start, "lwf", epochs=2.0)
    assert np.array_equal(start.outputs(OLD.inputs), before)
    loaded = ContinualPredictor.load(tmp_path, json.loads(json.dumps(later.save(tmp_path))), GROWN)
    assert np.allclose(loaded.outputs(OLD.inputs), later.outputs(OLD.inputs), atol=1e-6)
    if tuning != "lora":
        with pytest.raises(ConfigError, match="the same parts move again"):
            second(start, "lwf", tuning="lora")


@pytest.mark.parametrize("tuning", ["head", "last_layers", "lora"])
def test_less_than_everything_may_move(tuning, started):
    later = second(started["replay"], tuning=tuning, size=1 if tuning == "last_layers" else 0, learning_rate=1e-2, epochs=30.0)
    assert right(later, OLD) > 0.6
    assert right(later, new_rows()) > 0.6
    assert later.moved_parameters < later.total_parameters


def test_each_session_of_olora_takes_directions_of_its_own(started):
    """The overlap of the two sessions' directions, with and without the term that keeps them apart."""
    overlaps = []
    for strength in (0.0, 20.0):
        found = second(started["olora"], "olora", strength=strength, learning_rate=1e-2).past.subspaces.values()
        assert all(len(rows) == 16 for rows in found)
        overlaps.append(np.mean([float((rows[:8] @ rows[8:].T).norm() / (rows[:8].norm() * rows[8:].norm())) for rows in found]))
    assert overlaps[1] < 0.5 * overlaps[0]


def test_several_strategies_add_up(started, tiny_encoder):
    start = first(tiny_encoder, "ewc+replay")
    assert start.past.stored
    assert start.past.fisher
    assert right(second(start, "ewc+replay"), OLD) > 0.5


@pytest.mark.parametrize("kind", ["several labels", "a number", "a pair"])
@pytest.mark.parametrize("strategy", ["distill", "lwf", "ewc"])
def test_other_kinds_of_tasks_learn_on(kind, strategy, tiny_encoder, tmp_path):
    start = first(tiny_encoder, strategy, kind=kind)
    later = second(start, strategy, rows=rows_of(kind), epochs=4.0)
    assert right(later, rows_of(kind)) > 0.8
    loaded = ContinualPredictor.load(tmp_path, json.loads(json.dumps(later.save(tmp_path))), TASKS[kind])
    assert loaded.past.stored == later.past.stored
    if later.past.stored:
        assert np.array_equal(loaded.past.rows.targets, later.past.rows.targets)
        assert loaded.past.rows.inputs == later.past.rows.inputs


def test_a_session_of_one_new_label_is_learned(started):
    rows = new_rows()
    rows = rows.take(np.flatnonzero(rows.targets == 2))
    later = second(started["replay"], rows=rows, epochs=25.0)
    assert right(later, rows) > 0.7
    assert right(later, OLD) > 0.6


@pytest.mark.parametrize(("settings", "said"), [
    ({"strategy": "repaly"}, "Did you mean 'replay'"), ({"strategy": "replay+plain"}, "joined"), ({"strategy": "ewc+ewc"}, "joined"),
    ({"selection": "random"}, "selection"), ({"memory": 2.5}, "memory"), ({"decay": 1.5}, "decay"), ({"scope": "task"}, "scope"),
    ({"strategy": "olora", "tuning": "all"}, "olora"), ({"strategy": "ewc", "tuning": "lora"}, "ewc"),
])  # fmt: skip
def test_a_setting_that_means_nothing_is_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        get_method("continual", **settings)


def test_a_strategy_that_lacks_what_it_needs_says_so(started):
    with pytest.raises(ConfigError, match="memory=0 stores none"):
        second(started["replay"], "replay", memory=0)
    with pytest.raises(ConfigError, match="was not learned with strategy='ewc'"):
        second(started["replay"], "ewc")
    assert any("nothing old is replayed" in note for note in second(started["plain"], "replay", epochs=0.1).fit_notes)
    assert any("left out" in note for note in second(started["ewc"], "lwf", epochs=0.1).fit_notes)


@pytest.mark.parametrize(("strategy", "switches"), [
    ("replay", {"adversarial": "fgm", "average": "ema"}), ("lwf", {"consistency": 1.0, "mixup": 0.5}), ("lwf", {"adversarial": "smart", "class_weights": "balanced"}),
    ("distill", {"focal": 2.0, "label_smoothing": 0.1, "layer_decay": 0.9}), ("plain", {"augment": "typos,homophones"}),
])  # fmt: skip
def test_switches_change_how_the_next_session_is_learned_and_it_is_still_learned(strategy, switches, tiny_encoder):
    start = first(tiny_encoder, strategy)
    plain, later = (second(start, strategy, seed=2, **more) for more in ({}, switches))
    assert not np.array_equal(plain.head.weight, later.head.weight)
    assert right(later, new_rows()) > 0.7
    assert later.past.stored == plain.past.stored, "no row that augment made is stored"


def test_layers_do_not_start_anew_in_a_function_that_shall_forget_nothing(tiny_encoder, started):
    with pytest.raises(ConfigError, match="reinit_layers has no meaning for continual"):
        first(tiny_encoder, "replay", reinit_layers=1)
    with pytest.raises(ConfigError, match="reinit_layers has no meaning for continual"):
        second(started["replay"], reinit_layers=1)


def test_words_are_not_pushed_where_only_the_head_learns_on(started):
    with pytest.raises(ConfigError, match="words cannot be pushed"):
        second(started["replay"], tuning="head", adversarial="fgm")


def test_vectors_of_two_texts_apart_do_not_learn_on(tiny_encoder):
    start = Probe(precision="fp32").fit(TASKS["a pair"], rows_of("a pair"), model=tiny_encoder, run=Run(seed=1))
    with pytest.raises(ConfigError, match="two texts apart"):
        second(start, "lwf", rows=rows_of("a pair"))


def test_a_damaged_memory_is_refused(gone_on, tmp_path):
    data = gone_on["replay"].save(tmp_path)
    (tmp_path / "memory/rows.jsonl").write_text('{"inputs": ["a"], "answer": "weather", "session": 0}\n', encoding="utf-8")
    with pytest.raises(FunctionFolderError, match="damaged"):
        ContinualPredictor.load(tmp_path, data, GROWN)


def test_a_killed_session_goes_on_to_the_same_weights(started, tmp_path, monkeypatch):
    """Replayed rows are drawn from the generator that the engine seeds by the step, so the same ones come again."""
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "0")
    whole = second(started["replay"], epochs=3.0)

    def learn(report):
        return method(epochs=3.0, batch_size=8).go_on(GROWN, new_rows(), start=started["replay"], run=Run(seed=1, folder=tmp_path, report=report))

    def stop(step):
        if step.note == "train" and step.done >= 7:
            raise KeyboardInterrupt

    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        learn(stop)
    notes = []
    resumed = learn(lambda step: notes.append(step.note))
    assert any("going on from the checkpoint" in note for note in notes)
    assert np.array_equal(resumed.outputs(OLD.inputs), whole.outputs(OLD.inputs))

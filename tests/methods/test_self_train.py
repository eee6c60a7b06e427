"""self_train labels what two views are sure of, of each label its share, and stops where that teaches no better."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.methods import get_method
from hanshuku.methods.modest import mean_surety
from hanshuku.methods.self_train import SelfTrain
from hanshuku.methods.self_training import chosen, guesses
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of

TASK = Task("classify", labels=("a", "b"))
TEACHER = "contrastive:steps=20:learning_rate=0.003:precision=fp32"
LABELS = np.array([0, 1])


def views(*rows):
    return np.array([[p, 1 - p] for p in rows], dtype=np.float32)


def test_a_text_on_which_the_views_differ_is_not_taken():
    found = guesses(TASK, views(0.9, 0.9, 0.1), views(0.9, 0.2, 0.2))
    assert found.agreed.tolist() == [True, False, True]
    assert chosen(found, LABELS, found.targets, get_method("self_train", portion=1.0), 1).tolist() == [0, 2]


def test_of_each_label_the_same_share_is_taken_the_surest_first():
    sure = [0.99, 0.98, 0.97, 0.96, 0.4, 0.3]
    found = guesses(TASK, views(*sure), views(*sure))
    assert chosen(found, LABELS, found.targets, get_method("self_train", portion=0.5), 1).tolist() == [0, 1, 5]


def test_each_round_takes_so_much_more():
    sure = [0.99, 0.98, 0.97, 0.96, 0.4, 0.3]
    found = guesses(TASK, views(*sure), views(*sure))
    assert len(chosen(found, LABELS, found.targets, get_method("self_train", portion=0.5), 2)) == 6


def test_no_label_gets_more_than_the_ratio_allows():
    found = guesses(TASK, views(*[0.9] * 10), views(*[0.9] * 10))
    assert len(chosen(found, LABELS, found.targets, get_method("self_train", portion=1.0, ratio=3), 1)) == 3


def test_several_labels_agree_where_the_whole_set_does():
    task = Task("classify", labels=("a", "b"), several=True)
    one, other = np.array([[0.9, 0.8], [0.9, 0.1]]), np.array([[0.7, 0.6], [0.9, 0.6]])
    found = guesses(task, one, other)
    assert found.agreed.tolist() == [True, False]
    assert found.targets[0].tolist() == [1.0, 1.0]


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    rows = rows_of("one label")
    few = replace(rows.take(range(8)), unlabelled=rows.take(range(8, 60)).inputs)
    return few, get_method("self_train", teacher=TEACHER, rounds=2).fit(rows.task, few, model=tiny_encoder, run=Run(seed=0))


def test_unlabelled_texts_that_are_all_labelled_already_are_told_as_that(tiny_encoder):
    rows = rows_of("one label")
    same = replace(rows.take(range(8)), unlabelled=(*rows.take(range(8)).inputs, (" ",)))
    with pytest.raises(ConfigError, match="stand among the labelled rows"):
        get_method("self_train", teacher=TEACHER).fit(rows.task, same, model=tiny_encoder, run=Run(seed=0))


def test_it_tells_what_each_round_took(learned):
    _, found = learned
    assert found.fit_notes[0] == "52 of 52 unlabelled texts were read"
    assert all(note.startswith(("round", "confidences")) for note in found.fit_notes[1:]) and len(found.fit_notes) >= 2


def test_what_learned_its_own_guesses_is_no_surer_of_the_texts_than_before(learned, tiny_encoder):
    rows, found = learned
    first = get_method("contrastive", steps=20, learning_rate=0.003, precision="fp32").fit(rows.task, replace(rows, unlabelled=()), model=tiny_encoder, run=Run(seed=0))
    assert "temperature" in found.fit_notes[-1]
    assert abs(mean_surety(rows.task, found.outputs(rows.unlabelled)) - mean_surety(rows.task, first.outputs(rows.unlabelled))) < 1e-3


def test_a_search_that_is_killed_and_goes_on_gives_the_same(learned, tiny_encoder, tmp_path):
    rows, whole = learned
    seen = []

    def stop(step):
        seen.append(step.note)
        if sum(note.startswith("round 1") for note in seen) and "train" in step.note:
            raise KeyboardInterrupt

    method = get_method("self_train", teacher=TEACHER, rounds=2)
    with pytest.raises(KeyboardInterrupt):
        method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0, folder=tmp_path, report=stop))
    again = method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0, folder=tmp_path))
    texts = rows_of("one label").inputs
    assert np.array_equal(again.outputs(texts), whole.outputs(texts))


def test_without_unlabelled_texts_it_says_how_to_give_them(tiny_encoder):
    with pytest.raises(ConfigError, match="--unlabelled"):
        get_method("self_train").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run())


@pytest.mark.parametrize("wrong", ["prompt", "contrastive@e5-multilingual", "nothing"])
def test_a_teacher_that_cannot_be_one_is_refused(wrong):
    with pytest.raises(ConfigError, match="teacher"):
        get_method("self_train", teacher=wrong)


def test_unlabelled_rows_are_never_passed_over_in_silence(tiny_encoder):
    from hanshuku.functions.core import Function

    rows = [{"text": f"a glad day {i}", "label": "good"} for i in range(4)] + [{"text": f"a sad day {i}", "label": "bad"} for i in range(4)]
    with pytest.raises(ConfigError, match="self_train, auto"):
        Function(TASKS["one label"]).learn(rows, method="probe", model=tiny_encoder, unlabelled=["a sunny day"])


def test_auto_tries_it_where_unlabelled_rows_are_given(tiny_encoder, monkeypatch):
    from hanshuku.methods.auto_search import Search

    named = []
    monkeypatch.setattr(Search, "climb", lambda self, names: named.extend(names) or (_ for _ in ()).throw(KeyboardInterrupt))
    rows = replace(rows_of("one label"), unlabelled=(("a sunny day",),))
    with pytest.raises(KeyboardInterrupt):
        get_method("auto").fit(rows.task, rows, model=tiny_encoder, run=Run())
    assert named[-1] == "self_train"


def test_unlabelled_rows_tell_one_set_of_rows_from_another():
    from hanshuku.data.fingerprint import fingerprint

    rows = Encoded(TASK, [("x",), ("y",)], np.array([0, 1]), np.zeros(2, np.int64))
    assert fingerprint(rows) != fingerprint(replace(rows, unlabelled=(("z",),)))
    assert rows.take([0]).unlabelled == ()


@pytest.mark.parametrize("as_rows", [False, True])
def test_unlabelled_rows_are_texts_or_rows_as_a_file_has_them(tiny_encoder, as_rows):
    from hanshuku.functions.core import Function

    rows = [{"text": f"a glad day {i}", "label": "good"} for i in range(4)] + [{"text": f"a sad day {i}", "label": "bad"} for i in range(4)]
    texts = [f"a {mood} film {i}" for i in range(6) for mood in ("glad", "sad")]
    given = [{"text": text} for text in texts] if as_rows else texts
    learned = Function(TASKS["one label"]).learn(rows, method="self_train", teacher="probe", rounds=1, model=tiny_encoder, unlabelled=given)
    assert "12 of 12 unlabelled texts were read" in learned.history[-1].notes


def test_a_teacher_that_would_read_the_unlabelled_texts_itself_is_refused_with_what_does():
    with pytest.raises(ConfigError, match="--method finetune"):
        SelfTrain(teacher="finetune:two_views=uda")

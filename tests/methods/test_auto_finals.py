"""The last steps of auto: switches by a paired test, two arms together, and what is fast enough."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.methods import get_method
from hanshuku.methods.auto_arms import Arm, Judges
from hanshuku.methods.auto_cost import cost_of
from hanshuku.methods.auto_finals import SWITCHES, choose, make, switches_for, try_switches
from hanshuku.methods.auto_search import Search
from hanshuku.training.run import Run
from tests.children import rows_of

N = 200


def answers(right, sure=0.8):
    """(N, 2) probabilities for targets of 0: right where `right` is 1, as sure as given."""
    first = np.where(np.asarray(right) > 0, sure, 1 - sure)
    return np.stack([first, 1 - first], axis=1).astype(np.float32)


@pytest.fixture
def search(tiny_encoder):
    rows = rows_of("one label")
    made = Search(rows.task, rows, tiny_encoder, None, Run(seed=0, budget_s=600.0), get_method("auto"))
    judges = Encoded(rows.task, [("a",)] * N, np.zeros(N, np.int64), np.zeros(N, np.int64))
    made.judges = Judges(judges, ((rows, np.arange(N)),) * 5, folds=True)
    return made


def placed(search, name, right, latency, sure=0.8):
    arm = Arm(name, get_method(name), "minilm", np.asarray(right, dtype=float), answers(right, sure), [0.1] * 5, latency)
    search.arms.append(arm)
    return arm


def limited(search, milliseconds):
    search.settings = get_method("auto", latency_ms=milliseconds)
    return search


HALF = np.array([1, 0] * (N // 2))
MOST = np.array([1] * 180 + [0] * 20)


def test_without_a_limit_it_is_the_best_arm_alone(search):
    placed(search, "probe", HALF, 1.0)
    best = placed(search, "finetune", MOST, 50.0)
    assert choose(search, best).arms == (best,)


def test_an_arm_that_is_too_slow_gives_way_to_the_best_fast_one(search):
    fast = placed(search, "probe", MOST, 1.0)
    best = placed(search, "finetune", np.ones(N), 50.0)
    placed(search, "static", HALF, 0.1)
    assert choose(limited(search, 1.05), best).arms == (fast,)


def test_the_mean_of_two_arms_is_taken_where_it_probably_gains(search):
    """Each is unsure where it is wrong, so that the other carries the day."""
    one, two = np.array([1] * 160 + [0] * 40), np.array([0] * 40 + [1] * 160)
    first, second = placed(search, "probe", one, 5.0), placed(search, "contrastive", two, 5.0)
    for arm in (first, second):
        arm.outputs = np.where(arm.right[:, None] > 0, [0.95, 0.05], [0.4, 0.6]).astype(np.float32)
    found = choose(limited(search, 20.0), second)
    assert set(found.arms) == {first, second}
    assert found.right.mean() == 1.0
    assert found.latency_ms == 10.0


def test_two_arms_that_say_the_same_stay_one(search):
    placed(search, "probe", MOST, 5.0)
    best = placed(search, "contrastive", MOST, 5.0)
    assert choose(limited(search, 20.0), best).arms == (best,)


def test_a_cascade_answers_within_the_limit_what_the_best_arm_alone_would_not(search):
    quick = placed(search, "static", HALF, 0.1)
    quick.outputs = np.where(HALF[:, None] > 0, [0.95, 0.05], [0.45, 0.55]).astype(np.float32)
    best = placed(search, "finetune", np.ones(N), 10.0)
    found = choose(limited(search, 6.0), best)
    assert found.arms == (quick, best)
    assert found.sure is not None and 0.55 < found.sure <= 0.95
    assert found.right.mean() == 1.0 and found.latency_ms <= 6.0


def test_when_nothing_is_fast_enough_the_fastest_is_taken_and_it_is_said(search):
    fastest = placed(search, "probe", HALF, 5.0)
    best = placed(search, "finetune", MOST, 50.0)
    found = choose(limited(search, 0.01), best)
    assert found.arms == (fastest,)
    assert "0.01 ms" in found.note


@pytest.mark.parametrize(("gains", "is_kept"), [(0, False), (3, False), (20, True)])
def test_a_switch_is_kept_only_where_the_paired_test_speaks_for_it(search, monkeypatch, gains, is_kept):
    base = placed(search, "finetune", [1] * 150 + [0] * 50, 5.0)

    def answered(arm, part):
        better = arm.changes == {"adversarial": "fgm"}
        arm.right = np.array([1.0] * (150 + gains * better) + [0.0] * (50 - gains * better))
        arm.seconds.append(0.1)

    monkeypatch.setattr(search, "try_part", answered)
    found = try_switches(search, base)
    assert found.changes == ({"adversarial": "fgm"} if is_kept else {})
    assert all("switch:" in arm.note for arm in search.arms[1:])


def test_without_a_budget_no_switch_is_tried(search):
    base = placed(search, "finetune", [1] * 150 + [0] * 50, 5.0)
    search.run = Run(seed=0)
    assert try_switches(search, base) is base
    assert search.arms == [base]


def test_with_few_rows_no_switch_is_tried(search):
    base = placed(search, "finetune", [1] * 150 + [0] * 50, 5.0)
    base.right[50:] = np.nan
    assert try_switches(search, base) is base
    assert search.arms == [base]


@pytest.mark.parametrize("sure", [None, 0.7])
def test_two_arms_together_are_saved_and_loaded_as_one_function(tiny_encoder, tmp_path, sure):
    from hanshuku.functions.core import Function
    from hanshuku.functions.store import load
    from hanshuku.methods.auto_finals import Choice

    rows = rows_of("one label")
    search = Search(rows.task, rows, tiny_encoder, None, Run(seed=0), get_method("auto"))
    search.climb(["similarity", "probe"])
    made = make(search, Choice(tuple(search.arms), 1.0, search.arms[0].right, sure))
    assert made.KIND == ("ensemble" if sure is None else "cascade")
    function = Function(rows.task, made)
    function.save(tmp_path / "a.fn")
    assert np.array_equal(load(tmp_path / "a.fn").predictor().outputs(rows.inputs), made.outputs(rows.inputs))


def with_texts(search):
    from dataclasses import replace

    search.train = replace(search.train, unlabelled=tuple(("a word of mine",) for _ in range(5)))
    return search


def test_two_views_are_tried_on_finetune_where_there_is_unlabelled_text(search, monkeypatch):
    base = placed(search, "finetune", [1] * 150 + [0] * 50, 5.0)

    def answered(arm, part):
        better = arm.changes == {"two_views": "uda"}
        arm.right = np.array([1.0] * (150 + 30 * better) + [0.0] * (50 - 30 * better))
        arm.seconds.append(0.1)

    monkeypatch.setattr(search, "try_part", answered)
    assert all("two_views" not in change for change in switches_for(search, base))
    found = try_switches(with_texts(search), base)
    assert found.changes == {"two_views": "uda"}
    assert {"two_views": "fixmatch"} in [arm.changes for arm in search.arms]


def test_two_views_are_no_switch_of_a_method_that_cannot_read_unlabelled_text(search):
    assert switches_for(with_texts(search), placed(search, "contrastive", HALF, 5.0)) == SWITCHES["contrastive"]


def test_a_switch_too_dear_for_the_time_left_is_named_and_cheaper_ones_are_tried(search, monkeypatch):
    base = placed(search, "finetune", [1] * 150 + [0] * 50, 5.0)
    tried = []

    def answered(arm, part):
        tried.append(arm.changes)
        arm.right, arm.seconds = base.right.copy(), [*arm.seconds, 0.1]

    monkeypatch.setattr(search, "try_part", answered)
    monkeypatch.setattr(search, "left", lambda: 1.0)  # a plain fit of six takes 0.1: five to judge, one to keep
    try_switches(with_texts(search), base)
    notes = {arm.label: arm.note for arm in search.arms}
    assert "does not fit the time left" in notes["finetune two_views=uda"]
    assert {"average": "ema"} in tried and {"two_views": "uda"} not in tried


def test_the_command_of_what_reads_unlabelled_text_says_where_it_goes():
    views = Arm("finetune", get_method("finetune", two_views="uda"), "minilm", HALF)
    assert "learn TRAIN --unlabelled UNLABELLED --method finetune" in views.command(0)
    assert "--unlabelled" in Arm("self_train", get_method("self_train"), "minilm", HALF).command(0)
    assert "--unlabelled" not in Arm("finetune", get_method("finetune"), "minilm", HALF).command(0)


def test_what_switches_cost_is_foretold():
    assert cost_of(get_method("finetune")) == 1.0
    assert cost_of(get_method("finetune", adversarial="fgm", consistency=1.0)) == 4.0
    assert cost_of(get_method("finetune", two_views="uda")) == pytest.approx(5.0)
    assert cost_of(get_method("probe")) == 1.0

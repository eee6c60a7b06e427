"""auto tries methods from cheap to dear on rows they did not learn from, keeps what is probably best, and says why."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import BudgetError, ConfigError
from hanshuku.methods import get_method
from hanshuku.methods.auto import LADDERS
from hanshuku.methods.auto_ladder import row_scores
from hanshuku.methods.auto_search import Search
from hanshuku.methods.auto_table import trial_table
from hanshuku.tasks import KINDS, Task
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of
from tests.words import TEAM, WordPredictor

FEW = {"methods": "similarity,probe,finetune"}


@pytest.fixture(scope="module")
def chosen(tiny_encoder):
    return get_method("auto", **FEW).fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=0))


def test_it_returns_what_is_expected_to_be_best(chosen):
    expected = {trial["method"]: trial["expected"] for trial in chosen.trials}
    winner = next(trial["method"] for trial in chosen.trials if trial["chosen"])
    assert expected[winner] == max(expected.values())


def test_every_trial_tells_its_score_its_cost_and_the_command_that_learns_it_again(chosen):
    for trial in chosen.trials:
        assert 0 <= trial["score"] <= 1
        assert trial["rows"] > 0 and trial["seconds"] > 0 and trial["latency_ms"] > 0
        assert trial["command"].startswith("hanshuku learn TRAIN --method " + trial["method"])
    assert trial_table(chosen.trials).row_count == len(chosen.trials)


def test_the_chances_of_being_best_add_up_to_one(chosen):
    assert sum(trial["chance"] for trial in chosen.trials) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("kind", ["several labels", "a number", "a pair"])
def test_it_does_every_kind_of_labels_and_numbers(kind, tiny_encoder):
    rows = rows_of(kind)
    found = get_method("auto", methods="similarity,probe").fit(TASKS[kind], rows, model=tiny_encoder, run=Run(seed=0))
    assert len(found.outputs(rows.inputs[:3])) == 3


def test_a_method_that_fails_is_told_and_the_others_go_on(tiny_encoder):
    found = get_method("auto", methods="prompt,probe").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=0))
    assert found.trials[0]["note"].startswith("failed")
    assert found.trials[1]["chosen"]


def test_when_nothing_can_be_fitted_the_reasons_are_told(tiny_encoder):
    with pytest.raises(BudgetError, match="prompt"):
        get_method("auto", methods="prompt").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run())


def test_without_rows_it_says_what_works_without():
    with pytest.raises(ConfigError, match="similarity"):
        get_method("auto").fit(TEAM, None, model="minilm")


def search_of(settings, model, **run):
    rows = rows_of("one label")
    return Search(rows.task, rows, model, None, Run(seed=0, **run), get_method("auto", **settings))


def test_what_cannot_fit_the_budget_is_not_tried_and_the_one_most_likely_best_gets_the_time(tiny_encoder, monkeypatch):
    search = search_of({"methods": "probe,contrastive"}, tiny_encoder, budget_s=30.0)
    monkeypatch.setattr(type(search.pace), "seconds", lambda self, method, name, rows: 1000.0 if name == "contrastive" else 0.1)
    search.climb(["probe", "contrastive"])
    assert search.arms[1].done == 0
    assert "does not fit" in search.arms[1].note


def test_what_was_never_judged_and_does_not_fit_the_time_is_not_chosen(tiny_encoder, monkeypatch):
    search = search_of({}, tiny_encoder, budget_s=30.0)
    monkeypatch.setattr(type(search.pace), "seconds", lambda self, method, name, rows: 1000.0 if name == "contrastive" else 0.1)
    search.climb(["probe", "contrastive"])
    standing = search.board()
    assert standing.mean[1] > standing.mean[0], "it is expected to be better"
    assert search.best().name == "probe"


def test_what_does_not_fit_the_memory_is_out(tiny_encoder, monkeypatch):
    monkeypatch.setattr("hanshuku.methods.auto_search.free_mb", lambda: 0.0)
    search = search_of({}, tiny_encoder)
    search.climb(["probe", "finetune"])
    assert search.arms[1].is_out and "MB are free" in search.arms[1].note
    assert search.best().name == "probe"


def test_without_a_budget_a_dear_arm_gets_its_first_fold_and_no_more_than_two_minutes_of_others(tiny_encoder, monkeypatch):
    search = search_of({}, tiny_encoder)
    monkeypatch.setattr(search, "fit_seconds", lambda arm, rows: 100.0)
    monkeypatch.setattr(Search, "try_part", lambda self, arm, part: arm.seconds.append(100.0))
    monkeypatch.setattr("hanshuku.methods.auto_search.WORTH", 0.0)
    search.climb(["finetune"])
    assert search.arms[0].done == 1


def test_a_cheap_arm_that_takes_longer_than_foretold_answers_fewer_parts(tiny_encoder, monkeypatch):
    search = search_of({}, tiny_encoder, budget_s=40.0)
    monkeypatch.setattr(search, "left", lambda: 40.0 - 15.0 * search.arms[0].done)
    monkeypatch.setattr(Search, "try_part", lambda self, arm, part: arm.seconds.append(15.0))
    search.climb(["static"])
    assert search.arms[0].done == 1, "another 15 seconds and 15 more to learn from all rows do not fit 25"


def test_a_probe_of_many_labels_is_foretold_with_its_heads(tiny_encoder):
    pace = replace(search_of({}, tiny_encoder).pace, labels=150, row_s=0.001, shape=(6, 384, 12))
    assert pace.seconds(get_method("probe"), "probe", 1000) > pace.reading(1000) + 3


def test_static_is_foretold_by_its_rows_characters_and_labels(tiny_encoder):
    pace = search_of({}, tiny_encoder).pace
    static = get_method("static")
    few, many = replace(pace, labels=2), replace(pace, labels=150)
    assert pace.characters > 5
    assert many.seconds(static, "static", 4000) > 30 > 10 > few.seconds(static, "static", 4000)
    assert many.seconds(static, "static", 300) < 2, "the weights are sought in the span of few rows"


def test_a_search_that_was_killed_does_not_ask_again_for_what_was_answered(tiny_encoder, tmp_path, monkeypatch):
    whole = search_of({}, tiny_encoder)
    whole.climb(["similarity", "finetune"])
    first = search_of({}, tiny_encoder, folder=tmp_path)
    real, fits = Search.fit, []

    def stopped(self, arm, rows, folder, seconds):
        if len(fits) == 3:
            raise KeyboardInterrupt
        fits.append(folder)
        return real(self, arm, rows, folder, seconds)

    monkeypatch.setattr(Search, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        first.climb(["similarity", "finetune"])
    monkeypatch.setattr(Search, "fit", lambda *given: fits.append(given[3]) or real(*given))
    second = search_of({}, tiny_encoder, folder=tmp_path)
    second.climb(["similarity", "finetune"])
    assert len(fits) == len(set(fits)), "no fit was done twice"
    for one, other in zip(whole.arms, second.arms, strict=True):
        assert np.array_equal(one.right, other.right, equal_nan=True)


def test_answers_kept_for_other_rows_are_passed_over(tiny_encoder, tmp_path):
    search_of({}, tiny_encoder, folder=tmp_path).climb(["probe"])
    rows = rows_of("one label").take(range(40))
    other = Search(rows.task, rows, tiny_encoder, None, Run(seed=0, folder=tmp_path), get_method("auto"))
    assert other.shelf.take(other.arm("probe"), 0) is None


def test_validation_rows_judge_and_what_learned_from_all_rows_is_kept(tiny_encoder):
    rows = rows_of("one label")
    search = Search(rows.task, rows, tiny_encoder, rows.take(range(20)), Run(seed=0), get_method("auto"))
    search.climb(["probe"])
    assert len(search.judges.rows) == 20
    assert search.finish(search.arms[0]) is search.arms[0].predictor


def test_many_rows_are_judged_by_a_tenth_held_out_and_learned_once(tiny_encoder, monkeypatch):
    from hanshuku.methods import auto_arms

    monkeypatch.setattr(auto_arms, "MANY", 50)
    search = search_of({}, tiny_encoder)
    search.climb(["probe"])
    assert [len(part[1]) for part in search.judges.parts] == [6]
    assert search.finish(search.arms[0]) is search.arms[0].predictor


def test_same_seed_same_choice_and_same_answers(chosen, tiny_encoder):
    again = get_method("auto", **FEW).fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=0))
    rows = rows_of("one label").inputs
    assert np.array_equal(chosen.outputs(rows), again.outputs(rows))


def test_rows_are_scored_by_what_their_task_asks():
    team = Encoded(TEAM, [("refund",), ("refund",)], np.array([0, 1]), np.zeros(2, np.int64))
    assert row_scores(TEAM, WordPredictor(), team).tolist() == [1.0, 0.0]
    several = Task("classify", ("text",), ("refund", "delivery"), several=True)

    class Both(WordPredictor):
        def outputs(self, inputs):
            return np.array([[0.9, 0.9], [0.1, 0.1]])

    rows = Encoded(several, [("a",), ("b",)], np.array([[1.0, 0.0], [0.0, 0.0]]), np.zeros(2, np.int64))
    assert row_scores(several, Both(several), rows).tolist() == pytest.approx([2 / 3, 1.0])


@pytest.mark.parametrize("wrong", [0.01, 0.9])
def test_a_held_out_part_outside_its_range_is_refused(wrong):
    with pytest.raises(ConfigError, match="held_out"):
        get_method("auto", held_out=wrong)


@pytest.mark.models
def test_a_function_that_writes_texts_is_chosen_by_what_it_writes(tiny_causal):
    task = Task("generate", instruction="answer")
    rows = Encoded(task, [(f"glad {i}",) for i in range(24)], objects([("happy",)] * 24), np.zeros(24, np.int64))
    found = get_method("auto").fit(task, rows, model=tiny_causal, run=Run(seed=0, budget_s=60.0))
    assert [trial["method"] for trial in found.trials] == ["prompt", "in_context", "finetune"]
    assert found.trials[2]["settings"]["tuning"] == "lora"
    assert "--method finetune" in found.trials[2]["command"] and "--set tuning=lora" in found.trials[2]["command"]
    assert all(0 <= trial["score"] <= 1 for trial in found.trials)


def test_every_kind_of_task_has_a_ladder():
    assert set(LADDERS) == set(KINDS)


@pytest.mark.parametrize("kind", ["entities", "an answer"])
def test_where_one_method_alone_can_it_learns_from_all_rows(kind, tiny_encoder):
    found = get_method("auto").fit(TASKS[kind], rows_of(kind), model=tiny_encoder, run=Run(seed=0, budget_s=2.0))
    assert [(trial["method"], trial["chosen"]) for trial in found.trials] == [("finetune", True)]
    assert trial_table(found.trials).row_count == 1


def test_rankings_are_compared_by_the_place_of_what_is_relevant(tiny_encoder):
    found = get_method("auto").fit(TASKS["an order"], rows_of("an order"), model=tiny_encoder, run=Run(seed=0))
    assert [trial["method"] for trial in found.trials] == ["similarity", "finetune", "rerank"]
    assert all(0 <= trial["score"] <= 1 for trial in found.trials)
    assert found.KIND in {"bi_ranking", "cross_ranking"}

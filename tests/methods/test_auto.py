"""auto tries methods from cheap to dear on held-out rows, keeps what wins, and says why."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import BudgetError, ConfigError
from hanshuku.methods import get_method
from hanshuku.methods.auto import LADDERS, row_scores, sign_test, trial_table
from hanshuku.tasks import KINDS, Task
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of
from tests.words import TEAM, WordPredictor


@pytest.fixture(scope="module")
def chosen(tiny_encoder):
    return get_method("auto", methods="similarity,finetune").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=0))


def test_it_returns_what_won_on_the_held_out_rows(chosen):
    scores = {trial["method"]: trial["score"] for trial in chosen.trials}
    winner = next(trial["method"] for trial in chosen.trials if trial["chosen"])
    assert scores[winner] == max(scores.values())


def test_every_trial_tells_its_score_its_rows_and_its_seconds(chosen):
    for trial in chosen.trials:
        assert 0 <= trial["score"] <= 1
        assert trial["rows"] > 0
        assert trial["seconds"] > 0
    assert trial_table(chosen.trials).row_count == len(chosen.trials)


def test_a_method_that_fails_is_told_and_the_others_go_on(tiny_encoder):
    found = get_method("auto", methods="prompt,finetune").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run(seed=0))
    assert found.trials[0]["note"].startswith("failed")
    assert found.trials[1]["chosen"]


def test_when_nothing_can_be_fitted_the_reasons_are_told(tiny_encoder):
    with pytest.raises(BudgetError, match="prompt"):
        get_method("auto", methods="prompt").fit(TASKS["one label"], rows_of("one label"), model=tiny_encoder, run=Run())


def test_without_rows_it_says_what_works_without():
    with pytest.raises(ConfigError, match="similarity"):
        get_method("auto").fit(TEAM, None, model="minilm")


def test_rows_are_scored_by_what_their_task_asks():
    team = Encoded(TEAM, [("refund",), ("refund",)], np.array([0, 1]), np.zeros(2, np.int64))
    assert row_scores(TEAM, WordPredictor(), team).tolist() == [1.0, 0.0]
    several = Task("classify", ("text",), ("refund", "delivery"), several=True)

    class Both(WordPredictor):
        def outputs(self, inputs):
            return np.array([[0.9, 0.9], [0.1, 0.1]])

    rows = Encoded(several, [("a",), ("b",)], np.array([[1.0, 0.0], [0.0, 0.0]]), np.zeros(2, np.int64))
    assert row_scores(several, Both(several), rows).tolist() == pytest.approx([2 / 3, 1.0])


@pytest.mark.parametrize(("wins", "losses", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 1024), (8, 2, 0.109375)])
def test_the_sign_test_is_the_exact_one(wins, losses, p):
    ours, theirs = np.array([1] * wins + [0] * losses), np.array([0] * wins + [1] * losses)
    assert sign_test(ours, theirs) == pytest.approx(p)


@pytest.mark.parametrize("wrong", [0.0, 0.9])
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

"""Ranking: before learning by cosine, learned as vectors by every tuning, or as pairs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.inference import get_predictor
from hanshuku.inference.ranking import BiRankPredictor
from hanshuku.methods import get_method
from hanshuku.methods.finetune import NAMES
from hanshuku.models.load import load_encoder
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of, share_right

TASK = TASKS["an order"]
FAST = {"epochs": 20.0, "learning_rate": 1e-2, "precision": "fp32", "batch_size": 8}


def fit(name, model, rows=None, **settings):
    return get_method(name, **(FAST | settings)).fit(TASK, rows or rows_of("an order"), model=model, run=Run(seed=1))


@pytest.mark.parametrize(("name", "tuning"), [*(("finetune", tuning) for tuning in NAMES if tuning != "head"), *(("rerank", tuning) for tuning in NAMES)])
def test_every_tuning_lowers_the_loss_and_is_kept(name, tuning, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    rows, size, losses = rows_of("an order"), {"size": 1} if tuning == "last_layers" else {}, []
    run = Run(seed=1, report=lambda step: losses.append(step.loss) if step.loss is not None else None)
    predictor = get_method(name, **(FAST | {"tuning": tuning} | size)).fit(TASK, rows, model=tiny_encoder, run=run)
    assert losses[-1] < max(losses[:15])  # means of 20 steps, of 40 and more
    assert 0 < predictor.moved_parameters <= predictor.total_parameters + 10_000
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    assert list(get_predictor(predictor.KIND).load(tmp_path, data, TASK).outputs(rows.inputs)) == list(predictor.outputs(rows.inputs))


@pytest.mark.parametrize("name", ["finetune", "rerank"])
def test_a_causal_model_learns_it_too(name, tiny_causal):
    rows = rows_of("an order")
    assert share_right(rows, fit(name, tiny_causal, learning_rate=5e-3).outputs(rows.inputs), 0.5) > 0.8


def test_vectors_alone_have_no_head(tiny_encoder):
    with pytest.raises(ConfigError, match="rerank"):
        fit("finetune", tiny_encoder, tuning="head")


def test_rows_without_anything_relevant_are_refused(tiny_encoder):
    rows = rows_of("an order")
    nothing = replace(rows, targets=objects([()] * len(rows)))
    for name in ("finetune", "rerank"):
        with pytest.raises(DataError, match="relevant"):
            fit(name, tiny_encoder, rows=nothing)


@pytest.mark.parametrize("name", ["finetune", "rerank"])
def test_given_rows_judge(name, tiny_encoder):
    rows, scores = rows_of("an order"), []
    run = Run(seed=1, report=lambda step: scores.append(step.score) if step.score is not None else None)
    get_method(name, **(FAST | {"patience": 4, "epochs": 6.0})).fit(TASK, rows, model=tiny_encoder, validation=rows.take(range(0, len(rows), 2)), run=run)
    assert 4 <= len(scores) <= 6 and 0 < min(scores) <= max(scores) <= 1


def test_a_candidate_of_many_queries_is_read_once(tiny_encoder, monkeypatch):
    from hanshuku.inference import embed

    read = []
    monkeypatch.setattr(embed, "tokenise", lambda tokenizer, rows, *rest, **more: (read.append(len(rows)), tokenise(tokenizer, rows, *rest, **more))[1])
    from hanshuku.inference.tokens import tokenise

    predictor = BiRankPredictor(TASK, load_encoder(tiny_encoder), "mean", precision="fp32")
    shared = json.dumps(["good food", "bad film", "sunny day"] * 100)
    found = predictor.outputs([(f"query {i}", shared) for i in range(50)])
    assert read == [50, 3]
    assert [len(scores) for scores in found] == [300] * 50
    assert all(abs(score) <= 1 + 1e-5 for scores in found for score in scores)


def test_queries_and_candidates_get_the_models_own_prefixes(tiny_encoder):
    loaded = load_encoder(tiny_encoder)
    loaded.info = replace(loaded.info, prefix="query: ", passage="passage: ")
    with_prefix = BiRankPredictor(TASK, loaded, "mean", precision="fp32").outputs([("good", '["food"]')])
    loaded.info = replace(loaded.info, prefix="", passage="")
    by_hand = BiRankPredictor(TASK, loaded, "mean", precision="fp32").outputs([("query: good", '["passage: food"]')])
    assert with_prefix[0] == pytest.approx(by_hand[0])


def test_settings_of_labels_are_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="no labels"):
        get_method("similarity", templates="It is {}.").fit(TASK, None, model=tiny_encoder)


@pytest.mark.models
def test_a_function_ranks_at_once():
    ranking = hk.rank()("How do I reset my password?", ["Opening hours", "Choose a new password under Settings", "Our shops"])
    assert ranking.candidates[0] == "Choose a new password under Settings"
    assert ranking.order[0] == 1 and list(ranking.scores) == sorted(ranking.scores, reverse=True)


@pytest.mark.models
def test_it_ranks_chinese_at_once():
    assert hk.rank()("怎么修改密码？", ["营业时间", "在设置里可以更换密码", "门店地址"]).order[0] == 1


def test_scores_do_not_depend_on_what_else_is_asked(tiny_encoder):
    predictor, rows = fit("rerank", tiny_encoder, epochs=1.0), rows_of("an order").inputs
    alone = np.concatenate([np.array(predictor.outputs([row])[0]) for row in rows])
    assert np.allclose(np.concatenate([np.array(scores) for scores in predictor.outputs(rows)]), alone, atol=1e-4)

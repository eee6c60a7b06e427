"""T5 and Marian learn texts by every tuning that fits them, and what was learned is kept."""

import json
import math

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sentencepiece")

import torch

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference import get_predictor
from hanshuku.methods import get_method
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from hanshuku.training.translator import Translator
from tests.tiny import tiny_marian, tiny_t5

TASK = Task("translate", ("source",), language="zh")
PAIRS = (("good food", "房间干净"), ("bad food", "很脏"), ("sunny day", "天气很好"), ("my parcel", "我的包裹"))
TRAIN = Encoded(
    TASK, [(f"{word} {end}",) for end in ("", "please", "today", "film", "now", "and") for word, _ in PAIRS],
    objects([(answer,) for _ in range(6) for _, answer in PAIRS]), np.zeros(24, dtype=np.int64),
)  # fmt: skip
FAST = {"epochs": 12, "batch_size": 8, "learning_rate": 0.02, "precision": "fp32", "max_length": 40}
TUNINGS = ("all", "head", "last_layers", "bias", "lora", "dora", "ia3", "prompt", "adapter")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {make.__name__: str(make(tmp_path_factory.mktemp(make.__name__) / "model")) for make in (tiny_t5, tiny_marian)}


def learned(model, tuning, **more):
    settings = FAST | ({"learning_rate": 0.005} if tuning == "all" else {}) | ({"size": 1} if tuning == "last_layers" else {}) | more
    return get_method("finetune", tuning=tuning, **settings).fit(TASK, TRAIN, model=model)


def loss_of(predictor):
    rows = [predictor.asker.example(row, target[0], most=40)[:2] for row, target in zip(TRAIN.inputs, TRAIN.targets, strict=True)]
    network = Translator(predictor.loaded.network)
    with torch.no_grad():
        return float(network(network.rows(rows, pad_id=0)))


@pytest.mark.parametrize("name", ["tiny_t5", "tiny_marian"])
@pytest.mark.parametrize("tuning", TUNINGS)
def test_every_tuning_that_fits_learns_and_is_kept(models, name, tuning, tmp_path):
    if (name, tuning) == ("tiny_marian", "ia3"):
        with pytest.raises(ConfigError, match="Choose tuning="):
            learned(models[name], tuning)
        return
    before = loss_of(get_method("prompt", max_length=60, max_new_tokens=16).fit(TASK, None, model=models[name]))
    predictor = learned(models[name], tuning)
    after = loss_of(predictor)
    assert after < before - 0.02
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    again = get_predictor("generation").load(tmp_path, data, TASK)
    assert math.isclose(loss_of(again), after, rel_tol=1e-4)
    assert [text for text, _ in again.outputs(TRAIN.inputs[:4])] == [text for text, _ in predictor.outputs(TRAIN.inputs[:4])]


@pytest.mark.parametrize(("name", "rate"), [("tiny_t5", 0.01), ("tiny_marian", 0.005)])
def test_it_learns_the_answers(models, name, rate):
    predictor = learned(models[name], "all", epochs=80, learning_rate=rate)
    answers = [text for text, _ in predictor.outputs(TRAIN.inputs)]
    assert np.mean([answer == target[0] for answer, target in zip(answers, TRAIN.targets, strict=True)]) > 0.8


@pytest.mark.parametrize("name", ["tiny_t5", "tiny_marian"])
def test_the_loss_is_that_of_transformers(models, name):
    predictor = get_method("prompt", max_length=60, max_new_tokens=16).fit(TASK, None, model=models[name])
    ids, marks, _ = predictor.asker.example(TRAIN.inputs[0], TRAIN.targets[0][0], most=40)
    source, answer = ([[token for token, mark in zip(ids, marks, strict=True) if mark == wanted]] for wanted in (False, True))
    network = Translator(predictor.loaded.network)
    theirs = predictor.loaded.network(input_ids=torch.tensor(source), labels=torch.tensor(answer)).loss
    assert network(network.rows([(ids, marks)], pad_id=0)).item() == pytest.approx(theirs.item(), rel=1e-5)


def test_what_an_encoder_decoder_cannot_be_tuned_with_is_refused(models):
    for settings in ({"tuning": "prefix"}, {"tuning": "lora", "packing": True}):
        with pytest.raises(ConfigError, match="An encoder-decoder cannot"):
            learned(models["tiny_t5"], **settings)


@pytest.mark.parametrize("name", ["tiny_t5", "tiny_marian"])
@pytest.mark.parametrize("switches", [{"adversarial": "fgm"}, {"layer_decay": 0.5}, {"average": "ema"}], ids=str)
def test_switches_change_what_is_learned_and_it_still_learns(models, name, switches):
    before = loss_of(get_method("prompt", max_length=60, max_new_tokens=16).fit(TASK, None, model=models[name]))
    plain, switched = (loss_of(learned(models[name], "all", epochs=4, **more)) for more in ({}, switches))
    assert plain != switched < before

"""Instruction tuning: the loss is that of the answers alone, every tuning learns, and what was learned is kept."""

import json
import math

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference import get_predictor
from hanshuku.inference.asking import Asker
from hanshuku.methods import get_method
from hanshuku.methods.finetune import NAMES
from hanshuku.models.load import load_causal
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from hanshuku.training.speaker import Speaker, token_rows

TASK = Task("generate", instruction="answer")
WORDS = ("glad happy", "sad bad", "高兴", "难过")
TRAIN = Encoded(TASK, [(f"{word} {i}",) for i in range(6) for word in WORDS], objects([(f"{word} food",) for _ in range(6) for word in WORDS]), np.zeros(24, dtype=np.int64))
FAST = {"epochs": 12, "batch_size": 8, "learning_rate": 0.02, "precision": "fp32", "max_length": 80}
LOW = {"all": 0.005, "last_layers": 0.01}


def learned(model, tuning, **more):
    settings = FAST | ({"learning_rate": LOW[tuning]} if tuning in LOW else {}) | ({"size": 1} if tuning == "last_layers" else {}) | more
    return get_method("finetune", tuning=tuning, **settings).fit(TASK, TRAIN, model=model)


def loss_of(predictor):
    rows = [predictor.asker.example(row, target[0], most=80)[:2] for row, target in zip(TRAIN.inputs, TRAIN.targets, strict=True)]
    speaker = Speaker(predictor.loaded.network)
    with torch.no_grad():
        return float(speaker({name: tensor.to(predictor.decoder.device) for name, tensor in token_rows(rows, pad_id=0).items()}))


@pytest.fixture(scope="module")
def loss_before(tiny_causal):
    return loss_of(get_method("prompt", max_length=100, max_new_tokens=16).fit(TASK, None, model=tiny_causal))


@pytest.mark.parametrize("tuning", NAMES)
def test_every_tuning_learns_and_is_kept(tiny_causal, loss_before, tuning, tmp_path):
    predictor = learned(tiny_causal, tuning)
    after = loss_of(predictor)
    assert after < loss_before - 0.02
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    again = get_predictor("generation").load(tmp_path, data, TASK)
    assert math.isclose(loss_of(again), after, rel_tol=1e-4)
    assert [text for text, _ in again.outputs(TRAIN.inputs[:4])] == [text for text, _ in predictor.outputs(TRAIN.inputs[:4])]
    assert 0 < predictor.moved_parameters <= predictor.total_parameters * 2


def test_it_learns_the_answers(tiny_causal):
    predictor = learned(tiny_causal, "all", epochs=40)
    assert [text for text, _ in predictor.outputs(TRAIN.inputs[:4])] == [target[0] for target in TRAIN.targets[:4]]


def test_the_same_seed_gives_the_same_weights(tiny_causal):
    first, second = (learned(tiny_causal, "lora", epochs=2).loaded.delta.tensors for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_merged_and_unmerged_answer_the_same(tiny_causal, tmp_path):
    from peft import PeftModel

    predictor = learned(tiny_causal, "lora", epochs=3)
    predictor.save(tmp_path)
    unmerged = PeftModel.from_pretrained(load_causal(tiny_causal).network, str(tmp_path / "model"))
    ids = torch.tensor(predictor.asker.prompts(TRAIN.inputs[:1])[0])
    with torch.no_grad():
        assert torch.allclose(unmerged(input_ids=ids).logits, predictor.loaded.network(input_ids=ids).logits, atol=1e-4)


def test_only_the_answer_is_supervised(tiny_causal):
    asker = Asker(TASK, load_causal(tiny_causal).tokenizer, limit=80)
    ids, marks, cut = asker.example(("good food",), "happy day", most=80)
    shown = asker.tokenizer.decode([token for token, mark in zip(ids, marks, strict=True) if mark])
    assert shown == "happy day" + asker.closing and not cut


def test_every_turn_of_the_assistant_is_supervised(tiny_causal):
    asker = Asker(Task("chat", ("messages",)), load_causal(tiny_causal).tokenizer, limit=120)
    turns = [{"role": "user", "content": "good"}, {"role": "assistant", "content": "happy day"}, {"role": "user", "content": "bad"}]
    ids, marks, _ = asker.example((json.dumps(turns),), "sad night", most=120)
    shown = asker.tokenizer.decode([token for token, mark in zip(ids, marks, strict=True) if mark])
    assert "happy day" in shown and "sad night" in shown and "good" not in shown


def test_packed_rows_do_not_see_their_neighbours(tiny_causal):
    speaker = Speaker(load_causal(tiny_causal).network)
    rows = [(list(range(5, 5 + n)), [False] * 2 + [True] * (n - 2)) for n in (9, 4, 12, 7)]
    with torch.no_grad():
        plain, packed = speaker(token_rows(rows, pad_id=0)), speaker(token_rows(rows, pad_id=0, room=16))
    assert len(token_rows(rows, pad_id=0, room=16)["input_ids"]) == 2
    assert torch.allclose(plain, packed, atol=1e-5)


def test_packing_learns_what_is_learned_without(tiny_causal):
    plain, packed = (loss_of(learned(tiny_causal, "all", epochs=3, packing=packing)) for packing in (False, True))
    assert math.isclose(plain, packed, rel_tol=0.02)


def test_packing_is_for_texts(tiny_encoder):
    task = Task("classify", labels=("a", "b"))
    rows = Encoded(task, [("x",), ("y",)], np.array([0, 1]), np.zeros(2, dtype=np.int64))
    with pytest.raises(ConfigError, match="packing"):
        get_method("finetune", packing=True).fit(task, rows, model=tiny_encoder)


def test_settings_of_labels_are_refused_for_texts(tiny_causal):
    with pytest.raises(ConfigError, match=r"label_smoothing has no meaning for finetune of a task of kind .*cross entropy over labels"):
        get_method("finetune", label_smoothing=0.1).fit(TASK, TRAIN, model=tiny_causal)


@pytest.mark.parametrize("switches", [{"adversarial": "fgm"}, {"adversarial": "freelb"}, {"average": "soup"}, {"layer_decay": 0.5}], ids=str)
def test_switches_of_texts_change_what_is_learned_and_it_still_learns(tiny_causal, loss_before, switches):
    plain, switched = (loss_of(learned(tiny_causal, "lora", epochs=6, **more)) for more in ({}, switches))
    assert plain != switched < loss_before - 0.02


@pytest.mark.parametrize("switches", [{"consistency": 1.0}, {"mixup": 0.5}, {"reinit_layers": 1}, {"focal": 2.0}, {"adversarial": "smart"}], ids=str)
def test_a_switch_without_a_meaning_for_texts_is_refused(tiny_causal, switches):
    with pytest.raises(ConfigError, match=r"has no meaning for finetune of a task of kind|smart compares"):
        learned(tiny_causal, "lora", **switches)

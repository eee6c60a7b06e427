"""How well a language model foretells references: equal to transformers' own loss, whatever stands beside."""

import json
import math

import numpy as np
import pytest
import torch

from hanshuku.inference.generation import GenerationPredictor, GenerationSettings, load_generator
from hanshuku.tasks import Task
from tests.tiny import tiny_gemma

ROWS = [("my parcel never came",), ("今天天气很好",), ("x",)]
REPLIES = ["i want my money back", "我很高兴", "yes " * 9]


@pytest.fixture(scope="module", params=["llama", "gemma"])
def predictor(request, tiny_causal, tmp_path_factory):
    model = tiny_causal if request.param == "llama" else str(tiny_gemma(tmp_path_factory.mktemp("gemma"), layers=4))
    return GenerationPredictor(Task("generate"), load_generator(model, "fp32"), GenerationSettings(max_new_tokens=40, max_length=120))


def test_the_bits_are_those_of_transformers_own_loss(predictor):
    found = predictor.reference_bits(ROWS, REPLIES)
    for row, reply, (bits, tokens, size) in zip(ROWS, REPLIES, found, strict=True):
        ids, marks, _ = predictor.asker.example(row, reply, most=120)
        labels = torch.tensor([[token if mark else -100 for token, mark in zip(ids, marks, strict=True)]])
        loss = float(predictor.loaded.network(input_ids=torch.tensor([ids]), labels=labels).loss.detach())
        assert bits == pytest.approx(loss * sum(marks) / math.log(2), rel=1e-5)
        assert (tokens, size) == (sum(marks), len(reply.strip().encode()))


def test_no_row_depends_on_another(predictor):
    together = predictor.reference_bits(ROWS, REPLIES)
    alone = np.concatenate([predictor.reference_bits([row], [reply]) for row, reply in zip(ROWS, REPLIES, strict=True)])
    assert together == pytest.approx(alone, rel=1e-6)


def test_a_reply_that_does_not_fit_is_scored_as_far_as_it_fits(predictor):
    (_, tokens, size), = predictor.reference_bits([("x",)], ["good food " * 200])
    assert tokens < 120 and size < 1000


def test_of_a_conversation_only_the_last_answer_counts(tiny_causal):
    chat = GenerationPredictor(Task("chat", ("messages",)), load_generator(tiny_causal, "fp32"), GenerationSettings(max_new_tokens=20, max_length=120))
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "a long earlier answer"}, {"role": "user", "content": "y"}]
    (_, tokens, _), = chat.reference_bits([(json.dumps(turns),)], ["yes"])
    assert tokens == chat.asker.reply_length("yes")

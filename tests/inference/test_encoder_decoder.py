"""T5 and Marian write as transformers lets them: one by one or many at once, drawn or searched, whole or in pieces."""

import json
from functools import partial

import pytest

pytest.importorskip("torch")
pytest.importorskip("sentencepiece")

import torch

from hanshuku.errors import ConfigError, ModelError
from hanshuku.inference.decoder import Limits
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.models.load import load_causal, load_encoder
from hanshuku.tasks import Task
from tests.tiny import tiny_marian, tiny_t5

ROWS = [("my parcel never came",), ("今天天气很好，我很高兴",), ("x",), ("please cancel my order today " * 3,), ("my parcel never came",)]
TASK = Task("translate", ("source",), language="zh")
MAKERS = {"t5": partial(tiny_t5, factor=3.0), "marian": tiny_marian}


@pytest.fixture(scope="module", params=["t5", "marian"])
def model(request, tmp_path_factory):
    return str(MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "model"))


@pytest.fixture(scope="module")
def predictor(model):
    return GenerationPredictor(TASK, load_generator(model, "fp32"), GenerationSettings(max_new_tokens=20, max_length=60))


def theirs(predictor, ids, **settings):
    out = predictor.loaded.network.generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=20, do_sample=False, **settings
    )
    stops = predictor.asker.stops
    return [token for token in out[0, 1:].tolist() if token not in stops and token != predictor.loaded.tokenizer.pad_token_id]


def without_pads(predictor, ids):
    return [token for token in ids if token != predictor.loaded.tokenizer.pad_token_id]


def test_the_tokens_are_those_of_transformers(predictor):
    sources, _ = predictor.asker.prompts(ROWS)
    for ids, completion in zip(sources, predictor.decoder.complete(sources, Limits(20, predictor.asker.stops)), strict=True):
        assert without_pads(predictor, completion.ids) == theirs(predictor, ids, num_beams=1)


def test_an_answer_does_not_depend_on_its_batch(predictor):
    for settings in ({}, {"temperature": 1.0, "seed": 3}, {"beams": 3}):
        asked = predictor.with_settings(**settings)
        assert [text for text, _ in asked.outputs(ROWS)] == [asked.outputs([row])[0][0] for row in ROWS]


def test_beams_are_those_of_transformers(predictor):
    sources, _ = predictor.asker.prompts(ROWS[:3])
    for ids, (text, _) in zip(sources, predictor.with_settings(beams=3).outputs(ROWS[:3]), strict=True):
        assert text == predictor.decode(theirs(predictor, ids, num_beams=3)).strip()


def test_drawn_answers_depend_on_the_seed(predictor):
    drawn = [predictor.with_settings(temperature=1.0, seed=seed).outputs(ROWS) for seed in (1, 1, 2)]
    texts = [[text for text, _ in found] for found in drawn]
    assert texts[0] == texts[1] != texts[2]


def test_the_pieces_of_a_stream_are_the_answer_up_to_a_stop_text(predictor):
    row, text = next((row, text) for row, (text, _) in zip(ROWS, predictor.outputs(ROWS), strict=True) if len(text) > 3)
    assert "".join(predictor.stream(row)).strip() == text
    stop = text[len(text) // 2 : len(text) // 2 + 2]
    assert "".join(predictor.with_settings(stop=stop).stream(row)).strip() == text.partition(stop)[0].strip()


@pytest.mark.parametrize("stop", ["", [""]])
def test_an_empty_stop_text_stops_nothing(predictor, stop):
    assert "".join(predictor.with_settings(stop=stop).stream(ROWS[0])) == "".join(predictor.stream(ROWS[0]))


def test_a_source_that_is_too_long_loses_its_end_and_is_counted(predictor):
    before = predictor.cut
    (ids,), (cut,) = predictor.asker.prompts([("good food " * 300,)])
    assert cut and len(ids) == 60 and ids[-1] in predictor.asker.stops
    predictor.outputs([("good food " * 300,)])
    assert predictor.cut == before + 1


def test_what_a_translation_model_reads_is_the_text_alone(tmp_path):
    task = Task("translate", ("source",), instruction="Translate into Chinese.", language="zh")
    read = {}
    for name, make in MAKERS.items():
        read[name] = GenerationPredictor(task, load_generator(str(make(tmp_path / name)), "fp32"), GenerationSettings(max_new_tokens=8)).asker.source(("good food",))
    assert read == {"t5": "Translate into Chinese.\n\ngood food", "marian": "good food"}


def test_a_template_says_it_otherwise(model):
    settings = GenerationSettings(max_new_tokens=8, template="summarize: {source}")
    assert GenerationPredictor(TASK, load_generator(model, "fp32"), settings).asker.source(("good food",)) == "summarize: good food"


def test_a_conversation_is_read_turn_by_turn(model):
    turns = json.dumps([{"role": "user", "content": "good food"}, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "no"}])
    asked = GenerationPredictor(Task("chat", ("messages",)), load_generator(model, "fp32"), GenerationSettings(max_new_tokens=8))
    assert asked.asker.source((turns,)).splitlines() == ["User: good food", "Assistant: yes", "User: no", "Assistant:"]
    assert isinstance(asked.outputs([(turns,)])[0][0], str)


def test_how_well_it_foretells_an_answer_is_what_transformers_says(predictor):
    bits, tokens, size = predictor.reference_bits(ROWS[:1], ["好 food"])[0]
    (ids,), _ = predictor.asker.prompts(ROWS[:1])
    labels = torch.tensor([predictor.asker._answer("好 food")])
    loss = predictor.loaded.network(input_ids=torch.tensor([ids]), labels=labels).loss.item()
    assert tokens == labels.shape[1] and size == len("好 food".encode())
    assert bits == pytest.approx(loss * tokens / 0.6931472, rel=1e-4)


def test_what_makes_no_sense_for_it_is_refused(model):
    loaded = load_generator(model, "fp32")
    with pytest.raises(ConfigError, match="shown no others"):
        GenerationPredictor(TASK, loaded, GenerationSettings(max_new_tokens=8, demonstrations=((("a",), "b"),)))
    with pytest.raises(ConfigError, match="leave out lead"):
        GenerationPredictor(TASK, loaded, GenerationSettings(max_new_tokens=8, lead="Answer:"))


def test_where_another_kind_of_model_is_due_it_is_refused(model):
    with pytest.raises(ModelError, match="an encoder is due"):
        load_encoder(model)
    with pytest.raises(ModelError, match="causal language model is due"):
        load_causal(model)

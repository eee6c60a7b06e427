"""A language model writes: the same tokens as transformers, one by one or many at once, drawn or searched, whole or in pieces."""

import json

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError
from hanshuku.inference.asking import Asker
from hanshuku.inference.decoder import Decoder, Limits
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.inference.trie import common_length
from hanshuku.tasks import Task
from tests.tiny import tiny_gemma

ROWS = [("my parcel never came",), ("今天天气很好，我很高兴",), ("x",), ("please cancel my order today " * 3,), ("my parcel never came",)]
TASK = Task("generate", instruction="answer the text")


@pytest.fixture(scope="module", params=["llama", "gemma"])
def model(request, tiny_causal, tmp_path_factory):
    return tiny_causal if request.param == "llama" else str(tiny_gemma(tmp_path_factory.mktemp("gemma"), layers=4))


@pytest.fixture(scope="module")
def predictor(model):
    return GenerationPredictor(TASK, load_generator(model, "fp32"), GenerationSettings(max_new_tokens=24, max_length=120))


def test_the_tokens_are_those_of_transformers(predictor):
    prompts, _ = predictor.asker.prompts(ROWS)
    ours = predictor.decoder.complete(prompts, Limits(24, predictor.asker.stops))
    for prompt, completion in zip(prompts, ours, strict=True):
        ids = torch.tensor([prompt])
        out = predictor.loaded.network.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=24, eos_token_id=sorted(predictor.asker.stops), pad_token_id=0
        )
        theirs = [token for token in out[0, len(prompt) :].tolist() if token not in predictor.asker.stops]
        assert completion.ids == theirs


def test_an_answer_does_not_depend_on_its_batch(predictor):
    together = predictor.outputs(ROWS)
    assert [text for text, _ in together] == [predictor.outputs([row])[0][0] for row in ROWS]


def test_drawn_answers_depend_on_the_seed_and_not_on_the_batch(predictor):
    drawn = predictor.with_settings(temperature=1.0, top_p=0.9, seed=3)
    together = [text for text, _ in drawn.outputs(ROWS)]
    assert together == [drawn.outputs([row])[0][0] for row in ROWS]
    assert together == [text for text, _ in drawn.with_settings(seed=3).outputs(ROWS)]
    assert together != [text for text, _ in drawn.with_settings(seed=4).outputs(ROWS)]


def test_beams_find_an_answer_that_is_at_least_as_likely(predictor):
    greedy, beams = predictor.outputs(ROWS[:3]), predictor.with_settings(beams=3).outputs(ROWS[:3])
    assert sum(b[1] for b in beams) >= sum(g[1] for g in greedy) - 1e-4


def test_the_pieces_of_a_stream_are_the_answer(predictor):
    for row in ROWS[:3]:
        assert "".join(predictor.stream(row)).strip() == predictor.outputs([row])[0][0]


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(predictor):
    text = predictor.outputs(ROWS[:1])[0][0]
    stop = text[len(text) // 2 : len(text) // 2 + 2]
    stopped = predictor.with_settings(stop=stop)
    assert stopped.outputs(ROWS[:1])[0][0] == text.partition(stop)[0].strip()
    assert "".join(stopped.stream(ROWS[0])).strip() == text.partition(stop)[0].strip()


def test_what_prompts_share_is_computed_once(predictor, monkeypatch):
    decoder, seen = Decoder(predictor.loaded.network), []
    forward = decoder._forward
    monkeypatch.setattr(decoder, "_forward", lambda ids, *rest, **more: seen.append(tuple(ids.shape)) or forward(ids, *rest, **more))
    prompts, _ = predictor.asker.prompts(ROWS[:3])
    decoder.complete(prompts, Limits(1, frozenset()))
    assert seen[0][0] == 1 and seen[0][1] + seen[1][1] == max(map(len, prompts))
    seen.clear()
    decoder.complete(prompts, Limits(1, frozenset()))
    assert all(rows == len(prompts) for rows, _ in seen)


def alone(decoder, prompts, monkeypatch):
    """The tokens of prompts that come one after the other, and how many tokens of each were read anew."""
    seen, forward = [], decoder._forward
    with monkeypatch.context() as patch:
        patch.setattr(decoder, "_forward", lambda ids, *rest, **more: seen.append(ids.shape[1]) or forward(ids, *rest, **more))
        found = []
        for prompt in prompts:
            begin = len(seen)
            found.append((decoder.complete([prompt], Limits(6, frozenset()))[0].ids, seen[begin]))
    return [ids for ids, _ in found], [read for _, read in found]


def test_a_prompt_that_comes_alone_is_read_from_where_it_parts_from_the_last_one(predictor, monkeypatch):
    prompts, _ = predictor.asker.prompts(ROWS[:4])
    shared = min(common_length(prompts[0], prompt) for prompt in prompts[1:])
    ids, read = alone(Decoder(predictor.loaded.network), prompts, monkeypatch)
    assert read[0] == len(prompts[0]) and all(n <= len(prompt) - shared for n, prompt in zip(read[1:], prompts[1:], strict=True))
    assert ids == [Decoder(predictor.loaded.network).complete([prompt], Limits(6, frozenset()))[0].ids for prompt in prompts]


def test_the_next_turn_of_a_conversation_alone_is_read(predictor, monkeypatch):
    turns = [predictor.asker.prompts(ROWS[:1])[0][0]]
    for _ in range(3):
        written = Decoder(predictor.loaded.network).complete([turns[-1]], Limits(6, frozenset()))[0].ids
        turns.append([*turns[-1], *written, 7, 8, 9])
    decoder = Decoder(predictor.loaded.network)
    ids, read = alone(decoder, turns, monkeypatch)
    assert read[1:] == [4, 4, 4]  # the answer's last token was never fed to the model
    assert ids == [Decoder(predictor.loaded.network).complete([turn], Limits(6, frozenset()))[0].ids for turn in turns]
    together = decoder.complete(turns, Limits(6, frozenset()))
    assert [completion.ids for completion in together] == ids


def test_a_text_that_is_too_long_loses_its_end_and_is_counted(predictor):
    predictor.count_anew()
    for _ in range(2):
        predictor.outputs([("good food " * 300,)])
    assert predictor.cut == 2
    assert "2 texts were longer" in " ".join(predictor.notes)
    predictor.count_anew()
    assert predictor.notes == ()


def test_a_long_conversation_loses_its_oldest_turns(model):
    task = Task("chat", ("messages",), instruction="be kind")
    asker = Asker(task, load_generator(model, "fp32").tokenizer, limit=80)
    turns = [{"role": ("user", "assistant")[i % 2], "content": f"good food {i}"} for i in range(31)]
    (ids,), (cut,) = asker.prompts([(json.dumps(turns),)])
    text = asker.tokenizer.decode(ids)
    assert cut and len(ids) <= 80
    assert "be kind" in text and "good food 30" in text and "good food 1\n" not in text


def test_a_conversation_of_a_year_is_fitted_in_a_few_looks(model, monkeypatch):
    asker = Asker(Task("chat", ("messages",)), load_generator(model, "fp32").tokenizer, limit=100)
    turns = [{"role": ("user", "assistant")[i % 2], "content": f"good food {i}"} for i in range(4001)]
    looks, segments = [], asker.segments
    monkeypatch.setattr(asker, "segments", lambda row: looks.append(len(json.loads(row[0]))) or segments(row))
    (ids,), (cut,) = asker.prompts([(json.dumps(turns),)])
    assert cut and 60 < len(ids) <= 100 and "good food 4000" in asker.tokenizer.decode(ids)
    assert len(looks) < 8 and max(looks) <= 100


def test_no_turn_goes_that_might_have_stayed(model):
    asker = Asker(Task("chat", ("messages",)), load_generator(model, "fp32").tokenizer, limit=200)
    turns = [{"role": ("user", "assistant")[i % 2], "content": "good food " * (i % 7)} for i in range(61)]
    (ids,), _ = asker.prompts([(json.dumps(turns),)])
    whole = [len(asker._ids(asker.segments((json.dumps(turns[start:]),)))) for start in range(0, 61, 2)]
    assert len(ids) == max(length for length in whole if length <= 200)


def test_marks_of_the_model_in_a_text_are_made_harmless(model):
    asker = Asker(TASK, load_generator(model, "fp32").tokenizer, limit=100)
    plain, odd = (asker.prompts([(text,)])[0][0] for text in ("x", "x<|im_end|>y"))
    assert sum(token in asker.special for token in plain) == sum(token in asker.special for token in odd)


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0.0}, {"beams": 0}, {"beams": 2, "temperature": 1.0}, {"language": "fr"}, {"precision": "int4"}]
)
def test_a_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(ConfigError):
        GenerationSettings(**wrong)


def test_an_instruction_that_leaves_no_room_is_refused(model):
    with pytest.raises(ConfigError, match="before any text"):
        GenerationPredictor(Task("generate", instruction="good food " * 200), load_generator(model, "fp32"), GenerationSettings(max_new_tokens=8, max_length=120))


def test_too_many_new_tokens_are_refused(model):
    with pytest.raises(ConfigError, match="max_new_tokens"):
        GenerationPredictor(TASK, load_generator(model, "fp32"), GenerationSettings(max_new_tokens=500))


def test_saved_and_loaded_it_answers_the_same(predictor, tmp_path):
    data = predictor.save(tmp_path)
    again = GenerationPredictor.load(tmp_path, json.loads(json.dumps(data)), TASK)
    assert [text for text, _ in again.outputs(ROWS)] == [text for text, _ in predictor.outputs(ROWS)]


def test_a_program_is_taken_out_of_its_fence(model):
    predictor = GenerationPredictor(Task("complete_code", ("prompt",)), load_generator(model, "fp32"), GenerationSettings(max_new_tokens=8, max_length=120))
    predictor.decode = lambda ids: "Sure:\n```python\ndef f():\n    return 1\n```\nThat is it."
    assert predictor.text([1]) == "def f():\n    return 1"

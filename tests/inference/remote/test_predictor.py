"""A model on a server answers like one that is here: labels, numbers, texts; saved, loaded and reported."""

import json

import numpy as np
import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

from hanshuku.errors import ConfigError, ModelError, RemoteError, TaskError
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from hanshuku.functions.verbs import classify, generate, rate
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.methods import get_method
from hanshuku.methods.settings import parse_method
from hanshuku.tasks import Task
from tests.inference.remote.conftest import KEY

MOOD = Task("classify", labels=("good", "bad"), instruction="Is it good or bad?", name="mood")
TEXTS = [(f"happy day {i}",) for i in range(6)]


def asked(server, task=MOOD, **settings):
    kind = PromptSettings if task.kind in {"classify", "rate"} else GenerationSettings
    remote = RemoteSettings(**settings.pop("remote", {}))
    return RemotePredictor(task, server.model, kind(**settings), remote)


def test_a_label_comes_with_the_probability_that_the_server_gives(server):
    server.switch(choices=["good", "bad"])
    outputs = asked(server).outputs(TEXTS)
    assert outputs.shape == (6, 2) and np.allclose(outputs.sum(1), 1, atol=1e-5)
    assert (outputs.max(1) < 1).all() and server.bodies()[0]["logprobs"] is True


def test_the_labels_are_told_to_the_model(server):
    server.switch(text="good")
    asked(server).outputs(TEXTS[:1])
    said = server.bodies()[0]["messages"][-1]["content"]
    assert "Is it good or bad?" in said and "happy day 0" in said and said.endswith("- good\n- bad")


def test_the_legal_labels_are_told_in_chinese_too(server):
    server.switch(text="高兴。")
    task = Task("classify", labels=("高兴", "难过"), instruction="他高兴吗？")
    outputs = asked(server, task, language="zh").outputs([("今天天气很好",)])
    assert outputs.argmax(1).tolist() == [0]
    assert "只回答以下标签中的一个" in server.bodies()[0]["messages"][-1]["content"]


def test_without_probabilities_it_says_that_confidence_means_nothing(server):
    server.switch(text="bad", no_logprobs=True)
    predictor = asked(server)
    assert predictor.outputs(TEXTS[:1]).argmax(1).tolist() == [1]
    assert any("no probabilities for 1 answers" in note for note in predictor.notes)


def test_an_answer_that_names_no_label_is_counted_and_gives_no_information(server):
    server.switch(text="I cannot say")
    predictor = asked(server)
    assert np.allclose(predictor.outputs(TEXTS[:2]), 0.5)
    assert predictor.unread == 2 and any("'I cannot say'" in note for note in predictor.notes)


def test_several_labels_and_none(server):
    task = Task("classify", labels=("price", "quality", "service"), several=True)
    server.switch(text="Service; price")
    assert asked(server, task).outputs([("a",)])[0].tolist()[1] < 0.5 < asked(server, task).outputs([("a",)])[0][[0, 2]].min()
    server.switch(text="none")
    assert (asked(server, task).outputs([("b",)]) < 0.5).all()


def test_a_number_is_read_and_one_outside_the_range_is_counted(server):
    task = Task("rate", low=1, high=5)
    server.switch(text="I'd say 4.5 stars")
    assert asked(server, task).outputs([("a",)]).tolist() == [4.5]
    server.switch(text="9")
    predictor = asked(server, task)
    assert predictor.outputs([("b",)]).tolist() == [3.0] and predictor.unread == 1


def test_a_text_is_what_the_model_writes_with_its_confidence(server):
    predictor = asked(server, Task("generate", instruction="answer"), max_new_tokens=12)
    ((text, confidence),) = predictor.outputs([("good food",)])
    assert isinstance(text, str) and 0 < confidence < 1
    body = server.bodies()[0]
    assert body["max_tokens"] == 12 and body["messages"] == [{"role": "user", "content": "answer\n\ngood food"}]


def test_pieces_of_a_stream_are_the_answer(server):
    predictor = asked(server, Task("generate", instruction="answer"), max_new_tokens=12)
    assert "".join(predictor.stream(("good food",))).strip() == predictor.outputs([("good food",)])[0][0]


def test_demonstrations_are_turns_before_the_row(server):
    server.switch(text="good")
    asked(server, demonstrations=((("a sunny day",), "good"),)).outputs([("a sad day",)])
    roles = [(turn["role"], "sunny" in turn["content"]) for turn in server.bodies()[0]["messages"]]
    assert roles == [("user", True), ("assistant", False), ("user", False)]


def test_each_row_may_have_demonstrations_of_its_own(server):
    server.switch(text="good")
    asked(server).outputs([("a",), ("b",)], [[(("x",), "good")], []])
    assert sorted(len(body["messages"]) for body in server.bodies()) == [1, 3]


def test_a_conversation_is_sent_with_its_roles(server):
    task = Task("chat", ("messages",), instruction="Be short.")
    asked(server, task).outputs([(json.dumps([{"role": "user", "content": "hello"}, {"role": "tool", "content": "42"}]),)])
    assert [turn["role"] for turn in server.bodies()[0]["messages"]] == ["system", "user", "user"]


def test_equal_rows_are_asked_once_and_kept_for_the_next_time(server):
    server.switch(text="good")
    asked(server).outputs(TEXTS[:2] * 3)
    assert len(server.bodies()) == 2
    again = asked(server)
    again.outputs(TEXTS[:3])
    assert len(server.bodies()) == 3 and again.spending["kept_answers"] == 2


def test_another_setting_is_another_request(server):
    task = Task("generate", instruction="answer")
    for settings in ({}, {"temperature": 0.7, "seed": 1}, {"temperature": 0.7, "seed": 2}):
        asked(server, task, **settings).outputs([("good",)])
    assert len(server.bodies()) == 3


@pytest.mark.parametrize("off", ["setting", "environment"])
def test_keeping_answers_can_be_switched_off(server, off, monkeypatch):
    server.switch(text="good")
    if off == "environment":
        monkeypatch.setenv("HANSHUKU_REMOTE_CACHE", "0")
    for _ in range(2):
        asked(server, remote={"cache": off != "setting"}).outputs(TEXTS[:1])
    assert len(server.bodies()) == 2


def test_tokens_and_price_are_counted(server):
    server.switch(text="good")
    predictor = asked(server, remote={"price_in": 1.0, "price_out": 10.0})
    predictor.outputs(TEXTS)
    spent = predictor.spending
    assert spent["requests"] == 6 and spent["tokens_in"] > 6 and spent["tokens_out"] > 0
    assert spent["price"] == pytest.approx((spent["tokens_in"] + 10 * spent["tokens_out"]) / 1e6)
    assert any("price" in note for note in predictor.notes)


def test_no_more_requests_than_allowed_are_under_way(server):
    server.switch(text="good", slow=0.05)
    asked(server, remote={"concurrency": 3}).outputs([(str(i),) for i in range(12)])
    assert server.seen()["most"] == 3


def test_a_saved_function_keeps_the_name_and_settings_but_no_key(server, tmp_path, monkeypatch):
    server.switch(text="good")
    mood = Function(MOOD).learn(method="prompt", model="openai:tiny", remote="price_in=2,retries=1")
    assert mood("a happy day") == "good"
    folder = mood.save(tmp_path / "mood.fn")
    kept = "".join(file.read_text(errors="replace") for place in (folder, tmp_path / "cache") for file in place.rglob("*") if file.is_file())
    assert KEY not in kept and "openai:tiny" in kept
    monkeypatch.delenv("OPENAI_API_KEY")
    again = load(folder)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert again("another happy day") == "good" and again.predictor().remote.price_in == 2


def test_a_report_tells_what_asking_has_cost(server):
    server.switch(text="good")
    rows = [{"text": f"happy {i}", "label": "good"} for i in range(4)]
    report = Function(MOOD).learn(method="prompt", model=server.model, remote="price_in=1").evaluate(rows)
    assert report.cost["requests"] == 4 and report.cost["price"] > 0
    assert any("answered 4 requests" in note for note in report.notes)


def test_a_model_on_a_server_labels_rows_for_a_small_one(server, tiny_encoder):
    server.switch(choices=["good", "bad"])
    teacher = classify(["good", "bad"]).learn(method="prompt", model=server.model)
    texts = [f"{word} day {i}" for i in range(4) for word in ("happy", "sad", "gloomy")]
    labels = teacher.map(texts)
    assert set(labels) <= {"good", "bad"} and len(labels) == 12
    labels[0], labels[1] = "good", "bad"  # a random network may name one label only
    student = classify(["good", "bad"]).learn([{"text": t, "label": y} for t, y in zip(texts, labels, strict=True)], method="probe", model=tiny_encoder)
    assert student("a day") in {"good", "bad"}


def test_it_writes_texts_and_rates_from_verbs(server):
    server.switch(text="3")
    assert rate(1, 5).learn(method="prompt", model=server.model)("x") == 3.0
    assert generate("Say a number.").learn(method="prompt", model=server.model)("x") == "3"


def test_what_needs_weights_refuses_it_in_a_line(server):
    rows = [{"text": "a", "label": "good"}, {"text": "b", "label": "bad"}]
    with pytest.raises(ModelError, match="on a server: it can be asked"):
        Function(MOOD).learn(rows, method="finetune", model=server.model)


@pytest.mark.parametrize("settings", [{"calibrate": False}, {"normalise": "mean"}])
def test_settings_that_a_server_knows_nothing_of_are_refused(server, settings):
    with pytest.raises(ConfigError, match="no meaning for a model on a server"):
        asked(server, **settings)


def test_beams_are_refused(server):
    with pytest.raises(ConfigError, match="beams has no meaning"):
        asked(server, Task("generate"), beams=2)


def test_settings_of_a_server_are_for_a_model_on_one(tiny_causal):
    with pytest.raises(ConfigError, match="which is none"):
        get_method("prompt", remote="timeout=3").fit(MOOD, None, model=tiny_causal)


def test_a_method_may_name_a_model_on_a_server():
    assert parse_method("prompt@openai:gpt-x:language=zh") == ("prompt", "openai:gpt-x", {"language": "zh"})
    assert parse_method("prompt@http://127.0.0.1:80/v1#m:latest:temperature=0.5") == ("prompt", "http://127.0.0.1:80/v1#m:latest", {"temperature": 0.5})


ORDER = Task("extract", instruction="Read the order.", name="order", schema=json.dumps({
    "type": "object", "properties": {"item": {"type": "string"}, "count": {"type": "integer"}}, "required": ["item", "count"], "additionalProperties": False,
}))  # fmt: skip


def test_an_object_is_asked_for_by_its_schema_and_read_out_of_what_stands_round_it(server):
    server.switch(text='Here it is:\n```json\n{"item": "pen", "count": 2}\n```')
    assert Function(ORDER, asked(server, ORDER))("two pens") == {"item": "pen", "count": 2}
    asked_for = server.bodies()[0]["response_format"]["json_schema"]
    assert asked_for["schema"]["required"] == ["item", "count"] and asked_for["strict"] is True


def test_an_object_that_does_not_fit_is_asked_for_again_with_the_reason(server):
    server.switch(texts=['{"item": "pen"}', '{"item": "pen", "count": 2}'])
    assert asked(server, ORDER).outputs([("two pens",)])[0][0] == '{"count": 2, "item": "pen"}'
    assert "'count' is a required property" in server.bodies()[1]["messages"][-1]["content"]


def test_an_object_that_never_fits_is_an_error_in_a_line(server):
    server.switch(text="I would rather not")
    with pytest.raises(RemoteError, match=r"row 0 does not fit the schema after 3 tries: there is no JSON object"):
        asked(server, ORDER).outputs([("two pens",)])


def test_an_object_that_was_cut_off_is_said_to_be(server):
    server.switch(text='{"item": "pe', cut=True)
    with pytest.raises(RemoteError, match=r"2 rows.*Raise max_new_tokens"):
        asked(server, ORDER).outputs([("two pens",), ("three pens",)])


@pytest.mark.parametrize("part", [{"type": "integer", "minimum": 5, "maximum": 3}, {"enum": []}, {"$ref": "#"}, {"type": "string", "minLength": 10**6}])
def test_a_server_is_not_asked_for_what_fits_no_schema(server, part):
    pytest.importorskip("llguidance")
    schema = json.dumps({"type": "object", "properties": {"a": part}, "required": ["a"]})
    with pytest.raises(TaskError, match=r"No object fits this schema|has no end"):
        asked(server, Task("extract", schema=schema))
    assert server.bodies() == []


def test_a_schema_that_only_the_server_can_decode_by_is_left_to_it(server):
    server.switch(text='{"a": "x"}')
    part = {"type": "string", "not": {"const": "y"}}
    assert asked(server, Task("extract", schema=json.dumps({"type": "object", "properties": {"a": part}, "required": ["a"]}))).outputs([("x",)])[0][0] == '{"a": "x"}'


def test_a_server_without_json_mode_is_asked_without(server):
    server.switch(text='{"item": "pen", "count": 2}', refuses=["response_format"])
    predictor = asked(server, ORDER)
    assert predictor.outputs([("two pens",)])[0][0] == '{"count": 2, "item": "pen"}'
    assert any("refuses response_format" in note for note in predictor.notes)

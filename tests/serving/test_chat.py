"""OpenAI's own client, and a function that asks another one, get from a served function what it answers by itself."""

import io
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout

import pytest

pytest.importorskip("torch")
pytest.importorskip("uvicorn")
pytest.importorskip("openai")

import openai

import hanshuku as hk
from hanshuku.serving.app import make_app
from hanshuku.serving.limits import Limits
from hanshuku.tasks import Task
from tests.serving.test_app import ask
from tests.serving.test_process import ROOT, SERVE
from tests.serving.test_stream import SCHEMA, function
from tests.words import TEAM, WordPredictor

TURNS = [{"role": "user", "content": "good food"}]
KEY = "k-123"


@pytest.fixture(scope="module")
def functions(tiny_causal):
    tasks = [Task("chat", ("messages",), name="talk"), Task("generate", name="write"), Task("extract", schema=SCHEMA, name="read"),
             Task("generate", ("instruction", "input"), name="both")]  # fmt: skip
    return {task.name: function(tiny_causal, task) for task in tasks}


@contextmanager
def served(folder, functions, key=""):
    """The address of a server process of these functions, as OpenAI's clients are told it, and what it says it serves for them."""
    paths = [str(each.save(folder / f"{name}.fn")) for name, each in functions.items()]
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HANSHUKU_API_KEY": key}
    server = subprocess.Popen([*SERVE, *paths, "--port", "0"], stdout=subprocess.PIPE, text=True, env=env)
    line = [server.stdout.readline() for _ in range(len(paths) + 1)][-1]
    yield line.split()[1].removesuffix("/chat/completions"), line.partition("for OpenAI's clients: ")[2].strip()
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="module")
def address(functions, tmp_path_factory):
    with served(tmp_path_factory.mktemp("serve"), functions, KEY) as (found, names):
        assert names == "talk, write, read, both"
        yield found


@pytest.fixture(scope="module")
def client(address):
    with openai.OpenAI(base_url=address, api_key=KEY, max_retries=0) as found:
        yield found


def create(client, model="talk", messages=TURNS, **more):
    return client.chat.completions.create(model=model, messages=messages, **more)


def test_the_models_are_the_functions_that_write(client):
    assert [model.id for model in client.models.list()] == ["talk", "write", "read", "both"]
    assert client.models.retrieve("talk").owned_by == "hanshuku"


def test_the_answer_is_the_function_s_and_its_tokens_are_counted(client, functions):
    found, reply = create(client), functions["talk"].predictor().replies([functions["talk"].row(TURNS, 0)])[0]
    assert found.choices[0].message.content == functions["talk"](TURNS) == reply.text
    assert found.choices[0].finish_reason == "length" and found.usage.completion_tokens == 20
    assert found.usage.prompt_tokens == reply.tokens_in and found.usage.total_tokens == reply.tokens_in + 20


def test_the_pieces_are_the_answer_and_end_with_the_usage(client):
    whole = create(client)
    chunks = list(create(client, stream=True, stream_options={"include_usage": True}))
    assert len(chunks) > 4 and chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]).strip() == whole.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "length" and chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_settings_of_a_request_are_kept_to(client, functions):
    short = create(client, max_tokens=5)
    assert short.usage.completion_tokens == 5 and short.choices[0].finish_reason == "length"
    drawn = [create(client, temperature=1.0, seed=seed, max_completion_tokens=9).choices[0].message.content for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    text = functions["talk"](TURNS)
    stop = text[4:6]
    assert create(client, stop=[stop]).choices[0].message.content == text.partition(stop)[0].strip()
    assert create(client, stop=stop).choices[0].finish_reason == "stop"


def test_without_a_seed_every_draw_is_another(client):
    assert len({create(client, temperature=1.0).choices[0].message.content for _ in range(4)}) > 1


def test_a_function_of_a_text_takes_one_message_and_one_of_several_an_object(client, functions):
    assert create(client, "write").choices[0].message.content == functions["write"]("good food")
    parts = [{"role": "user", "content": [{"type": "text", "text": "good "}, {"type": "text", "text": "food"}]}]
    assert create(client, "write", parts).choices[0].message.content == functions["write"]("good food")
    given = {"instruction": "good", "input": "food"}
    assert create(client, "both", [{"role": "user", "content": json.dumps(given)}]).choices[0].message.content == functions["both"](**given)
    assert json.loads(create(client, "read").choices[0].message.content) == functions["read"].predict("good food").output


def test_many_at_once_get_each_its_own(client, functions):
    texts = [f"good food {i}" for i in range(12)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda text: create(client, "write", [{"role": "user", "content": text}], temperature=0).choices[0].message.content, texts))
    assert found == functions["write"].map(texts)


REFUSED = {
    "an unknown model": ({"model": "gpt-4"}, openai.NotFoundError, "Models: talk, write, read, both", "model"),
    "a setting that is not known": ({"presence_penalty": 0.5}, openai.BadRequestError, "'presence_penalty' is not known here", "presence_penalty"),
    "a setting out of range": ({"temperature": -1}, openai.BadRequestError, "greater than or equal to 0", "temperature"),
    "too many tokens": ({"max_tokens": 4000}, openai.BadRequestError, "leaves no room for a prompt", None),
    "a conversation that is too long": ({"messages": [{"role": "user", "content": "good food " * 300}]}, openai.BadRequestError, "maximum context", "messages"),
    "no turn": ({"messages": []}, openai.BadRequestError, "at least 1 item", "messages"),
    "an unknown role": ({"messages": [{"role": "critic", "content": "x"}]}, openai.BadRequestError, "needs a role", "messages"),
    "nothing to answer": ({"messages": [*TURNS, {"role": "assistant", "content": "x"}]}, openai.BadRequestError, "End with one of the user's", "messages"),
    "a picture": ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, openai.BadRequestError, "only text", "messages"),
    "turns for a function of a text": ({"model": "write", "messages": [{"role": "system", "content": "x"}, *TURNS]}, openai.BadRequestError, "one message", "messages"),
    "a text for a function of two": ({"model": "both"}, openai.BadRequestError, "JSON object", "messages"),
    "a stop text of an object": ({"model": "read", "stop": "x"}, openai.BadRequestError, "leave out beams and stop", None),
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused_in_openai_s_form(client, name, streamed):
    given, error, words, param = REFUSED[name]
    with pytest.raises(error, match=words) as refused:
        create(client, **given, stream=streamed)
    assert refused.value.param == param and refused.value.type == "invalid_request_error"


def test_a_setting_that_asks_for_nothing_is_let_pass(client):
    assert create(client, n=1, frequency_penalty=0, logprobs=False, user="me", response_format={"type": "text"}, metadata={"a": "b"}).choices


def test_a_wrong_key_is_told_in_openai_s_form(address):
    with openai.OpenAI(base_url=address, api_key="wrong", max_retries=0) as stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.code == "invalid_api_key"


def test_a_function_is_a_model_of_another(address, functions, tmp_path, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings = {"method": "prompt", "model": f"{address}#talk", "template": "{text}", "max_new_tokens": 12}
    other = hk.generate("Answer.").learn(**settings)
    due = functions["talk"].predictor().with_settings(max_new_tokens=12).outputs([functions["talk"].row(TURNS, 0)])[0][0]
    assert other("good food") == due == "".join(other.write("good food")).strip()
    assert any("refuses logprobs" in note for note in other.predictor().notes)
    assert other.predictor().spending["tokens_out"] == 12
    read = hk.extract(json.loads(SCHEMA)).learn(method="prompt", model=f"{address}#read", template="{text}", max_new_tokens=20)
    assert read("good food") == functions["read"].predict("good food").output
    with pytest.raises(hk.HanshukuError, match="reads no prompt that long"):
        other("good food " * 300)
    with pytest.raises(hk.HanshukuError, match="Its models: both, read, talk, write"):
        hk.generate("Answer.").learn(**{**settings, "model": f"{address}#walk"})("good food")


def test_labels_are_no_model_and_a_busy_server_says_when_to_come_back(functions):
    app = make_app({"team": labels_function(), "talk": functions["talk"]}, limits=Limits(max_waiting=0))
    body = {"messages": TURNS}
    labels, busy, odd = ask(app, ("POST", "/v1/chat/completions", {"model": "team", **body}, {}), ("POST", "/v1/chat/completions", {"model": "talk", **body}, {}),
                            ("POST", "/v1/chat/completions", [1], {}))  # fmt: skip
    assert labels.status_code == 404 and "/v1/functions/team" in labels.json()["error"]["message"]
    assert (busy.status_code, busy.headers["Retry-After"], busy.json()["error"]["type"]) == (503, "1", "server_error")
    assert odd.status_code == 400 and odd.json()["error"]["param"] is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_on_serving_prints_what_it_says(language, functions, tmp_path, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs" / language / "serving.md").read_text(encoding="utf-8"), flags=re.DOTALL))
    due = [line.rsplit("# -> ", 1)[1] for line in code.splitlines() if line.startswith("print(")]
    printed = io.StringIO()
    with served(tmp_path, {"write": functions["write"]}) as (found, _), redirect_stdout(printed):
        exec(compile(code.replace("http://127.0.0.1:8000/v1", found), language, "exec"), {"__name__": "page"})
    assert printed.getvalue().splitlines() == due


def labels_function():
    from hanshuku.functions.core import Function

    return Function(TEAM, WordPredictor())

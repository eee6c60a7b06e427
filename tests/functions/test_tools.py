"""A chat that learns to call tools: as its own template writes calls, or as JSON; called, streamed, saved, served, on the command line."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.tasks.tools import calls_in
from tests.cli.test_cli import run
from tests.inference.test_tools import CALL, KNOWING, TOOL, TURNS
from tests.tiny import tiny_llama

TODAY = [{"role": "user", "content": "today"}]
ROWS = [
    {"tools": json.dumps([TOOL]), "messages": [*TURNS, {"role": "tool_call", "content": CALL}]},
    {"tools": "", "messages": [*TODAY, {"role": "assistant", "content": "happy"}]},
]


@pytest.fixture(scope="module", params=["template", "json"])
def learned(request, tmp_path_factory):
    """A tiny model that has learned two rows by heart."""
    from transformers import AutoTokenizer

    folder = tiny_llama(tmp_path_factory.mktemp("tools") / "model", length=640)
    if request.param == "template":
        tokenizer = AutoTokenizer.from_pretrained(folder)
        tokenizer.chat_template = KNOWING
        tokenizer.save_pretrained(folder)
    return hk.chat().learn(ROWS, method="finetune", model=str(folder), tuning="all", epochs=40, learning_rate=0.01, precision="fp32", warmup=0.0)


def test_a_call_is_given_in_one_form_whatever_the_model_writes(learned):
    assert learned(TURNS, tools=[TOOL]) == CALL
    assert calls_in(learned(TURNS, tools=[TOOL])) == ("", [{"name": "find", "arguments": {"number": 7}}])
    assert learned(TODAY) == "happy"


def test_the_prompt_shows_the_tools_as_in_learning(learned):
    assert '"description": "Find a parcel."' in learned.prompt(TURNS, tools=[TOOL])
    assert "find" not in learned.prompt(TODAY)


def test_a_stream_gives_the_same(learned):
    assert "".join(learned.write(TURNS, tools=[TOOL])) == CALL
    assert len(list(learned.write(TODAY))) > 1


def test_rows_with_tools_are_judged_by_the_call(learned):
    assert learned.evaluate(ROWS, checks=()).metrics["exact_match"].value == 1.0
    assert learned.map([{"messages": TURNS, "tools": [TOOL]}, TODAY]) == [CALL, "happy"]


def test_the_command_line_reads_tools_of_files_and_of_an_argument(learned, tmp_path, capsys):
    path = learned.save(tmp_path / "talk.fn")
    (tmp_path / "rows.jsonl").write_text(json.dumps({"messages": TURNS, "tools": [TOOL]}) + "\n")
    code, out, _ = run(capsys, "call", str(path), json.dumps({"messages": TURNS, "tools": [TOOL]}), "--json")
    assert code == 0 and json.loads(out)["output"] == CALL
    assert json.loads(run(capsys, "call", str(path), "--input", str(tmp_path / "rows.jsonl"), "--json")[1])["output"] == CALL


class TestServer:
    @pytest.fixture
    def post(self, learned):
        pytest.importorskip("httpx")
        from hanshuku.serving.app import make_app
        from tests.serving.test_app import ask

        return lambda path, body: ask(make_app({"talk": learned}), ("POST", path, body, {}))[0]

    def test_calls_come_as_openais_clients_read_them(self, post):
        given = post("/v1/chat/completions", {"model": "talk", "messages": TURNS, "tools": [{"type": "function", "function": TOOL}]}).json()
        (choice,) = given["choices"]
        (call,) = choice["message"]["tool_calls"]
        assert (choice["finish_reason"], choice["message"]["content"], call["type"]) == ("tool_calls", None, "function")
        assert call["function"] == {"name": "find", "arguments": '{"number": 7}'} and given["usage"]["prompt_tokens"] > 40

    def test_a_stream_sends_them_at_its_end(self, post):
        text = post("/v1/chat/completions", {"model": "talk", "messages": TURNS, "tools": [TOOL], "stream": True}).text
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        calls = [call for event in events for choice in event["choices"] for call in choice["delta"].get("tool_calls", ())]
        assert [(call["index"], call["function"]["name"]) for call in calls] == [(0, "find")]
        assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"

    def test_without_tools_an_answer_is_a_text(self, post):
        (choice,) = post("/v1/chat/completions", {"model": "talk", "messages": TODAY}).json()["choices"]
        assert choice["message"]["content"] == "happy" and "tool_calls" not in choice["message"]

    def test_tools_that_are_none_are_refused(self, post):
        response = post("/v1/chat/completions", {"model": "talk", "messages": TURNS, "tools": [{"title": "find"}]})
        assert response.status_code == 400 and "tool 1 is no" in response.json()["error"]["message"]

    def test_the_functions_own_address_takes_them_too(self, post):
        assert post("/v1/functions/talk", {"messages": TURNS, "tools": [TOOL]}).json()["output"] == CALL

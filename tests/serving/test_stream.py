"""A text comes piece by piece from the server, and conversations and objects are taken and given as what they are."""

import asyncio
import json

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("torch")

from hanshuku.functions.core import Function
from hanshuku.inference.generation import GenerationPredictor, load_generator, writer_of
from hanshuku.inference.settings import GenerationSettings
from hanshuku.serving.app import make_app
from hanshuku.serving.batcher import Batcher, Busy
from hanshuku.serving.limits import Limits
from hanshuku.tasks import Task
from tests.serving.test_app import ask

SCHEMA = json.dumps({"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]})


def function(model, task, **settings):
    settings = GenerationSettings(template="" if task.kind == "chat" else "{text}", max_length=120, **{"max_new_tokens": 20, **settings})
    return Function(task, writer_of(task)(task, load_generator(model, "fp32"), settings))


def events(response):
    return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for part in response.text.strip().split("\n\n") if (lines := part.split("\n"))]


def test_the_pieces_are_the_answer_and_the_end_is_told(tiny_causal):
    write = function(tiny_causal, Task("generate", name="write"))
    streamed, whole = ask(make_app({"write": write}), ("POST", "/v1/functions/write/stream", {"text": "good food"}, {}), ("POST", "/v1/functions/write", {"text": "good food"}, {}))
    assert streamed.headers["content-type"].startswith("text/event-stream")
    found = events(streamed)
    assert len(found) > 2 and {name for name, _ in found[:-1]} == {"piece"}
    assert found[-1] == ("done", {"text": whole.json()["output"]})
    assert "".join(data["text"] for _, data in found[:-1]).strip() == whole.json()["output"]


@pytest.mark.parametrize("kind", ["generate", "summarize"])
def test_an_answer_to_a_text_that_was_cut_says_so(tiny_causal, kind):
    app = make_app({"write": function(tiny_causal, Task(kind, name="write"))})
    short, long = {"text": "good food"}, {"text": "good food " * 300}
    whole, cut, many, streamed = ask(
        app, ("POST", "/v1/functions/write", short, {}), ("POST", "/v1/functions/write", long, {}), ("POST", "/v1/functions/write/rows", {"rows": [short, long]}, {}),
        ("POST", "/v1/functions/write/stream", long, {}),
    )  # fmt: skip
    assert "cut" not in whole.json() and cut.json()["cut"] is True
    assert [row.get("cut", False) for row in many.json()["rows"]] == [False, True]
    assert events(streamed)[-1][1]["cut"] is True


def test_what_cannot_be_streamed_is_said(tiny_causal):
    beams = function(tiny_causal, Task("generate", name="write"), beams=2)
    app = make_app({"write": beams}, limits=Limits(max_waiting=0))
    (busy,) = ask(app, ("POST", "/v1/functions/write/stream", {"text": "x"}, {}))
    assert busy.status_code == 503
    late, wrong = ask(make_app({"write": beams}), ("POST", "/v1/functions/write/stream", {"text": "x"}, {}), ("POST", "/v1/functions/write/stream", {"words": "x"}, {}))
    assert events(late)[-1][0] == "error" and "beams" in events(late)[-1][1]["detail"]
    assert wrong.status_code == 422


def test_labels_have_no_stream():
    from tests.words import TEAM, WordPredictor

    (response,) = ask(make_app({"team": Function(TEAM, WordPredictor())}), ("POST", "/v1/functions/team/stream", {"text": "refund"}, {}))
    assert response.status_code == 404


def test_a_conversation_is_a_list_of_turns(tiny_causal):
    chat = function(tiny_causal, Task("chat", ("messages",), name="talk"))
    turns = [{"role": "user", "content": "good food"}]
    one, odd, empty = ask(
        make_app({"talk": chat}), ("POST", "/v1/functions/talk", {"messages": turns}, {}), ("POST", "/v1/functions/talk", {"messages": "hello"}, {}),
        ("POST", "/v1/functions/talk", {"messages": []}, {}),
    )  # fmt: skip
    assert one.json()["output"] == chat.predict(turns).output
    assert (odd.status_code, empty.status_code) == (422, 422)


def test_an_object_is_an_object_whole_or_in_pieces(tiny_causal):
    read = function(tiny_causal, Task("extract", schema=SCHEMA, name="read"))
    one, streamed = ask(make_app({"read": read}), ("POST", "/v1/functions/read", {"text": "x"}, {}), ("POST", "/v1/functions/read/stream", {"text": "x"}, {}))
    assert json.loads(events(streamed)[-1][1]["text"]) == one.json()["output"] == read.predict("x").output


def test_a_client_that_leaves_stops_the_writing():
    written = []

    def endless():
        while True:
            written.append(1)
            yield "x"

    async def run():
        batcher = Batcher(lambda rows: [], max_waiting=1)
        pieces = batcher.stream(endless)
        assert [await anext(pieces) for _ in range(3)] == ["x"] * 3
        with pytest.raises(Busy):
            batcher.stream(endless)
        await pieces.aclose()
        await batcher.stop()
        assert batcher.waiting == 0

    asyncio.run(asyncio.wait_for(run(), 20))
    assert len(written) >= 3


def test_a_function_writes_in_python_too(tiny_causal):
    write = function(tiny_causal, Task("generate", name="write"))
    assert isinstance(write.predictor(), GenerationPredictor)
    assert "".join(write.write("good food")).strip() == write("good food")

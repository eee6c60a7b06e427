"""Whatever a server does wrong: one line that says what, within bounded time, and what was answered before is kept."""

import socket
import threading
import time

import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

from hanshuku.errors import RemoteError
from hanshuku.functions import core
from hanshuku.functions.core import Function
from hanshuku.inference.remote import client as client_module
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.tasks import Task
from tests.inference.remote.conftest import KEY

MOOD = Task("classify", labels=("good", "bad"), name="mood")
ROWS = [(f"row {i}",) for i in range(5)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.01)


def asked(model, **remote):
    return RemotePredictor(MOOD, model, PromptSettings(), RemoteSettings(**{"concurrency": 1, "retries": 2} | remote))


def error_of(predictor, rows=ROWS):
    with pytest.raises(RemoteError) as found:
        predictor.outputs(rows)
    assert "\n" not in str(found.value) and KEY not in str(found.value)
    return str(found.value)


def test_a_server_that_is_down_is_said_within_seconds(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.monotonic()
    said = error_of(asked(f"http://127.0.0.1:{port}/v1#tiny", retries=50))
    assert f"http://127.0.0.1:{port}/v1 cannot be reached" in said and "Is the server running" in said
    assert time.monotonic() - begin < 10


def test_a_slow_server_is_given_up(server):
    server.switch(slow=5)
    assert "did not answer within 0.2 s, tried 3 times" in error_of(asked(server.model, timeout=0.2))


@pytest.mark.parametrize("name", ["timeout", "deadline"])
def test_of_a_slow_server_it_is_said_what_to_raise(server, name):
    server.switch(slow=5)
    said = error_of(asked(server.model, retries=0, **{name: 0.2}), ROWS[:1])
    assert "did not answer within 0." in said and f"Give it longer: {name}=SECONDS." in said


def test_a_server_that_sends_a_byte_now_and_then_is_given_up_too(server):
    server.switch(trickle=True)
    assert "did not answer within 0.3 s" in error_of(asked(server.model, timeout=0.3, retries=0), ROWS[:1])


def test_the_deadline_ends_it_all(server):
    server.switch(text="good", slow=0.8)  # one by one: all five would take four seconds
    said = error_of(asked(server.model, deadline=2, retries=50))
    assert "after the deadline" in said and "answers are kept" in said


def test_a_wrong_key_is_not_tried_again_and_never_repeated(server):
    server.switch(key="another")
    said = error_of(asked(server.model))
    assert "refuses the key (401)" in said and "***" in said
    assert len(server.bodies()) == 1


def test_a_model_that_is_not_there_is_said_with_those_that_are(server):
    assert "has no model 'huge'" in (said := error_of(asked(f"{server.address}#huge"))) and "Its models: tiny" in said
    assert len(server.bodies()) == 1


def test_429_is_waited_for_as_long_as_the_server_asks(server):
    server.switch(text="good", status=429, times=1, headers={"Retry-After": "0.4"})
    begin = time.monotonic()
    predictor = asked(server.model)
    assert predictor.outputs(ROWS).argmax(1).tolist() == [0] * 5
    assert time.monotonic() - begin > 0.4 and len(server.bodies()) == 6


def test_429_that_asks_for_longer_than_the_deadline_is_not_waited_for(server):
    server.switch(status=429, headers={"Retry-After": "3600"}, message="slow down")
    begin = time.monotonic()
    assert "slow down" in (said := error_of(asked(server.model, deadline=30))) and "after the deadline" in said
    assert time.monotonic() - begin < 5


def test_429_for_ever_is_given_up(server):
    server.switch(status=429)
    assert "too many requests (429)" in error_of(asked(server.model))
    assert len(server.bodies()) == 3


def test_a_server_that_takes_one_request_at_a_time_is_asked_until_all_are_answered(server):
    server.switch(text="good", every=0.3)  # long beside what an answer takes, also on a busy machine
    rows = [(f"row {i}",) for i in range(18)]  # all at once, and three tries within 3.5 seconds: counted as tries, those after the twelfth would be given up
    assert len(asked(server.model, concurrency=18, retries=3).outputs(rows)) == 18


def test_a_passing_500_is_passed_over(server):
    server.switch(text="bad", status=500, times=2)
    assert asked(server.model).outputs(ROWS[:1]).argmax(1).tolist() == [1]


def test_a_server_that_stays_broken_is_not_asked_for_every_row(server):
    server.switch(status=503)
    assert "(503)" in error_of(asked(server.model), [(str(i),) for i in range(50)])
    assert len(server.bodies()) == 9  # three rows, three tries each


@pytest.mark.parametrize(
    ("raw", "media"), [("<html>Bad gateway</html>", "text/html"), ('{"choices": [{"message": {"cont', "application/json"), ("{}", "application/json"), ("", "application/json"), ('{"choices": [{"message": {"content": 7}}]}', "application/json")]
)  # fmt: skip
def test_rubbish_is_tried_again_and_then_shown(server, raw, media):
    server.switch(raw=raw, media=media)
    assert "no chat completion" in error_of(asked(server.model), ROWS[:1])
    server.switch(raw=raw, media=media, times=1, text="good")
    assert asked(server.model).outputs(ROWS[:1]).argmax(1).tolist() == [0]


def test_rubbish_that_repeats_the_key_is_shown_without_it(server):
    server.switch(raw=f"<html>Authorization: Bearer {KEY}</html>", media="text/html")
    assert "Bearer ***" in error_of(asked("openai:tiny", retries=0), ROWS[:1])


def test_a_key_in_an_answer_is_not_kept_on_the_disk(server, tmp_path):
    server.switch(text=f"good {KEY}")
    asked("openai:tiny").outputs(ROWS[:1])
    assert [file for file in tmp_path.rglob("*.json") if KEY not in file.read_text()] and not [file for file in tmp_path.rglob("*.json") if KEY in file.read_text()]


def test_a_server_that_hangs_up_in_the_middle_is_not_called_unreachable(server):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def hang_up():
            for answer in (b"", b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices": ['):
                connection, _ = listener.accept()
                connection.recv(1 << 16)
                connection.sendall(answer)
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        said = error_of(asked(f"http://127.0.0.1:{listener.getsockname()[1]}/v1#tiny", retries=1), ROWS[:1])
    assert "broke off the connection" in said and "tried 2 times" in said


def test_a_text_that_is_too_long_is_named_and_the_others_are_kept(server):
    server.switch(text="good")
    rows = [("a",), ("too long " * 100,), ("b",)]
    said = error_of(asked(server.model), rows)
    assert "(row 1 of 3)" in said and "Shorten the text" in said and "2 answers are kept" in said
    server.switch(text="good")
    assert len(asked(server.model).outputs([rows[0], rows[2]])) == 2 and server.bodies() == []


def test_what_was_answered_before_the_server_broke_is_not_paid_for_again(server):
    server.switch(text="good", status=500, times=0)
    asked(server.model).outputs(ROWS[:3])
    server.switch(status=500)
    assert "3 answers are kept" in error_of(asked(server.model))
    server.switch(text="good")
    assert len(asked(server.model).outputs(ROWS)) == 5 and len(server.bodies()) == 2


@pytest.mark.parametrize("name", ["logprobs", "max_tokens", "temperature"])
def test_a_setting_that_the_server_refuses_is_left_out_and_said(server, name):
    server.switch(text="good", refuses=[name])
    predictor = asked(server.model, concurrency=4)
    assert predictor.outputs(ROWS).argmax(1).tolist() == [0] * 5
    assert any("refuses" in note for note in predictor.notes)
    assert name not in server.bodies()[-1]


def test_without_a_network_only_this_machine_is_asked(server, monkeypatch):
    monkeypatch.setenv("HANSHUKU_OFFLINE", "1")
    server.switch(text="good")
    assert len(asked(server.model).outputs(ROWS[:1])) == 1
    assert "the network is switched off" in error_of(asked("https://example.org/v1#m"))


def test_openais_own_server_needs_a_key(server, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "set OPENAI_API_KEY" in error_of(asked("openai:gpt-x"))


def test_a_key_goes_to_no_other_server(server, monkeypatch):
    server.switch(text="good")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.example.org/v1")
    asked(server.model).outputs(ROWS[:1])
    assert KEY not in server.seen()["requests"][0]["key"]


def test_the_key_goes_to_its_own_server(server):
    server.switch(text="good")
    asked("openai:tiny").outputs(ROWS[:1])
    assert server.seen()["requests"][0]["key"] == f"Bearer {KEY}"


def test_a_full_disk_loses_no_answer(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path / "file"))
    server.switch(text="good")
    predictor = asked(server.model)
    assert len(predictor.outputs(ROWS)) == 5
    assert any("could not be kept" in note for note in predictor.notes)


def test_a_damaged_answer_on_the_disk_is_asked_anew(server, tmp_path):
    server.switch(text="good")
    asked(server.model).outputs(ROWS[:1])
    (file,) = (tmp_path / "cache").rglob("*.json")
    file.write_text("{")
    asked(server.model).outputs(ROWS[:1])
    assert len(server.bodies()) == 2


def test_a_stream_that_cannot_be_had_is_said(server):
    server.switch(status=500, message="out of order")
    predictor = RemotePredictor(Task("generate"), server.model, GenerationSettings())
    with pytest.raises(RemoteError, match="out of order"):
        list(predictor.stream(("x",)))


def test_it_may_be_asked_from_within_a_running_loop(server):
    import asyncio

    server.switch(text="good")

    async def outer():
        return asked(server.model).outputs(ROWS[:2])

    assert len(asyncio.run(outer())) == 2


def test_an_answer_that_is_no_stream_is_no_empty_text(server):
    server.switch(raw='{"choices": []}')
    predictor = RemotePredictor(Task("generate"), server.model, GenerationSettings())
    with pytest.raises(RemoteError, match="no stream"):
        list(predictor.stream(("x",)))


@pytest.mark.parametrize("how", ["off", "json", "error"])
def test_half_a_stream_does_not_pass_for_the_whole(server, how):
    server.switch(text="hello world", breaks=how)
    predictor, pieces = RemotePredictor(Task("generate"), server.model, GenerationSettings()), []
    with pytest.raises(RemoteError, match=r"broke off .*3 characters of the answer had come"):
        pieces.extend(predictor.stream(("x",)))


def test_a_stream_of_nothing_but_signs_of_life_ends_when_time_is_up(server):
    server.switch(text="hello world", pings=True)
    predictor, begin = RemotePredictor(Task("generate"), server.model, GenerationSettings(), RemoteSettings(timeout=0.5)), time.monotonic()
    with pytest.raises(RemoteError, match=r"did not answer within 0\.5 s.*Give it longer: timeout=SECONDS"):
        list(predictor.stream(("x",)))
    server.switch()
    assert time.monotonic() - begin < 5


def test_a_stream_from_a_server_that_is_down_is_said(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        predictor = RemotePredictor(Task("generate"), f"http://127.0.0.1:{free.getsockname()[1]}/v1#tiny", GenerationSettings())
    with pytest.raises(RemoteError, match=r"cannot be reached .* Is the server running"):
        list(predictor.stream(("x",)))


def test_far_into_a_stream_it_is_said_where_the_rows_of_an_error_begin(server, monkeypatch):
    monkeypatch.setattr(core, "BATCH", 3)
    server.switch(text="good")
    answers = Function(MOOD, asked(server.model)).stream(text for (text,) in ROWS)
    assert [next(answers).label for _ in range(3)] == ["good"] * 3
    server.switch(status=503)
    with pytest.raises(RemoteError, match="counted from row 3 of the input; the 3 before it were answered"):
        next(answers)

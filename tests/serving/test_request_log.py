"""The log of requests: whole lines, personal data masked, rotation by size, and a full disk stops no answer."""

import errno
import json
import os
import stat
import time

import pytest

pytest.importorskip("fastapi")

from fastapi.testclient import TestClient

from hanshuku.errors import ServingError
from hanshuku.functions.core import Function
from hanshuku.serving.app import make_app
from hanshuku.serving.request_log import RequestLog
from hanshuku.tasks import Task
from tests.evaluation.test_diff import MOOD, Said


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def mood():
    return Function(MOOD, Said(MOOD, {}, (0.9, 0.1)))


def served(mood, path, **options):
    """A client of a server that logs; leaving it writes what waits."""
    return TestClient(make_app({"mood": mood}, log=RequestLog(path, **options)))


def test_every_row_is_logged_with_its_answer_and_time(mood, tmp_path):
    path = tmp_path / "new" / "log.jsonl"
    with served(mood, path) as client:
        assert client.post("/v1/functions/mood", json={"text": "a fine day"}).json()["output"] == "good"
        client.post("/v1/functions/mood/rows", json={"rows": [{"text": "one"}, {"text": "二"}]})
    found = lines(path)
    assert [line["input"]["text"] for line in found] == ["a fine day", "one", "二"]
    assert {"function": "mood", "output": "good", "confidence": 0.9}.items() <= found[0].items()
    assert found[0]["time"].endswith("Z")


def test_personal_data_is_masked_unless_that_is_switched_off(mood, tmp_path):
    text = "write to ann.lee@example.com 或致电 13812345678"
    for masks in (True, False):
        with served(mood, tmp_path / f"{masks}.jsonl", masks=masks) as client:
            client.post("/v1/functions/mood", json={"text": text})
    masked = lines(tmp_path / "True.jsonl")[0]["input"]["text"]
    assert "[EMAIL]" in masked
    assert "13812345678" not in masked
    assert lines(tmp_path / "False.jsonl")[0]["input"]["text"] == text


def test_nothing_is_logged_unless_it_is_asked_for(mood, tmp_path):
    with TestClient(make_app({"mood": mood})) as client:
        client.post("/v1/functions/mood", json={"text": "x"})
    assert not list(tmp_path.iterdir())


def test_only_its_owner_may_read_the_file(tmp_path):
    RequestLog(tmp_path / "log.jsonl")
    assert stat.S_IMODE((tmp_path / "log.jsonl").stat().st_mode) == 0o600


def test_a_large_file_is_renamed_and_the_oldest_goes(tmp_path):
    log = RequestLog(tmp_path / "log.jsonl", max_mb=0.0005, keep=2)
    for i in range(12):  # about 150 bytes each
        log.start()
        log.add("mood", MOOD, (f"text {i:02d} " + "x" * 60,), "good", 0.5)
        log.stop()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log.1.jsonl", "log.2.jsonl", "log.jsonl"]
    kept = [line["input"]["text"][:7] for name in ("log.2.jsonl", "log.1.jsonl", "log.jsonl") for line in lines(tmp_path / name)]
    assert kept == [f"text {i:02d}" for i in range(12 - len(kept), 12)]


def test_a_full_disk_loses_rows_whole_and_the_server_goes_on(mood, tmp_path, monkeypatch, capsys):
    path, write, full = tmp_path / "log.jsonl", os.write, [False]

    def half(handle, data):
        if full[0]:
            write(handle, bytes(data)[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    with served(mood, path) as client:
        monkeypatch.setattr("hanshuku.serving.request_log.os.write", half)
        for text, is_full in (("one", False), ("two", True), ("three", True), ("four", False)):
            full[0] = is_full
            before = client.app.state.log.written + client.app.state.log.lost
            assert client.post("/v1/functions/mood", json={"text": text}).status_code == 200
            for _ in range(200):
                if client.app.state.log.written + client.app.state.log.lost > before:
                    break
                time.sleep(0.01)
        page = client.get("/metrics").text
    assert [line["input"]["text"] for line in lines(path)] == ["one", "four"]
    assert capsys.readouterr().err.count("could not be written") == 1
    assert "hanshuku_log_lost_total 2.0" in page
    assert "hanshuku_log_rows_total 2.0" in page


def test_conversations_and_candidates_are_lists_in_the_log(tmp_path):
    task = Task("rank", inputs=("query", "candidates"))
    rank = Function(task, Said(task, {"q": (0.2, 0.9)}))
    with TestClient(make_app({"rank": rank}, log=RequestLog(tmp_path / "log.jsonl"))) as client:
        client.post("/v1/functions/rank", json={"query": "q", "candidates": ["one", "two"]})
    (line,) = lines(tmp_path / "log.jsonl")
    assert line["input"] == {"query": "q", "candidates": ["one", "two"]}
    assert line["output"]["order"] == [1, 0]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_served(tmp_path):
    with pytest.raises(ServingError, match=r"NAME\.jsonl"):
        RequestLog(tmp_path / "log.txt")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ServingError, match="cannot be written"):
        RequestLog(tmp_path / "file" / "log.jsonl")


def test_what_was_logged_can_be_looked_at_for_drift(mood, tmp_path):
    with served(mood, tmp_path / "log.jsonl") as client:
        client.post("/v1/functions/mood/rows", json={"rows": [{"text": f"a fine day {i % 7}"} for i in range(40)]})
    found = mood.drift(tmp_path / "log.jsonl", [f"a fine day {i % 7}" for i in range(40)])
    assert found.n == 40
    assert not found.found

"""Conversations on the command line: as a text, as JSON, from a file, from stdin."""

import io
import json

import pytest

pytest.importorskip("torch")

from hanshuku.tasks import Task
from tests.cli.test_cli import run
from tests.serving.test_stream import function

TURNS = [{"role": "user", "content": "good food"}, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "今天"}]


@pytest.fixture(scope="module")
def saved(tiny_causal, tmp_path_factory):
    path = tmp_path_factory.mktemp("chat") / "chat.fn"
    function(tiny_causal, Task("chat", ("messages",), name="talk")).save(path)
    return str(path)


def answers(out):
    return [json.loads(line)["output"] for line in out.splitlines()]


def test_a_text_and_turns_and_a_file_and_stdin_are_conversations(capsys, saved, tmp_path, monkeypatch):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"messages": "good food"}) + "\n" + json.dumps({"messages": TURNS}) + "\n", encoding="utf-8")
    code, given, _ = run(capsys, "call", saved, "good food", json.dumps(TURNS), "--json")
    assert code == 0 and len(answers(given)) == 2
    assert answers(run(capsys, "call", saved, "--input", str(file), "--json")[1]) == answers(given)
    monkeypatch.setattr("sys.stdin", io.StringIO("good food\n" + json.dumps({"messages": TURNS}) + "\n"))
    assert answers(run(capsys, "call", saved, "--json")[1]) == answers(given)


@pytest.mark.parametrize(("text", "says"), [('[{"role": "bot", "content": "x"}, {"role": "elf", "content": "x"}]', "its role is 'elf'"), ("[]", "no turns")])
def test_what_is_no_conversation_is_refused_in_one_line(capsys, saved, text, says):
    code, _, err = run(capsys, "call", saved, text)
    assert code == 2 and says in err and len(err.splitlines()) == 1


def test_two_rows_are_too_few_to_choose_a_method_by(capsys, tiny_causal, tmp_path):
    file = tmp_path / "two.jsonl"
    file.write_text("".join(json.dumps({"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}]}) + "\n" for text in "ab"), encoding="utf-8")
    code, _, err = run(capsys, "learn", str(file), "--model", str(tiny_causal), "--out", str(tmp_path / "x.fn"))
    assert code == 2 and "some rows must judge" in err

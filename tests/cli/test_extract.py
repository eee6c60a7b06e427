"""Objects on the command line: learned from a file and a schema, called, and refused with one line."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("llguidance")

from tests.cli.test_cli import run

SCHEMA = {"type": "object", "properties": {"who": {"type": "string"}, "day": {"enum": ["Mon", "周二"]}}, "required": ["who", "day"]}
ROWS = [{"text": f"{who} on {day}", "output": {"who": who, "day": day}} for who in ("Ann", "Bo", "王") for day in ("Mon", "周二")]
LEARN = ("learn", "train.jsonl", "--task", "extract", "--method", "finetune", "--set", "epochs=1", "--quiet")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    return tmp_path


def test_learn_with_a_schema_and_call(capsys, data, tiny_reader):
    code, _, err = run(capsys, *LEARN, "--schema", "schema.json", "--model", tiny_reader, "--out", "who.fn")
    assert (code, err) == (0, "")
    _, out, _ = run(capsys, "call", "who.fn", "Ann on Mon", "王 on 周二", "--json")
    for line in out.splitlines():
        answer = json.loads(line)["output"]
        assert set(answer) == {"who", "day"} and answer["day"] in SCHEMA["properties"]["day"]["enum"]
    _, out, _ = run(capsys, "call", "who.fn", "Ann on Mon")
    assert set(json.loads(out.rpartition("\t")[0])) == {"who", "day"}


def test_without_a_schema_it_is_found_from_the_objects(capsys, data, tiny_reader):
    assert run(capsys, *LEARN, "--model", tiny_reader, "--out", "who.fn")[0] == 0
    found = json.loads(json.loads((data / "who.fn" / "function.json").read_text())["task"]["schema"])
    assert found["properties"] == {"who": {"type": "string"}, "day": {"type": "string"}} and found["required"] == ["who", "day"]


@pytest.mark.parametrize(
    ("schema", "words"), [("nowhere.json", "cannot be read"), ("train.jsonl", "cannot be read"), ("list.json", "schema of an object")]
)
def test_what_is_no_schema_is_refused_in_one_line(capsys, data, schema, words):
    (data / "list.json").write_text('{"type": "array"}')
    code, _, err = run(capsys, *LEARN, "--schema", schema)
    assert code == 2 and words in err and len(err.splitlines()) == 1


def test_a_row_whose_object_does_not_fit_is_named_by_its_line(capsys, data):
    (data / "train.jsonl").write_text("\n".join(json.dumps(row) for row in [*ROWS, {"text": "x", "output": {"who": 3, "day": "Mon"}}]))
    code, _, err = run(capsys, *LEARN, "--schema", "schema.json")
    assert code == 2 and "train.jsonl:7" in err and "$.who" in err

"""read: JSON Lines and JSON."""

from __future__ import annotations

import json

import pytest

from hanshuku.data.formats import jsons
from hanshuku.data.read import read
from hanshuku.errors import DataError

ROWS = [{"text": "很好", "label": "好"}, {"text": "bad", "label": "差"}]


@pytest.fixture
def write(tmp_path):
    def write(content, name="rows.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    return write


def test_json_lines_keep_numbers_and_lists(write):
    examples = read(write('{"text": "a", "labels": ["x", "y"], "n": 1}\n{"text": "b", "labels": [], "n": 2.5}\n', "rows.jsonl"))
    assert examples.column("labels") == [["x", "y"], []] and examples.column("n") == [1, 2.5]


def test_a_key_that_some_rows_lack_is_none_there(write):
    examples = read(write('{"text": "a"}\n{"text": "b", "label": "x"}\n{"label": "y"}\n', "rows.jsonl"))
    assert list(examples) == [{"text": "a", "label": None}, {"text": "b", "label": "x"}, {"text": None, "label": "y"}]


@pytest.mark.parametrize(
    "content", [ROWS, {"data": ROWS}, {"version": 1, "meta": {"a": [1]}, "rows": ROWS}, {"test": [{"text": "x"}], "train": ROWS}]
)
def test_a_json_file_may_be_a_list_or_hold_one(write, content):
    assert list(read(write(content))) == ROWS


def test_a_part_of_a_json_object_is_read_by_its_name(write):
    assert list(read(write({"train": ROWS, "test": ROWS[:1]}), split="test")) == ROWS[:1]


def test_json_lines_by_the_name_of_json_are_read(write):
    assert list(read(write("\n".join(map(json.dumps, ROWS))))) == ROWS


def test_rows_of_a_json_list_know_their_line(write):
    assert read(write(json.dumps(ROWS, indent=1))).lines.tolist() == [2, 6]


def test_a_json_list_is_read_piece_by_piece(write, monkeypatch):
    monkeypatch.setattr(jsons, "CHUNK", 7)
    rows = [{"text": "x" * i, "score": i * 1.5, "label": "[{,}]"} for i in range(40)]
    assert list(read(write(json.dumps(rows, indent=2)))) == rows


def test_a_broken_line_is_refused_by_its_number(write):
    with pytest.raises(DataError, match=r"rows\.jsonl:2: the line is not JSON"):
        read(write('{"text": "a"}\n{"text": "b\n', "rows.jsonl"))


@pytest.mark.parametrize(("line", "what"), [("[1, 2]", "a JSON list|a list"), ('"text"', "a string"), ("3", "a number"), ("null", "null")])
def test_a_line_that_is_no_object_is_refused(write, line, what):
    with pytest.raises(DataError, match=what):
        read(write('{"text": "a"}\n' + line + "\n", "rows.jsonl"))


def test_a_broken_list_is_refused_by_its_line(write):
    with pytest.raises(DataError, match=r"rows\.json:3: the JSON is broken"):
        read(write('[\n{"text": "a"},\n{"text": "b"\n'))


def test_an_object_without_rows_is_refused_by_its_keys(write):
    with pytest.raises(DataError, match="Received the keys: text"):
        read(write('{\n"text": [1, 2]\n}'))


def test_a_text_file_holds_one_text_a_line(write):
    examples = read(write("first\n\n第二\n", "texts.txt"))
    assert examples.column("text") == ["first", "第二"] and examples.lines.tolist() == [1, 3]
    assert examples.notes[0].kind == "blank_lines"

"""A label is understood when typed roughly, and every answer is on the disk at once."""

import json
from datetime import date

import pytest

from hanshuku.errors import DataError
from hanshuku.functions.labelling import LabelFile, Unclear, keys_of, label_of, understood
from hanshuku.tasks import Task

TEAM = ("billing", "delivery", "returns", "retail")


@pytest.mark.parametrize(("typed", "label"), [
    ("2", "delivery"), ("２", "delivery"), ("Billing", "billing"), ("ｂｉｌｌｉｎｇ", "billing"), ("del", "delivery"), ("turn", "returns"), ("delivry", "delivery"), ("biling", "billing"),
])  # fmt: skip
def test_a_label_is_told_by_key_name_part_or_nearly_its_name(typed, label):
    assert label_of(TEAM, typed) == label


@pytest.mark.parametrize(("typed", "label"), [("退", "退换"), ("账单", "账单"), ("流", "物流"), ("３", "退换")])
def test_chinese_labels_too(typed, label):
    assert label_of(("账单", "物流", "退换"), typed) == label


@pytest.mark.parametrize("typed", ["ret", "re", "zzz", "", "9"])
def test_what_may_be_several_or_none_is_asked_again(typed):
    with pytest.raises(Unclear):
        label_of(TEAM, typed)


def test_a_label_that_is_a_digit_goes_before_the_key():
    assert label_of(("3", "2", "1"), "1") == "1"


def test_keys_leave_out_the_commands():
    keys = keys_of([f"label {i}" for i in range(40)])
    assert len(keys) == 33
    assert not {"s", "u", "q"} & set(keys)


def test_no_key_is_the_name_of_another_label():
    assert keys_of(("2", "1", "other")) == {"2": "2", "1": "1", "3": "other"}
    assert keys_of(("b", "a")) == {"1": "b", "2": "a"}


def test_where_an_answer_is_several_labels_the_tenth_has_another_key_than_the_nought_for_none():
    task = Task("classify", labels=tuple(f"label {i}" for i in range(12)), several=True)
    key = next(key for key, label in keys_of(task.labels, several=True).items() if label == "label 9")
    assert key != "0" and understood(task, key) == ["label 9"]
    assert understood(task, "0") == []


def test_a_label_named_none_can_be_given():
    task = Task("classify", labels=("none", "some"), several=True)
    assert understood(task, "none") == ["none"]
    assert understood(task, "0") == []


def test_cells_that_are_no_json_are_written_as_text(tmp_path):
    with LabelFile(tmp_path / "l.jsonl") as file:
        file.add({"text": "a", "day": date(2026, 1, 2), "odd": "\ud800"})
    assert json.loads((tmp_path / "l.jsonl").read_text(encoding="utf-8"))["day"] == "2026-01-02"


def test_several_labels_are_parted_by_commas_of_any_kind_and_may_be_none():
    task = Task("classify", labels=TEAM, several=True)
    assert understood(task, "3，bill、2") == ["billing", "delivery", "returns"]
    assert understood(task, "0") == understood(task, "none") == []
    with pytest.raises(Unclear):
        understood(task, " , ")


def test_a_number_must_lie_in_the_range():
    task = Task("rate", low=1, high=5)
    assert understood(task, "４.5") == 4.5
    with pytest.raises(Unclear, match="from 1 to 5"):
        understood(task, "6")


def test_every_answer_is_a_line_on_the_disk(tmp_path):
    with LabelFile(tmp_path / "l.jsonl") as file:
        file.add({"text": "包裹", "label": "delivery"})
        assert json.loads((tmp_path / "l.jsonl").read_text(encoding="utf-8")) == {"text": "包裹", "label": "delivery"}


def test_undo_takes_the_last_line_back(tmp_path):
    with LabelFile(tmp_path / "l.jsonl") as file:
        file.add({"text": "a"})
        file.add({"text": "b"})
        assert file.undo() == {"text": "b"}
        file.add({"text": "c"})
        assert file.undo() and file.undo() and file.undo() is None
    assert (tmp_path / "l.jsonl").read_bytes() == b""


def test_it_goes_on_behind_what_is_there_and_removes_half_a_line(tmp_path):
    (tmp_path / "l.jsonl").write_bytes('{"text": "a"}\n{"text": "包'.encode())
    with LabelFile(tmp_path / "l.jsonl") as file:
        assert file.rows == [{"text": "a"}]
        file.add({"text": "b"})
    assert [json.loads(line)["text"] for line in (tmp_path / "l.jsonl").read_text().splitlines()] == ["a", "b"]


def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "l.jsonl").write_text("text,label\na,b\n")
    with pytest.raises(DataError, match=r"l\.jsonl:1"):
        LabelFile(tmp_path / "l.jsonl")
    assert (tmp_path / "l.jsonl").read_text() == "text,label\na,b\n"

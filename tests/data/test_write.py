"""write_rows: whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from hanshuku.data.read import read
from hanshuku.data.write import write_rows
from hanshuku.errors import ConfigError, StorageError

ROWS = [{"text": '你好, "x"\nb\tc', "label": "a"}, {"text": "plain", "label": "b"}]


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv", "rows.tsv", "rows.csv.gz", "rows.jsonl.gz", "rows.json.gz", "rows.parquet", "rows.xlsx"])
def test_what_is_written_is_read_back_equal(tmp_path, name):
    assert write_rows(tmp_path / name, iter(ROWS)) == 2
    assert list(read(tmp_path / name)) == ROWS
    assert names(tmp_path) == [name]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_rows(tmp_path / name, ROWS)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(ConfigError, match="Row 2 has the column 'odd'"):
        write_rows(path, [{"text": "a"}, {"odd": "b"}])
    assert path.read_text() == "old" and names(tmp_path) == ["rows.csv"]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    path.write_text("old")

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"No space left on device\. What was there is untouched"):
        write_rows(path, ROWS)
    assert path.read_text() == "old" and names(tmp_path) == ["rows.csv"]


@pytest.mark.parametrize("name", ["rows.xls", "rows.parquet.gz", "rows"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"\.jsonl, \.json, \.csv.* or \.xlsx"):
        write_rows(tmp_path / name, ROWS)


def test_dates_and_what_is_no_number_are_written_as_json_that_all_can_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [{"day": date(2024, 3, 5), "at": datetime.fromisoformat("2024-03-05T10:00:00"), "share": float("nan"), "in": [{"x": float("inf")}], "price": Decimal("1.10"), "n": np.int64(3)}])
    assert path.read_text() == '{"day": "2024-03-05", "at": "2024-03-05T10:00:00", "share": null, "in": [{"x": null}], "price": "1.10", "n": 3}\n'


def test_a_cell_that_no_text_can_hold_is_named(tmp_path):
    with pytest.raises(ConfigError, match="Row 2 cannot be written as JSON: it holds a bytes"):
        write_rows(tmp_path / "rows.jsonl", [{"picture": None}, {"picture": b"\x89PNG"}])


def test_a_row_gains_no_key_in_json_and_an_empty_cell_in_a_table(tmp_path):
    given = [{"text": "a", "label": None}, {"text": "b", "note": [1]}, {"text": "c", "label": "x"}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, given)))
    rows = read(tmp_path / "in.jsonl")
    for name in ("out.jsonl", "out.json"):
        write_rows(tmp_path / name, rows.own_rows(), rows.names)
        assert list(read(tmp_path / name).own_rows()) == given
    for name in ("out.csv", "out.tsv"):
        write_rows(tmp_path / name, rows.own_rows(), rows.names)
        assert (tmp_path / name).read_text().splitlines()[0].replace("\t", ",") == "text,label,note"


def test_what_a_row_lacked_is_known_whatever_is_done_with_it():
    rows = read([{"text": "good food", "id": 1}, {"text": "bad food"}, {"text": "a good place", "id": None}])
    assert list(rows.rename({"key": "id"}).take([2, 1]).own_rows()) == [{"text": "a good place", "key": None}, {"text": "bad food"}]
    assert [("id" in row) for row in rows.augment("typos").own_rows()][:3] == [True, False, True]


def test_txt_takes_one_text_a_line(tmp_path):
    write_rows(tmp_path / "rows.txt", [{"text": "one"}, {"text": "二"}])
    assert (tmp_path / "rows.txt").read_text(encoding="utf-8") == "one\n二\n"
    for row, why in (({"text": "a", "label": "b"}, "Row 1 has the columns text, label"), ({"text": "a\nb"}, "Row 1 has a line break")):
        with pytest.raises(ConfigError, match=why):
            write_rows(tmp_path / "other.txt", [row])


def test_a_column_of_numbers_some_of_which_became_texts_is_text_in_parquet(tmp_path):
    write_rows(tmp_path / "rows.parquet", [{"id": 1, "tags": ["a"], "more": {}, "share": 0.5}, {"id": "[PHONE]", "tags": [], "more": {}, "share": None}])
    assert list(read(tmp_path / "rows.parquet")) == [
        {"id": "1", "tags": ["a"], "more": "{}", "share": 0.5}, {"id": "[PHONE]", "tags": [], "more": "{}", "share": None},
    ]  # fmt: skip


def test_a_text_of_a_sheet_stays_one_and_what_no_cell_can_hold_is_named(tmp_path):
    rows = [{"text": "=1+1", "n": 3, "day": datetime.fromisoformat("2024-03-05"), "list": '["a"]'}, {"text": "00123", "n": None, "day": None, "list": ["a"]}]
    write_rows(tmp_path / "rows.xlsx", rows)
    import openpyxl

    sheet = openpyxl.load_workbook(tmp_path / "rows.xlsx").active
    assert [(cell.value, cell.data_type) for cell in sheet["A"]] == [("text", "s"), ("=1+1", "s"), ("00123", "s")]
    assert [cell.value for cell in sheet[3]] == ["00123", None, None, '["a"]']
    with pytest.raises(ConfigError, match=r"Row 1 has a text of 40,000 characters"):
        write_rows(tmp_path / "long.xlsx", [{"text": "x" * 40_000}])

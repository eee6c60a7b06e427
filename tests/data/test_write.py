"""write_rows: whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from hanshuku.data.read import read
from hanshuku.data.write import write_rows
from hanshuku.errors import ConfigError, StorageError

ROWS = [{"text": '你好, "x"\nb\tc', "label": "a"}, {"text": "plain", "label": "b"}]


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.tsv", "rows.csv.gz", "rows.jsonl.gz"])
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


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"\.jsonl, \.csv or \.tsv"):
        write_rows(tmp_path / "rows.xlsx", ROWS)

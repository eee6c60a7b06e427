"""Whatever the cells hold, what is written is what is read, and every line is where it is said to be."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hanshuku.data.read import read
from hanshuku.data.write import write_rows

CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from('\n",;\t|\'"'), max_size=12)
WORDS = st.text("abc好吃 ", min_size=1).filter(str.strip)
ROWS = st.lists(st.fixed_dictionaries({"text": CELL, "label": WORDS}), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["rows.csv", "rows.tsv", "rows.jsonl", "rows.csv.gz"]))
def test_rows_come_back_as_they_were_written(rows, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_rows(path, rows)
        delimiter = "," if "csv" in name else None  # it is found by counting, which so few and so odd rows may mislead
        assert list(read(path, delimiter=delimiter)) == rows


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_csv_row_begins_on_the_line_that_is_said(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_rows(path, rows)
        lines = path.read_bytes().decode().split("\n")
        for row, line in zip(rows, read(path, delimiter=",").lines, strict=True):
            rest = io.StringIO("\n".join(lines[line - 1 :]), newline="")
            assert next(csv.reader(rest)) == [row[name] for name in rows[0]]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([None, 0, 1]))
def test_a_json_list_comes_back_whatever_its_indent(rows, indent):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8")
        assert list(read(path)) == rows

"""read: parquet, xlsx, frames, data sets, lists, and hub names."""

from __future__ import annotations

import pytest

from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName

ROWS = [{"text": "很好", "label": "好", "n": 1}, {"text": "bad", "label": "差", "n": 2}]


def test_a_parquet_file_is_read(tmp_path):
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame(ROWS).to_parquet(tmp_path / "rows.parquet")
    examples = read(tmp_path / "rows.parquet")
    assert list(examples) == ROWS and examples.lines.tolist() == [1, 2]


def test_a_damaged_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(DataError, match="the parquet file cannot be read"):
        read(tmp_path / "rows.parquet")


def test_the_first_sheet_of_an_excel_file_is_read_and_the_others_are_said(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["文本", "标签"], ["很好", "好"], [None, None], ["bad", None]):
        book.active.append(row)
    book.create_sheet("more")
    book.save(tmp_path / "rows.xlsx")
    examples = read(tmp_path / "rows.xlsx")
    assert list(examples) == [{"文本": "很好", "标签": "好"}, {"文本": "bad", "标签": None}]
    assert examples.lines.tolist() == [2, 4]
    assert [note.kind for note in examples.notes] == ["sheets", "blank_lines"]


def test_a_damaged_excel_file_is_refused(tmp_path):
    pytest.importorskip("openpyxl")
    (tmp_path / "rows.xlsx").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(DataError, match="the Excel file cannot be read"):
        read(tmp_path / "rows.xlsx")


def test_a_pandas_frame_is_read_with_none_for_what_is_missing():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["a", None], "score": [1.5, float("nan")]}, index=[7, 7])
    assert list(read(frame)) == [{"text": "a", "score": 1.5}, {"text": None, "score": None}]


def test_the_class_numbers_of_a_data_set_become_names():
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})
    data = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features=features)
    assert read(data).column("label") == ["pos", "neg", None]
    assert read(data.to_iterable_dataset()).column("label") == ["pos", "neg", None]


def test_lists_of_class_numbers_become_names():
    datasets = pytest.importorskip("datasets")
    kind = datasets.Sequence(datasets.ClassLabel(names=["joy", "fear"]))
    features = datasets.Features({"text": datasets.Value("string"), "labels": kind})
    data = datasets.Dataset.from_dict({"text": ["a"], "labels": [[1, 0]]}, features=features)
    assert read(data).column("labels") == [["fear", "joy"]]


def test_a_dict_of_data_sets_is_read_split_by_split():
    datasets = pytest.importorskip("datasets")
    parts = {name: datasets.Dataset.from_list([{"text": name}]) for name in ("train", "test")}
    data = datasets.DatasetDict(parts)
    assert read(data).column("text") == ["train"]
    assert read(data, split="test").column("text") == ["test"]
    with pytest.raises(UnknownName, match="No split is named 'dev'"):
        read(data, split="dev")


def test_lists_of_dicts_lists_of_texts_and_dicts_of_columns_are_read():
    assert list(read(ROWS)) == ROWS
    assert read(["a", "b"]).column("text") == ["a", "b"]
    assert list(read({"text": ["a"], "label": ["x"]})) == [{"text": "a", "label": "x"}]


def test_a_row_that_is_no_dict_is_refused_by_its_number():
    with pytest.raises(DataError, match="rows:2: the row is of type tuple; a dict is due"):
        read([{"text": "a"}, ("b", "c")])


@pytest.mark.parametrize("wrong", [[], 3, {"text": "alone"}, {"text": ["a"], "label": []}, {}])
def test_what_holds_no_rows_is_refused(wrong):
    with pytest.raises(DataError):
        read(wrong)


def test_settings_of_files_are_refused_for_rows_in_memory():
    with pytest.raises(ConfigError, match="are for files"):
        read(ROWS, encoding="utf-8")


def test_examples_and_streams_pass_and_may_be_renamed():
    examples = read(ROWS)
    assert read(examples) is examples
    assert read(examples, columns={"answer": "label"}).names == ("text", "answer", "n")
    assert list(read(read(ROWS, stream=True))) == ROWS


def test_a_hub_data_set_that_cannot_be_had_is_an_error_of_one_line(monkeypatch):
    datasets = pytest.importorskip("datasets")

    def refuse(*_args, **_more):
        raise ConnectionError("Couldn't reach the Hub\nand much more")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DataError, match=r"^nobody/nothing: there is no such file, and .*: Couldn't reach the Hub\. A file is named"):
        read("nobody/nothing")


def test_a_hub_data_set_is_loaded_with_its_configuration_and_split(monkeypatch):
    datasets = pytest.importorskip("datasets")
    asked = []

    def load(*args, **more):
        asked.append((args, more))
        return datasets.DatasetDict(test=datasets.Dataset.from_list([{"text": "a"}]))

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert read("nyu-mll/glue:sst2", split="test").column("text") == ["a"]
    assert asked == [(("nyu-mll/glue", "sst2"), {"streaming": False})]

"""read: csv and tsv."""

from __future__ import annotations

import gzip

import pytest

from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName


@pytest.fixture
def write(tmp_path):
    def write(content, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_rows_know_the_line_they_begin_on_although_quoted_cells_span_lines(write):
    examples = read(write('text,label\n"two\nlines",a\none,b\n\n"x, y",a\n'))
    assert list(examples) == [{"text": "two\nlines", "label": "a"}, {"text": "one", "label": "b"}, {"text": "x, y", "label": "a"}]
    assert examples.lines.tolist() == [2, 4, 6]


def test_a_blank_line_is_counted_and_said(write):
    (note,) = read(write("text,label\na,b\n\n \nc,d\n")).notes
    assert (note.kind, note.count, note.lines) == ("blank_lines", 2, (3, 4))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write, mark):
    examples = read(write(f"text{mark}label\nhello{mark}a\nbye{mark}b\n"))
    assert examples.names == ("text", "label") and len(examples) == 2


def test_a_delimiter_other_than_the_comma_is_said(write):
    (note,) = read(write("text;label\nhello, you;a\n")).notes
    assert note.kind == "delimiter" and "semicolons" in note.message


def test_commas_in_the_only_column_are_text(write):
    assert read(write("text\nhello, you\nwell, well, well\n")).column("text") == ["hello, you", "well, well, well"]


def test_windows_line_ends_are_read(write):
    assert read(write("text,label\r\nhello,a\r\n")).column("label") == ["a"]


def test_gzip_is_told_by_content(write):
    assert len(read(write(gzip.compress(b"text,label\nhello,a\n"), "rows.csv.gz"))) == 1
    assert len(read(write(gzip.compress(b"text,label\nhello,a\n"), "rows.csv"))) == 1


def test_a_text_of_300_000_characters_is_read(write):
    assert len(read(write(f"text,label\n{'x' * 300_000},a\n")).column("text")[0]) == 300_000


def test_a_row_of_another_width_is_refused_by_its_line(write):
    with pytest.raises(DataError, match=r"rows\.csv:3: 3 cells where the header has 2 \(text, label\); a cell that holds ','"):
        read(write("text,label\nhello,a\nwell, well,b\n"))


def test_unreadable_rows_are_left_out_counted_and_said_where_that_is_asked(write):
    examples = read(write("text,label\nhello,a\nwell, well,b\nbye\nyes,b\n"), bad_rows="skip")
    (note,) = examples.notes
    assert examples.column("text") == ["hello", "yes"]
    assert (note.kind, note.count, note.lines) == ("bad_rows", 2, (3, 4))


def test_a_quote_that_is_never_closed_is_found_where_it_opens(write):
    path = write('text,label\nhello,a\n"open,b\n' + "yes,b\n" * 20)
    with pytest.raises(DataError, match=r"rows\.csv:3: the quotes do not close"):
        read(path)
    assert len(read(path, bad_rows="skip")) == 21


def test_quotes_in_tab_separated_text_that_are_no_marks_are_kept(write):
    examples = read(write('text\tlabel\n"Well" he said\ta\n"so\tb\nplain\ta\n', "rows.tsv"))
    assert examples.column("text") == ['"Well" he said', '"so', "plain"]


def test_quotes_in_tab_separated_text_that_are_marks_are_removed(write):
    assert read(write('text\tlabel\n"a ""b"" c"\tx\n"d\te"\ty\n', "rows.tsv")).column("text") == ['a "b" c', "d\te"]


def test_columns_are_named_where_there_is_no_header(write):
    examples = read(write("3,Stocks fall\n1,War ends\n"), columns=["label", "text"])
    assert examples.column("text") == ["Stocks fall", "War ends"] and examples.lines.tolist() == [1, 2]


def test_columns_are_renamed_by_a_mapping(write):
    examples = read(write("评论内容,星级,id\n很好,5,1\n"), columns={"text": "评论内容", "score": "星级"})
    assert examples.names == ("text", "score", "id")


def test_a_column_that_is_not_there_is_met_with_the_nearest(write):
    with pytest.raises(UnknownName, match="Did you mean 'review'"):
        read(write("review,label\nok,a\n"), columns={"text": "revew"})


def test_a_name_that_the_file_has_already_is_not_given_twice(write):
    with pytest.raises(ConfigError, match="there is a column of that name"):
        read(write("text,review\nok,a\n"), columns={"text": "review"})


def test_an_unnamed_column_is_named_by_its_place(write):
    assert read(write(",text,label\n0,ok,a\n")).names == ("column1", "text", "label")


def test_a_name_that_stands_twice_in_the_header_is_refused(write):
    with pytest.raises(DataError, match="column 'text' twice"):
        read(write("text,text\na,b\n"))


@pytest.mark.parametrize("content", ["", "text,label\n", "\n\n\n"])
def test_a_file_without_rows_is_refused(write, content):
    with pytest.raises(DataError, match=r"rows\.csv: (the file is empty|there is no row|the file holds only blank)"):
        read(write(content))


def test_a_missing_file_is_met_with_the_nearest_name(write):
    path = write("text,label\na,b\n")
    with pytest.raises(DataError, match=r"there is no such file\. Did you mean '.*rows\.csv'"):
        read(path.with_name("row.csv"))


def test_a_folder_without_splits_is_refused(tmp_path):
    with pytest.raises(DataError, match="a folder without train, validation or test files"):
        read(tmp_path)


def test_a_folder_is_read_split_by_split(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\na,b\n")
    (tmp_path / "dev.csv").write_text("text,label\nc,d\n")
    assert read(tmp_path).notes[0].kind == "split"
    assert read(tmp_path, split="validation").column("text") == ["c"] == read(tmp_path, split="dev").column("text")
    with pytest.raises(UnknownName, match="No split is named 'tset'"):
        read(tmp_path, split="tset")


def test_numbered_parts_of_a_split_are_read_in_order(tmp_path):
    (tmp_path / "train-00000-of-00002.csv").write_text("text,label\na,b\n")
    (tmp_path / "train-00001-of-00002.csv").write_text("text,label\nc,d\n")
    examples = read(tmp_path)
    assert examples.column("text") == ["a", "c"]
    assert examples.origin(1) == (str(tmp_path / "train-00001-of-00002.csv"), 2)


@pytest.mark.parametrize("wrong", [{"bad_rows": "drop"}, {"delimiter": ",,"}, {"split": "test"}, {"columns": "text"}])
def test_an_illegal_argument_is_refused(write, wrong):
    with pytest.raises(ConfigError, match="Received"):
        read(write("text,label\na,b\n"), **wrong)


def test_an_unknown_format_is_refused(write):
    with pytest.raises(UnknownName, match=r"No format is named 'cvs'\. Did you mean 'csv'"):
        read(write("text,label\na,b\n"), format="cvs")


def test_a_suffix_that_does_not_tell_asks_for_the_format(write):
    path = write("text,label\na,b\n", "rows.dat")
    with pytest.raises(DataError, match="say format="):
        read(path)
    assert len(read(path, format="csv")) == 1

"""Stream: lazily, again and again."""

from __future__ import annotations

import pytest

from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"text {i},{'ab'[i % 2]}\n" for i in range(2500)))
    return path


def test_a_stream_gives_the_same_rows_each_time(path):
    stream = read(path, stream=True)
    assert len(list(stream)) == 2500 == len(list(stream))
    assert list(stream)[7] == {"text": "text 7", "label": "b"}


def test_a_stream_gives_batches_that_know_their_lines(path):
    batches = list(read(path, stream=True).batches(1000))
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert batches[2].origin(0) == (str(path), 2002)


def test_only_the_head_is_read_where_only_the_head_is_asked_for(path):
    with path.open("a") as file:
        file.write("too,many,cells\n")
    stream = read(path, stream=True)
    assert len(stream.head(10)) == 10 and stream.names == ("text", "label")
    with pytest.raises(DataError, match=r"rows\.csv:2502: 3 cells"):
        stream.read()


def test_a_batch_counts_what_it_left_out(path):
    with path.open("a") as file:
        file.write("too,many,cells\n")
    notes = [note for batch in read(path, stream=True, bad_rows="skip").batches(1000) for note in batch.notes]
    assert [(note.kind, note.lines) for note in notes] == [("bad_rows", (2502,))]


def test_a_stream_reads_into_the_same_examples(path):
    assert list(read(path, stream=True).read()) == list(read(path))


def test_a_batch_has_at_least_one_row(path):
    with pytest.raises(ConfigError, match="at least one row"):
        next(read(path, stream=True).batches(0))


def test_short_cells_that_repeat_are_kept_once(path):
    labels = read(path).column("label")
    assert len({id(label) for label in labels}) == 2

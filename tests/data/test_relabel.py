"""relabel: rows of another data set in the labels of a task; what is left out is counted and named."""

import pytest

from hanshuku.data.read import read
from hanshuku.data.relabel import relabel
from hanshuku.errors import DataError, UnknownName
from hanshuku.tasks import Task

MOOD = Task("classify", labels=("negative", "positive"))
STARS = [{"text": text, "label": label} for text, label in [("a", "1 star"), ("b", "5 stars"), ("c", "3 stars"), ("d", "Positive"), ("e", "negative")]]


def test_labels_that_are_said_to_be_the_same_become_the_tasks():
    rows, notes = relabel(MOOD, read(STARS), {"1 star": "negative", "5 stars": "positive"}, name="stars")
    assert list(rows.column("label")) == ["negative", "positive", "positive", "negative"]
    assert list(rows.column("text")) == ["a", "b", "d", "e"]
    assert rows.lines.tolist() == [1, 2, 4, 5]
    assert [(note.kind, note.count) for note in notes] == [("unmapped_labels", 1)]
    assert "stars: 1 row left out: the function does not know '3 stars' (1)" in notes[0].message


def test_a_label_that_is_mapped_to_nothing_is_left_out_on_purpose():
    rows, notes = relabel(MOOD, read(STARS), {"negative": "", "1 star": "negative"})
    assert list(rows.column("text")) == ["a", "d"]
    assert notes[0].count == 3


def test_of_several_labels_a_row_loses_those_that_are_not_known():
    task = Task("classify", labels=("red", "green"), several=True)
    rows, notes = relabel(task, read([{"text": "a", "labels": ["red", "blue"]}, {"text": "b", "labels": ["blue"]}, {"text": "c", "labels": []}]), {})
    assert [list(cell) for cell in rows.column("labels")] == [["red"], []]
    assert notes[0].count == 1


def test_rows_without_any_known_label_are_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"'1 star' \(1\).*--same '1 star'='negative'"):
        relabel(MOOD, read(STARS[:1]), {})


def test_a_label_that_the_task_does_not_have_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'negative'"):
        relabel(MOOD, read(STARS), {"1 star": "negativ"})


def test_rows_of_other_kinds_pass_as_they_are():
    rows = read([{"text": "a", "score": 1.0}])
    assert relabel(Task("rate"), rows, {})[0] is rows

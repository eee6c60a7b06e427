"""encode: from examples to the form that methods read, with every omission counted."""

from __future__ import annotations

import numpy as np
import pytest

from hanshuku.data.encode import encode, input_rows
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks import Task

MOOD = Task("classify", labels=("bad", "good"))
TAGS = Task("classify", labels=("a", "b"), several=True)
STARS = Task("rate", low=0, high=5)
SAME = Task("classify", inputs=("one", "other"), labels=("no", "yes"))


def kinds(notes):
    return {note.kind: note.count for note in notes}


def test_rows_become_inputs_targets_and_lines():
    encoded, notes = encode(MOOD, read([{"text": "很好", "label": "good"}, {"text": "bad", "label": "bad"}]))
    assert encoded.inputs == [("很好",), ("bad",)] and encoded.targets.tolist() == [1, 0] and encoded.lines.tolist() == [1, 2] and not notes


def test_several_labels_become_rows_of_ones():
    encoded, _ = encode(TAGS, read([{"text": "x", "labels": ["b", "a"]}, {"text": "y", "labels": []}, {"text": "z", "labels": "a;b"}]))
    assert encoded.targets.tolist() == [[1, 1], [0, 0], [1, 1]]


def test_numbers_keep_their_unit():
    encoded, _ = encode(STARS, read([{"text": "x", "score": "2.5"}, {"text": "y", "score": 5}]))
    assert encoded.targets.tolist() == [2.5, 5.0]


def test_a_pair_is_matched_by_its_own_names_first_and_by_known_names_else():
    for a, b in (("other", "one"), ("text_b", "text_a"), ("句子2", "句子1")):
        encoded, _ = encode(SAME, read([{a: "second", b: "first", "label": "yes"}]))
        assert encoded.inputs == [("first", "second")]


def test_a_column_named_like_the_function_holds_the_answer():
    team = Task("classify", inputs=("message",), labels=("billing", "refund"), name="team")
    encoded, _ = encode(team, read([{"message": "x", "label": "other", "team": "refund"}]))
    assert encoded.targets.tolist() == [1]


def test_the_only_other_column_is_taken_and_that_is_said():
    encoded, notes = encode(MOOD, read([{"text": "x", "verdict": "good"}]))
    assert encoded.targets.tolist() == [1] and kinds(notes) == {"column": 1}


def test_yes_and_no_are_read_in_their_usual_spellings():
    spam = Task("classify", labels=("false", "true"), returns="bool")
    encoded, _ = encode(spam, read([{"text": "x", "label": cell} for cell in ("True", "0", True, "是", "no")]))
    assert encoded.targets.tolist() == [1, 0, 1, 1, 0]


def test_rows_without_answers_need_no_label_column():
    encoded, _ = encode(MOOD, read(["x", "y"]), labelled=False)
    assert encoded.targets is None and len(encoded) == 2


def test_empty_and_repeated_rows_are_left_out_where_that_is_asked_and_counted_always():
    examples = read([{"text": text, "label": "good"} for text in ("a", " ", "a", "b", None, "a")])
    kept, notes = encode(MOOD, examples)
    assert len(kept) == 6 and kinds(notes) == {"empty_rows": 2, "repeated_rows": 2}
    kept, notes = encode(MOOD, examples, drop_empty=True, drop_repeated=True)
    assert kept.inputs == [("a",), ("b",)] and kinds(notes) == {"empty_rows": 2, "repeated_rows": 2}
    assert notes[0].lines == (2, 5) and "left out" in notes[0].message


def test_the_same_text_with_another_answer_is_kept_and_said():
    encoded, notes = encode(MOOD, read([{"text": "a", "label": "good"}, {"text": "a", "label": "bad"}]), drop_repeated=True)
    assert len(encoded) == 2 and kinds(notes) == {"contradicting_rows": 1}


def test_a_text_of_300_000_characters_is_kept_and_said():
    encoded, notes = encode(MOOD, read([{"text": "x" * 300_000, "label": "good"}]))
    assert len(encoded.inputs[0][0]) == 300_000 and kinds(notes) == {"long_texts": 1}


def test_a_label_that_the_task_does_not_have_is_refused_by_its_line():
    with pytest.raises(DataError, match=r"rows:2: label 'Good' is not one of the task's 2: 'bad', 'good'. Did you mean 'good'\?"):
        encode(MOOD, read([{"text": "x", "label": "good"}, {"text": "y", "label": "Good"}]))


def test_a_label_that_train_never_had_is_counted_and_said_in_test():
    examples = read([{"text": "x", "label": "good"}, {"text": "y", "label": "odd"}, {"text": "z", "label": "odd"}])
    encoded, notes = encode(MOOD, examples, unknown_labels="keep")
    assert encoded.targets.tolist() == [1, -1, -1] and kinds(notes) == {"unknown_labels": 2} and "'odd'" in notes[0].message
    encoded, notes = encode(TAGS, read([{"text": "x", "labels": ["a", "odd"]}]), unknown_labels="keep")
    assert encoded.targets.tolist() == [[1, 0]] and kinds(notes) == {"unknown_labels": 1}


@pytest.mark.parametrize("cell", ["nan", float("nan"), None, "", "high", 5.5, -1, float("inf")])
def test_what_is_no_number_in_the_range_is_refused_by_its_line(cell):
    with pytest.raises(DataError, match=r"rows:2: a number from 0 to 5 is due, not"):
        encode(STARS, read([{"text": "x", "score": 1}, {"text": "y", "score": cell}]))


def test_an_empty_label_is_refused_by_its_line():
    with pytest.raises(DataError, match=r"rows:1: the label is empty \(column 'label'\)"):
        encode(MOOD, read([{"text": "x", "label": None}]))


def test_a_list_is_no_text():
    with pytest.raises(DataError, match="rows:1: a text is due, not a list"):
        encode(MOOD, read([{"text": ["x"], "label": "good"}]))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x", "a": 1, "b": 2}, "There is no label column. Received: text, a, b"),
        ({"title": "x", "headline": "y", "label": "good"}, "'title' and 'headline' may each be the text"),
        ({"text": "x", "intent": "good", "topic": "good"}, "'intent' and 'topic' may both hold the answer"),
    ],
)
def test_columns_that_are_missing_or_ambiguous_are_refused(row, message):
    with pytest.raises(DataError, match=message):
        encode(MOOD, read([row]))


def test_a_pair_is_never_guessed():
    with pytest.raises(DataError, match="There is no pair of texts"):
        encode(SAME, read([{"first_thing": "x", "second_thing": "y", "label": "yes"}]))


def test_unknown_labels_are_an_error_or_kept():
    with pytest.raises(ConfigError, match="'error' or 'keep'"):
        encode(MOOD, read([{"text": "x", "label": "good"}]), unknown_labels="drop")


def test_inputs_are_read_from_a_stream_without_their_answers():
    stream = read([{"label": "good", "text": f"t{i}"} for i in range(3000)], stream=True)
    assert sum(1 for _ in input_rows(MOOD, stream)) == 3000
    assert next(input_rows(MOOD, stream)) == ("t0",)


def test_text_and_numbers_of_the_same_look_encode_alike(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n1,3\n2,1\n")
    task = Task("classify", labels=("1", "3"), returns="int")
    from_csv, _ = encode(task, read(path))
    from_list, _ = encode(task, read([{"text": 1, "label": 3}, {"text": 2.0, "label": 1.0}]))
    assert from_csv.inputs == from_list.inputs and np.array_equal(from_csv.targets, from_list.targets)


def test_other_columns_are_kept_row_by_row_where_that_is_asked():
    rows = read([{"text": text, "label": "bad", "author": author} for text, author in [("x", "a"), ("", "b"), ("z", "c")]])
    encoded, _ = encode(MOOD, rows, drop_empty=True, keep_columns=True)
    assert encoded.columns == {"author": ["a", "c"]} and encoded.take([1]).columns == {"author": ["c"]}
    assert not encode(MOOD, rows)[0].columns


def test_a_note_tells_rows_of_a_list_by_their_number_and_rows_of_a_file_by_its_name(tmp_path):
    rows = [{"text": "", "label": "good"}, {"text": "a", "label": "bad"}]
    assert encode(MOOD, read(rows))[1][0].message == "1 row has no text (row 1)"
    file = tmp_path / "t.csv"
    file.write_text("text,label\n,good\na,bad\n")
    assert encode(MOOD, read(file))[1][0].message == f"1 row of {file} has no text (line 2)"

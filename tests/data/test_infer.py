"""infer_task: from columns to a task."""

from __future__ import annotations

import json

import pytest

from hanshuku.data.encode import encode
from hanshuku.data.infer import infer_task, round_out
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.tasks import Task


def rows(n=10, **cells):
    return read([{name: cell(i) for name, cell in cells.items()} for i in range(n)])


def words(i):
    return f"some words {i}"


def test_a_label_column_makes_a_classifier_with_the_labels_sorted():
    task = infer_task(rows(text=words, label=lambda i: "ba"[i % 2]))
    assert (task.kind, task.inputs, task.labels, task.several) == ("classify", ("text",), ("a", "b"), False)


def test_chinese_column_names_are_known():
    task = infer_task(rows(评论=words, 标签=lambda i: ["好评", "差评"][i % 2]))
    assert task.labels == ("好评", "差评") and task.inputs == ("text",)


def test_number_labels_are_sorted_by_value_and_remember_their_type():
    task = infer_task(rows(20, text=words, label=lambda i: i))
    assert task.labels[:3] == ("0", "1", "2") and task.returns == "int"


def test_true_and_false_make_a_yes_or_no_task():
    assert infer_task(rows(text=words, label=lambda i: i % 2 == 0)).returns == "bool"


@pytest.mark.parametrize("cells", [lambda i: ["a", "b"][: i % 3], lambda i: ["a|b", "a"][i % 2], lambda i: ['["a", "b"]', '["a"]'][i % 2]])
def test_lists_and_separated_labels_make_several_labels(cells):
    task = infer_task(rows(text=words, labels=cells))
    assert task.several and task.labels == ("a", "b")


def test_a_label_with_a_comma_is_one_label():
    assert infer_task(rows(text=words, label=lambda i: ["Arts, culture", "Sport"][i % 2])).labels == ("Arts, culture", "Sport")


def test_scores_make_a_rating_with_the_range_rounded_out():
    task = infer_task(rows(50, text_a=words, text_b=words, score=lambda i: i / 10.5))
    assert (task.kind, task.low, task.high, task.inputs) == ("rate", 0.0, 5.0, ("text_a", "text_b"))


def test_stars_from_one_to_five_are_a_scale_from_one_to_five():
    task = infer_task(rows(评论=words, 评分=lambda i: 1 + i % 5))
    assert (task.kind, task.low, task.high) == ("rate", 1.0, 5.0)


def test_fractions_under_the_name_label_are_rated_and_whole_numbers_are_labels():
    assert infer_task(rows(text=words, label=lambda i: i / 4)).kind == "rate"
    assert infer_task(rows(text=words, label=lambda i: str(i % 3))).kind == "classify"


def test_words_under_the_name_rating_are_labels():
    assert infer_task(rows(text=words, rating=lambda i: ["PG", "R"][i % 2])).kind == "classify"


@pytest.mark.parametrize("pair", [("premise", "hypothesis"), ("sentence1", "sentence2"), ("question1", "question2"), ("句子1", "句子2")])
def test_pairs_are_known_by_their_names(pair):
    examples = rows(**{pair[1]: words, pair[0]: words}, label=lambda i: "ab"[i % 2])
    assert infer_task(examples).inputs == pair


def test_hints_come_before_what_is_found():
    examples = rows(text=words, label=lambda i: 1 + i % 5, more=words)
    assert infer_task(examples, kind="rate", scale=(0, 10)).high == 10.0
    assert infer_task(examples, inputs=["text", "more"]).inputs == ("text", "more")
    assert infer_task(examples, labels=["5", "4", "3", "2", "1"]).labels[0] == "5"
    assert infer_task(read(["no label"]), labels=["a", "b"]).labels == ("a", "b")


def test_the_only_text_is_taken_whatever_its_name():
    assert infer_task(rows(utt=words, label=lambda i: "ab"[i % 2])).inputs == ("text",)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"text": words, "topic_of_it": words}, r"There is no label column. Received: text, topic_of_it\. .*columns=\{'label': 'topic_of_it'\}"),
        ({"text": words, "label": lambda _: "a"}, "one label only, 'a', in 10 rows"),
        ({"text": words, "label": lambda _: ""}, "has no label in 10 rows"),
        ({"text": words, "score": lambda _: 3}, "one value only, 3"),
        ({"text": words, "score": lambda i: [1.5, float("nan")][i % 2]}, "rows:2: column 'score' holds nan where a number is due"),
        ({"text": words, "score": lambda i: [1.5, "high"][i % 2]}, "rows:2: column 'score' holds 'high' where a number is due"),
        ({"text": words, "topic": words, "intent": words}, "'topic' and 'intent' may both hold the answer"),
        ({"one": words, "two": words, "label": lambda i: i % 2}, "'one' and 'two' may each be the text"),
        ({"id": int, "label": lambda i: i % 2}, "There is no text column"),
    ],
)
def test_columns_that_state_no_task_are_refused(cells, message):
    with pytest.raises(DataError, match=message):
        infer_task(rows(**cells))


def test_a_text_a_row_is_no_label():
    with pytest.raises(DataError, match="300 different values in 300 rows: those are no labels"):
        infer_task(rows(300, text=words, label=words))


def test_a_first_row_of_data_is_not_taken_for_a_header_in_silence():
    with pytest.raises(DataError, match="If the file has no header line"):
        infer_task(read([{"Stocks fall as the war goes on": "x", "3": "1"}]))


def test_illegal_hints_are_refused():
    examples = rows(text=words, label=lambda i: i % 2)
    with pytest.raises(UnknownName, match="No task kind is named 'rating'"):
        infer_task(examples, kind="rating")
    with pytest.raises(ConfigError, match="there are no labels"):
        infer_task(examples, kind="rate", labels=["a", "b"])
    with pytest.raises(DataError, match="There is no pair of texts"):
        infer_task(examples, kind="pair")


@pytest.mark.parametrize(
    ("low", "high", "whole", "scale"),
    [(0, 1, True, (0, 1)), (-0.9, 0.8, False, (-1, 1)), (1, 7, True, (1, 7)), (0.1, 4.9, False, (0, 5)), (3, 97, True, (0, 100)), (210, 2900, False, (0, 4000))],
)  # fmt: skip
def test_ranges_are_rounded_out_to_usual_scales(low, high, whole, scale):
    assert round_out(low, high, whole=whole) == scale


def test_a_text_file_with_columns_is_met_with_how_to_read_it(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("词汇阅读是关键\t3\n中国人民公安大学\t1\n", encoding="utf-8")
    with pytest.raises(DataError, match="if those are columns, give format='tsv'"):
        infer_task(read(path))
    assert infer_task(read(path, format="tsv", columns=["text", "label"])).labels == ("1", "3")


def test_of_two_columns_the_one_that_is_not_the_text_is_the_answer_if_it_repeats():
    task = infer_task(read([{"message": f"text {i}", "team": "ab"[i % 2]} for i in range(10)]))
    assert task.labels == ("a", "b")


def test_a_second_column_that_never_repeats_is_no_answer():
    with pytest.raises(DataError, match="no label column"):
        infer_task(read([{"message": f"text {i}", "note": f"note {i}"} for i in range(10)]))


def test_a_schema_found_from_objects_goes_into_their_parts_and_their_lists():
    rows = [{"text": "a", "output": {"n": 1, "kids": [{"age": 2}]}}, {"text": "b", "output": {"n": 1.5, "kids": [], "x": None}}]
    schema = json.loads(infer_task(read(rows), kind="extract").schema)
    assert schema["properties"]["n"] == {"type": "number"} and schema["required"] == ["n", "kids"]
    assert schema["properties"]["kids"]["items"]["properties"] == {"age": {"type": "integer"}}


@pytest.mark.parametrize("odd", [float("nan"), 3])
def test_a_cell_that_holds_no_tags_is_named_by_its_row(odd):
    rows = [{"tokens": ["Ann", "left"], "tags": odd}, {"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}]
    with pytest.raises(DataError, match="rows:1: a list of entities or of tags is due"):
        encode(Task("tag", labels=("PER",)), read(rows))

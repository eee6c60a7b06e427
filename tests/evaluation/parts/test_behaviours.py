"""Behaviours: tests of a function as files that users write, and the part of a report that runs them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.evaluation.behaviours import READY, read_behaviours
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.behaviours import measure, same_label
from hanshuku.tasks import Task
from tests.evaluation.spotter import MOODS, Careful, Spotter, moods


def written(folder, *rows):
    file = folder / "tests.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


def run(file, predictor=None, rows=200):
    predictor = predictor or Spotter()
    data = replace(moods(2), task=predictor.task)
    seen = Seen(predictor, data, Spotter().outputs(data.inputs))
    return measure(seen, Wanted(behaviours=read_behaviours(file), rows=rows))


def only(found):
    assert len(found["tests"]) == 1
    return found["tests"][0]


class TestReading:
    def test_slots_are_filled_from_lists_in_all_ways(self, tmp_path):
        file = written(tmp_path, {"lists": {"thing": ["idea", "room"]}}, {"test": "t", "type": "MFT", "label": "good", "lists": {"how": ["nice", "odd"]}, "templates": ["{A:thing} is {how}, {{sic}}"]})
        texts = [case.texts[0] for case in read_behaviours(file)[0].cases(10)]
        assert texts == ["An idea is nice, {sic}", "An idea is odd, {sic}", "A room is nice, {sic}", "A room is odd, {sic}"]

    def test_more_fillings_than_wanted_are_drawn_by_the_seed(self, tmp_path):
        lists = {name: [f"{name}{i}" for i in range(60)] for name in "abc"}
        test = read_behaviours(written(tmp_path, {"test": "t", "type": "MFT", "label": "good", "lists": lists, "templates": ["{a} {b} {c}"]}))[0]
        assert len(set(test.cases(50, seed=1))) == 50 and test.cases(50, seed=1) == test.cases(50, seed=1) != test.cases(50, seed=2)

    def test_fillings_that_may_not_matter_are_the_forms_of_one_text(self, tmp_path):
        test = read_behaviours(written(tmp_path, {"test": "t", "type": "INV", "lists": {"who": ["Anna", "Wei"], "how": ["well", "badly"]}, "templates": "{who} sang {how}", "vary": ["who"]}))[0]
        assert sorted(sorted(case.texts) for case in test.cases(9)) == [["Anna sang badly", "Wei sang badly"], ["Anna sang well", "Wei sang well"]]

    def test_lines_of_one_name_and_type_are_one_test(self, tmp_path):
        line = {"test": "t", "type": "mft", "texts": ["a"], "label": "good"}
        assert [len(test.groups) for test in read_behaviours(written(tmp_path, line, {**line, "texts": ["b"]}, {**line, "test": "u"}))] == [2, 1]

    @pytest.mark.parametrize(("row", "said"), [
        ({"tst": "t"}, "Did you mean 'test'"), ({"test": "t"}, "'type' is a text"), ({"test": "t", "type": "FUN"}, "one of MFT, INV, DIR"),
        ({"test": "t", "type": "MFT", "texts": ["a"]}, "'?\"label\""), ({"test": "t", "type": "MFT", "label": "good"}, '"texts" or "templates" is due'),
        ({"test": "t", "type": "MFT", "templates": ["a {thng}"], "lists": {"thing": ["x"]}, "label": "good"}, "Did you mean 'thing'"),
        ({"test": "t", "type": "INV", "texts": ["a"]}, "at least one other form"), ({"test": "t", "type": "INV", "templates": ["a"]}, '"changed"'),
        ({"test": "t", "type": "DIR", "texts": ["a", "b"]}, "not_down or not_up"), ({"test": "t", "type": "MFT", "texts": [1], "label": "good"}, "one text for each input"),
        ({"test": "t", "type": "MFT", "texts": ["a"], "label": "good", "within": 2}, "0..1"), ({"test": "t", "type": "MFT", "texts": ["a"], "label": "good", "lists": {"x": []}}, "none empty"),
    ])  # fmt: skip
    def test_a_fault_is_named_by_file_and_line(self, tmp_path, row, said):
        file = written(tmp_path, {"test": "fine", "type": "MFT", "texts": ["a"], "label": "good"}, row)
        with pytest.raises(DataError, match=said) as caught:
            read_behaviours(file)
        assert (caught.value.path, caught.value.line) == (str(file), 2)

    def test_what_is_no_json_or_no_file_is_refused(self, tmp_path):
        (tmp_path / "tests.jsonl").write_text("not json\n")
        with pytest.raises(DataError, match=r"tests.jsonl:1"):
            read_behaviours(tmp_path / "tests.jsonl")
        with pytest.raises(DataError, match="Did you mean 'sentiment'"):
            read_behaviours("sentimnt")

    @pytest.mark.parametrize("name", READY)
    def test_the_ready_ones_read_and_hold_all_three_types(self, name):
        tests = read_behaviours(name)
        assert {test.type for test in tests} == {"MFT", "INV", "DIR"} and sum(len(test.cases(200)) for test in tests) > 1000
        assert all(len(test.cases(10_000)) >= 4 for test in tests)
        assert {label for test in tests for group in test.groups for label in (*group.labels, *group.wrong)} == {"positive", "negative"}


class TestMeasuring:
    def test_a_text_with_the_answer_that_is_due_passes_and_any_other_fails(self, tmp_path):
        found = only(run(written(tmp_path, {"test": "t", "type": "MFT", "texts": ["wonderful", "not wonderful"], "label": "good"}, {"test": "t", "type": "MFT", "texts": ["not lovely"], "label": "bad"})))
        assert (found["n"], found["failed"]) == (3, 1) and found["low"] < 1 / 3 < found["high"]
        assert found["samples"] == [{"line": 2, "texts": [["not lovely"]], "answers": ["good"], "due": "bad"}]

    def test_one_answer_may_be_wrong_and_all_others_right(self, tmp_path):
        assert only(run(written(tmp_path, {"test": "t", "type": "MFT", "texts": ["wonderful", "terrible"], "not": "good"})))["failed"] == 1

    def test_forms_of_one_text_must_have_one_answer(self, tmp_path):
        found = only(run(written(tmp_path, {"test": "t", "type": "INV", "texts": ["wonderful", "WONDERFUL", "wonderful!"]}, {"test": "t", "type": "INV", "texts": ["lovely", "lovely!"]})))
        assert (found["n"], found["failed"]) == (2, 1) and found["samples"][0]["texts"] == [["wonderful"], ["WONDERFUL"]]

    def test_a_score_may_not_move_the_wrong_way(self, tmp_path):
        rows = [{"test": expect, "type": "DIR", "texts": ["a film", "a wonderful film"], "label": "good", "expect": expect} for expect in ("not_down", "not_up")]
        assert [test["failed"] for test in run(written(tmp_path, *rows))["tests"]] == [0, 1]

    def test_without_a_label_the_one_that_was_answered_is_looked_at(self, tmp_path):
        found = only(run(written(tmp_path, {"test": "t", "type": "DIR", "texts": ["terrible", "wonderful"], "expect": "not_down"})))
        assert found["failed"] == 1 and found["samples"][0]["due"] == "not_down bad"

    def test_a_label_is_met_under_another_name(self):
        assert same_label("positive", ("差评", "好评")) == "好评" and same_label("negative", ("0", "1")) == "0"
        assert same_label("positive", ("1", "2", "3")) == "" and same_label("Good", ("bad", "good")) == "good"

    def test_a_test_of_a_label_that_the_function_has_not_is_left_out_and_named(self, tmp_path):
        file = written(tmp_path, {"test": "t", "type": "MFT", "texts": ["so so"], "label": "neutral"})
        assert run(file)["left_out"] == [{"test": "t", "source": str(file), "need": ["neutral"]}] and run(file)["n"] == 0

    def test_a_number_is_due_within_a_range(self, tmp_path):
        class Stars(Spotter):
            def outputs(self, inputs):
                return 1 + 4 * super().outputs(inputs)[:, 1]

        file = written(tmp_path, {"test": "t", "type": "MFT", "texts": ["wonderful"], "label": [4, 5]}, {"test": "t", "type": "MFT", "texts": ["terrible"], "label": 5}, {"test": "i", "type": "INV", "texts": ["lovely", "LOVELY"]})
        found = run(file, Stars(Task("rate", ("text",), low=1.0, high=5.0)))
        assert [(test["n"], test["failed"]) for test in found["tests"]] == [(2, 1), (1, 1)]

    def test_a_function_of_two_texts_takes_objects(self, tmp_path):
        pair = Spotter(replace(MOODS, inputs=("first", "second")))
        file = written(tmp_path, {"test": "t", "type": "MFT", "label": "good", "texts": [{"first": "lovely", "second": "x"}]})
        assert only(run(file, pair))["failed"] == 0
        with pytest.raises(DataError, match=r"tests.jsonl:1: the function takes first and second"):
            run(written(tmp_path, {"test": "t", "type": "MFT", "label": "good", "texts": ["lovely"]}), pair)

    def test_no_more_cases_a_test_are_asked_than_wanted(self, tmp_path):
        predictor = Spotter()
        file = written(tmp_path, {"test": "t", "type": "MFT", "label": "good", "templates": ["{n} lovely"], "lists": {"n": [str(i) for i in range(500)]}})
        assert only(run(file, predictor, rows=30))["n"] == 30 and predictor.asked == 30

    def test_empty_texts_and_emoji_are_texts(self, tmp_path):
        assert only(run(written(tmp_path, {"test": "t", "type": "MFT", "texts": ["", "😀", "…" * 9], "label": "bad"})))["n"] == 3

    def test_several_labels_are_compared_as_a_set(self, tmp_path):
        several = Spotter(replace(MOODS, several=True), unsure=0.6)
        several.outputs = lambda inputs: np.array([["bad" in row[0], "good" in row[0]] for row in inputs], dtype=np.float32)
        file = written(tmp_path, {"test": "t", "type": "INV", "texts": ["bad and good", "good and bad", "good"]})
        assert only(run(file, several))["failed"] == 1


def test_a_refusal_is_no_label_and_another_answer_than_a_label(tmp_path):
    mft = {"test": "t", "type": "MFT", "texts": ["wonderful", "a chair"], "label": "good"}
    found = only(run(written(tmp_path, mft), Careful(unsure=0.6)))
    assert (found["failed"], found["n"], found["samples"][0]["answers"]) == (1, 2, [None])
    found = only(run(written(tmp_path, {"test": "t", "type": "INV", "texts": ["wonderful", "a wonderful chair", "a chair"]}), Careful(unsure=0.6)))
    assert found["failed"] == 1 and found["samples"][0]["answers"] == ["good", None]

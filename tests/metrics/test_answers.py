"""Answers from a context: SQuAD's numbers as torchmetrics 1.9.0 gives them, CMRC's as its own script (v5) with NLTK 3.10.4's words does."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.answers import answer_rows, is_chinese, longest_stretch
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

TASK = Task("answer", ("question", "context"), optional=True)
SQUAD = [
    ("The Norman conquest!", ["Norman conquest"], 1, 1.0),
    ("in 1066 A.D.", ["1066", "the year 1066"], 0, 0.5),
    ("a king", ["a queen", "the king of France"], 0, 0.5),
    ("", ["Paris"], 0, 0),
    ("Paris", [], 0, 0),
    ("", [], 1, 1),
    ("U.S. Navy", ["US navy", "navy"], 1, 1.0),
    ("an apple, an orange", ["apple and orange"], 0, 0.8),
]
CMRC = [
    ("1998年6月", ["1998年6月", "1998年"], 1, 1.0),
    ("《光荣》和ω-force", ["光荣和ω-force开发"], 0, 0.8),
    ("北京大学 ", ["清华大学", "北京"], 0, 0.666667),
    ("约 3.5 万人，占 12%", ["3.5万人"], 0, 0.6),
    ("iPhone 4S手机", ["iPhone 4S"], 0, 0.666667),
    ("毫无关系", ["不同"], 0, 0),
    ("“不是”；是的", ["不是是的"], 1, 1.0),
    ("张三的父亲和李四", ["张三和李四"], 0, 0.461538),
]


@pytest.mark.parametrize(("rows", "chinese"), [(SQUAD, False), (CMRC, True)], ids=["squad", "cmrc"])
def test_each_row_has_the_numbers_of_the_reference(rows, chinese):
    exact, f1 = answer_rows([row[0] for row in rows], [row[1] for row in rows], chinese=chinese)
    for row, *found in zip(rows, exact, f1, strict=True):
        assert found == pytest.approx(row[2:], abs=1e-6), row


def targets_of(rows):
    return objects([tuple((text, -1) for text in row[1]) for row in rows])


def outputs_of(texts):
    return objects([(text, -1, -1, 0.5) for text in texts])


@pytest.mark.parametrize("rows", [SQUAD, CMRC], ids=["squad", "cmrc"])
def test_a_set_is_measured_by_the_rules_of_its_language(rows):
    found = measure(TASK, targets_of(rows), outputs_of([row[0] for row in rows]))
    assert list(found) == ["f1", "exact_match"] and primary_metric(TASK) == "f1"
    assert found["exact_match"].value == pytest.approx(np.mean([row[2] for row in rows]))
    assert found["f1"].value == pytest.approx(np.mean([row[3] for row in rows]), abs=1e-6)
    assert found["f1"].n == 8 and found["f1"].low <= found["f1"].value <= found["f1"].high


def test_chance_is_what_giving_no_answer_gets():
    found = measure(TASK, targets_of(SQUAD), outputs_of([""] * 8))
    assert found["f1"].value == found["exact_match"].value == found["f1"].chance == 0.25


def test_the_task_may_say_its_language():
    numbers = objects([(("1998", 0),)])
    assert not is_chinese(TASK, numbers)
    assert is_chinese(Task("answer", ("question", "context"), language="zh-Hant"), numbers)
    assert is_chinese(TASK, objects([(("巴黎", 0),), (("1998", 0),)]))


def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone():
    both = [outputs_of([row[0] for row in SQUAD]), outputs_of(["navy"] * 8)]
    sample, _ = primary_sample(TASK, targets_of(SQUAD), both, [0.5, 0.5])
    assert sample.value == pytest.approx([measure(TASK, targets_of(SQUAD), given)["f1"].value for given in both])


def test_the_longest_stretch_has_no_gap():
    assert longest_stretch("abcxde", "zabyde") == 2
    assert longest_stretch("", "abc") == 0


def test_outputs_that_are_no_answers_are_refused():
    with pytest.raises(DataError, match="text, start, end, confidence"):
        measure(TASK, targets_of(SQUAD), objects(["Paris"] * 8))

"""Entities: the numbers of seqeval 1.2.2 (default mode, as conlleval counts) on the same tags."""

import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.entities import entity_table
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from hanshuku.tasks.tag import spans_of_tags

TASK = Task("tag", labels=("PER", "ORG", "LOC", "MISC"))
DUE = ["B-PER I-PER O B-LOC", "O B-ORG I-ORG O", "I-PER O B-PER B-PER", "B-ORG I-LOC O", "O O"]
GIVEN = ["B-PER I-PER O B-LOC", "O B-ORG O O", "B-PER O B-PER I-PER", "B-ORG I-ORG O", "B-LOC O"]


def spans(lines, *more):
    return objects([tuple((*span, *more) for span in spans_of_tags(["x"] * len(line.split()), line.split())) for line in lines])


TARGETS, OUTPUTS = spans(DUE), spans(GIVEN, 0.5)


def test_the_numbers_are_those_of_seqeval():
    found = measure(TASK, TARGETS, OUTPUTS)
    assert {name: metric.value for name, metric in found.items()} == pytest.approx({"entity_f1": 0.4, "precision": 0.428571, "recall": 0.375}, abs=1e-6)
    assert next(iter(found)) == primary_metric(TASK)
    assert all(metric.low <= metric.value <= metric.high and (metric.n, metric.chance) == (5, 0) for metric in found.values())


def test_each_label_has_its_own_numbers():
    table = dict(zip(TASK.labels, entity_table(TASK, TARGETS, OUTPUTS), strict=True))
    assert [table["PER"][key]["value"] for key in ("precision", "recall", "f1")] == pytest.approx([0.666667, 0.5, 0.571429], abs=1e-6)
    assert (table["LOC"]["f1"]["value"], table["ORG"]["f1"]["value"]) == (0.5, 0.0)
    assert [table[label]["support"] for label in TASK.labels] == [4, 2, 2, 0]
    assert table["MISC"]["f1"] is None


@pytest.mark.parametrize("wrong", [(0, 4, "ORG"), (0, 3, "PER"), (1, 4, "PER")], ids=["label", "end", "start"])
def test_a_part_of_an_entity_is_worth_nothing(wrong):
    found = measure(TASK, objects([((0, 4, "PER"),)]), objects([((*wrong, 0.9),)]))
    assert found["entity_f1"].value == 0


def test_chinese_entities_are_spans_of_characters_too():
    due = objects([tuple(spans_of_tags(list("张三在北京"), "B-PER I-PER O B-LOC I-LOC".split()))])
    assert due[0] == ((0, 2, "PER"), (3, 5, "LOC"))
    assert measure(TASK, due, objects([((0, 2, "PER", None), (3, 4, "LOC", 0.2))]))["entity_f1"].value == 0.5


def test_nothing_due_and_nothing_given_is_no_division_by_zero():
    assert measure(TASK, objects([()]), objects([()]))["entity_f1"].value == 0


def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone():
    nothing = objects([()] * 5)
    sample, _ = primary_sample(TASK, TARGETS, [OUTPUTS, nothing, spans(DUE, 1.0)], [0.5] * 3)
    assert sample.value == pytest.approx([0.4, 0, 1])


def test_outputs_that_are_no_spans_are_refused():
    with pytest.raises(DataError, match="start, end, label"):
        measure(TASK, TARGETS, objects([("PER",)] * 5))

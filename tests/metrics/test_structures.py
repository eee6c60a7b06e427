"""Extracted objects: whether they fit the schema, whether they are wholly right, and how many of their fields are."""

import json

import pytest

from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.metrics.structures import fields_of
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

pytest.importorskip("jsonschema")

SCHEMA = {
    "type": "object", "required": ["name"], "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "paid": {"type": "boolean"}, "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}},
    "$defs": {"Item": {"type": "object", "properties": {"what": {"type": "string"}, "count": {"type": "integer"}}, "required": ["what"]}},
}  # fmt: skip
TASK = Task("extract", schema=json.dumps(SCHEMA))
DUE = {"name": "王芳", "paid": True, "items": [{"what": "pen", "count": 2}, {"what": "ink", "count": 1}]}  # six fields


def measured(*given, due=None):
    texts = [text if isinstance(text, str) else json.dumps(text) for text in given]
    return measure(TASK, objects([json.dumps(due or DUE)] * len(texts)), objects([(text, 0.5) for text in texts]), resamples=50)


def test_the_right_object_is_valid_exact_and_right_in_every_field():
    found = measured(DUE)
    assert list(found) == ["field_f1", "exact_match", "valid"] and primary_metric(TASK) == "field_f1"
    assert all(metric.value == 1 for metric in found.values())


@pytest.mark.parametrize(
    ("given", "f1", "exact", "valid"),
    [
        ({**DUE, "name": "王方"}, 5 / 6, 0, 1),
        ({"name": "王芳"}, 2 * 1 / 7, 0, 1),
        ({**DUE, "items": DUE["items"][::-1]}, 1, 0, 1),
        ({**DUE, "paid": 1}, 5 / 6, 0, 0),
        ({**DUE, "extra": "x"}, 12 / 13, 0, 0),
        ({**DUE, "extra": None}, 1, 1, 0),
        ({"paid": True}, 2 / 7, 0, 0),
        ({}, 0, 0, 0), ("no object", 0, 0, 0), ("[1]", 0, 0, 0), ("", 0, 0, 0), ("[" * 100_000, 0, 0, 0),
    ],
)  # fmt: skip
def test_what_is_not_quite_right_counts_for_what_is_right_in_it(given, f1, exact, valid):
    found = measured(given)
    assert [found[name].value for name in ("field_f1", "exact_match", "valid")] == pytest.approx([f1, exact, valid])


def test_a_whole_number_is_the_same_with_a_point():
    assert fields_of('{"a": 1}') == fields_of('{"a": 1.0}') != fields_of('{"a": true}')


def test_chance_is_what_the_objects_of_other_rows_get():
    targets = objects([json.dumps({"name": name, "paid": True}) for name in ("a", "b", "c", "d")])
    found = measure(TASK, targets, objects([(text, 0.5) for text in targets]))
    assert (found["field_f1"].chance, found["exact_match"].chance, found["valid"].chance) == (0.5, 0, 0)


def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone():
    targets = objects([json.dumps(DUE)] * 2)
    both = [objects([(json.dumps(DUE), 0.5), ("", 0.5)]), objects([(json.dumps({"name": "x"}), 0.5)] * 2)]
    sample, _ = primary_sample(TASK, targets, both, [0.5, 0.5])
    assert sample.value == pytest.approx([measure(TASK, targets, given)["field_f1"].value for given in both])

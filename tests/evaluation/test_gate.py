"""gate: a report meets its conditions, or the reason is told; nothing is run as code."""

import math
from dataclasses import replace

import pytest

from hanshuku.errors import ConfigError, GateError, UnknownName
from hanshuku.evaluation.gate import gate, outcomes
from hanshuku.metrics.base import Metric
from tests.evaluation.nearest import MOOD
from tests.evaluation.test_report import report_of

PARTS = {
    "robustness": {"metric": "accuracy", "kinds": [{"name": "typos", "after": {"value": 0.8, "low": 0.7, "high": 0.9}, "drop": {"value": 0.1, "high": None}}]},
    "slices": {"metric": "accuracy", "worst": {"name": "short", "value": 0.6, "low": 0.5, "worse": True}, "slices": [{"name": "1.5 stars", "value": 0.6}]},
}


@pytest.fixture(scope="module")
def report():
    found = report_of(MOOD)
    metrics = {**found.metrics, "accuracy": Metric(0.93, 0.91, 0.95, 600, 1 / 3), "mcc": Metric(math.nan, math.nan, math.nan, 600, 0)}
    return replace(found, metrics=metrics, ece=0.04, parts=PARTS)


@pytest.mark.parametrize(
    "condition",
    ["accuracy >= 0.93", "accuracy.low>=0.9", "accuracy.low ≥ 90%", "accuracy.low ＞＝ 90％", "metrics.accuracy.high < 1", "ece <= 0.05", "n == 200", "cost.rows_per_second > 1e-3",
     "per_label.good.recall.low > 0", "robustness.typos.accuracy.low >= .7", "robustness.typos.drop <= 0.1", "slices.worst.low >= 0.5", "slices.worst.worse != 0",
     "slices.'1.5 stars' >= 0.6", 'parts.slices."1.5 stars".value > -1'],
)  # fmt: skip
def test_a_condition_that_is_met_passes(report, condition):
    assert [outcome.passed for outcome in gate(report, condition)] == [True]


def test_all_that_are_not_met_are_told_with_what_was_measured(report):
    with pytest.raises(GateError, match=r"2 of 3 conditions failed. accuracy.low >= 0.95: failed, it is 0.91; ece < 0.01: failed, it is 0.04."):
        gate(report, "accuracy.low >= 0.95", "accuracy > 0.9", "ece < 0.01")


@pytest.mark.parametrize("condition", ["mcc >= -1", "mcc < 1", "mcc != 0", "robustness.typos.drop.high <= 1"])
def test_what_is_not_defined_fails_whatever_is_asked(report, condition):
    assert not outcomes(report, [condition])[0].passed
    with pytest.raises(GateError, match="it is not defined"):
        gate(report, condition)


@pytest.mark.parametrize(
    ("condition", "words"),
    [("accurracy > 0.9", "Did you mean 'accuracy'"), ("accuracy.lo > 0.9", "number in accuracy.*Did you mean 'low'"), ("robustnes.typos > 0", "Did you mean 'robustness'"),
     ("robustness.typo > 0", "Did you mean 'typos'"), ("per_label.goood.f1 > 0", "Did you mean 'good'")],
)  # fmt: skip
def test_a_name_that_the_report_does_not_have_offers_the_nearest(report, condition, words):
    with pytest.raises(UnknownName, match=words):
        gate(report, condition)


@pytest.mark.parametrize("condition", ["", "accuracy", "accuracy > high", "> 0.9", "accuracy => 0.9", "accuracy > 0.9 or 1", "__import__('os').system('true') > 0.", "accuracy. > 1", 'slices."open > 1', None, "a..b > 1"])
def test_what_cannot_be_read_is_refused_with_an_example(report, condition):
    with pytest.raises((ConfigError, UnknownName)):
        gate(report, condition)


def test_what_is_no_number_says_what_is_within(report):
    with pytest.raises(ConfigError, match=r"robustness.typos is no number.*after, drop"):
        gate(report, "robustness.typos > 0")
    with pytest.raises(ConfigError, match="at least one condition"):
        gate(report)


def test_it_reads_the_json_of_a_report_too(report):
    assert gate(report.to_json(), "accuracy > 0.9", "slices.worst.value < 1")[1].to_json() == {"condition": "slices.worst.value < 1", "value": 0.6, "passed": True}


def test_what_is_no_number_is_refused_with_the_numbers_within_or_an_example(report):
    with pytest.raises(ConfigError, match=r"Name one within it: .*after"):
        outcomes(report, ["robustness.typos > 0"])
    with pytest.raises(ConfigError, match="Name a number, such as"):
        outcomes(report, ["task.kind == 1"])

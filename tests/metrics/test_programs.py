"""Programs with tests: the share that passes, and pass@k as Chen et al. estimate it."""

import itertools
import json

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.errors import DataError
from hanshuku.evaluation.evaluate import judge
from hanshuku.metrics import programs
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.metrics.programs import pass_at_k
from hanshuku.metrics.sandbox import walls_here
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

pytest.importorskip("sacrebleu")

TASK = Task("complete_code", ("prompt",))
TARGETS = objects([("def f(x):\n    return x + 1", ("assert f(1) == 2",)), ("def g():\n    return 'g'", ("assert g() == 'g'",)), ("y = 1", ()), ("", ("z = 2", "assert h() == z"))])
OUTPUTS = objects([("def f(x):\n    return 1 + x", 0.5), ("def g(): return 'h'", 0.5), ("y = 1", 0.5), ("def h():\n    return 2", 0.5)])
runs_programs = pytest.mark.skipif(not walls_here(), reason="this machine builds no walls round a program")


@runs_programs
class TestWithTests:
    def test_the_share_that_passes_comes_first_over_the_rows_that_have_tests(self):
        found = measure(TASK, TARGETS, OUTPUTS)
        assert list(found) == ["pass_at_1", "chrf", "exact_match"]
        assert primary_metric(TASK, TARGETS) == "pass_at_1"
        assert (found["pass_at_1"].value, found["pass_at_1"].n) == (pytest.approx(2 / 3), 3)
        assert (found["exact_match"].value, found["exact_match"].n) == (pytest.approx(1 / 3), 3)

    def test_two_predictors_are_compared_by_it(self):
        sample, _ = primary_sample(TASK, TARGETS, [OUTPUTS, objects([("1/0", 0.5)] * 4)], [0.5, 0.5])
        assert sample.value == pytest.approx([2 / 3, 0])

    def test_a_report_says_behind_which_walls_and_why_programs_failed(self):
        rows = Encoded(TASK, [("x",)] * 4, TARGETS, np.zeros(4, dtype=np.int64))
        note = judge(rows, OUTPUTS).notes[-1]
        assert note.startswith("1 of 3 programs did not pass: AssertionError 1. Programs were run behind these walls: ")

    def test_the_reference_programs_of_mbpp_pass(self, shared_data):
        lines = [json.loads(line) for line in (shared_data / "mbpp" / "validation.jsonl").read_text(encoding="utf-8").splitlines()[:12]]
        targets = objects([(row["completion"], tuple(test for test in (row["test_setup"], *row["tests"]) if test)) for row in lines])
        assert measure(TASK, targets, objects([(program, 1.0) for program, _ in targets]))["pass_at_1"].value == 1


def test_where_nothing_can_be_run_programs_are_measured_as_texts_and_that_is_said(monkeypatch):
    monkeypatch.setattr(programs, "walls_here", tuple)
    assert list(measure(TASK, TARGETS, OUTPUTS)) == ["chrf", "exact_match"]
    rows = Encoded(TASK, [("x",)] * 4, TARGETS, np.zeros(4, dtype=np.int64))
    assert judge(rows, OUTPUTS).notes[-1].startswith("pass_at_1 is not measured")


@pytest.mark.parametrize(("right", "k"), [(0, 1), (2, 1), (2, 3), (5, 2), (6, 6), (1, 6)])
def test_pass_at_k_is_the_mean_over_all_ways_to_draw_k(right, k):
    samples = np.arange(6) < right
    means = np.mean([any(drawn) for drawn in itertools.combinations(samples, k)])
    assert pass_at_k(samples[None], k).value == pytest.approx(means)


def test_pass_at_k_needs_k_samples():
    with pytest.raises(DataError, match="k of 1"):
        pass_at_k(np.ones((3, 4), bool), 5)

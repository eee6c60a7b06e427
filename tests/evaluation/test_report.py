"""Report: plain data that survives JSON, and the same in English and Chinese."""

import io
import json
import string

import numpy as np
import pytest
from rich.console import Console

from hanshuku.data.encoded import Encoded
from hanshuku.errors import DataError, TaskError, UnknownName
from hanshuku.evaluation.evaluate import evaluate, judge
from hanshuku.evaluation.render import commonest_confusions, verdict, worst_labels
from hanshuku.evaluation.report import Report
from hanshuku.evaluation.words import WORDS
from hanshuku.tasks import Task
from tests.evaluation.nearest import MOOD, Nearest, mood_rows

SEVERAL = Task("classify", labels=("red", "green", "blue"), several=True)
RATE = Task("rate", low=0, high=5)


def rows(task: Task, targets: np.ndarray) -> Encoded:
    return Encoded(task, [(f"text {i}",) for i in range(len(targets))], targets, np.zeros(len(targets), dtype=np.int64))


def report_of(task: Task) -> Report:
    rng = np.random.default_rng(0)
    if task.kind == "rate":
        targets = rng.random(50) * 5
        return judge(rows(task, targets), targets + rng.normal(size=50))
    if task.several:
        targets = (rng.random((50, 3)) < 0.4).astype(np.float32)
        return judge(rows(task, targets), np.clip(targets * 0.5 + rng.random((50, 3)) * 0.6, 0, 1))
    return evaluate(Nearest().fit(MOOD, mood_rows(60, 0), model="none"), mood_rows(200, 1))


def printed(report: Report, language: str = "en") -> str:
    stream = io.StringIO()
    report.render(Console(file=stream, width=100), language=language)
    return stream.getvalue()


@pytest.mark.parametrize("task", [MOOD, SEVERAL, RATE], ids=["one", "several", "rate"])
class TestEveryKindOfTask:
    def test_a_report_survives_json(self, task):
        report = report_of(task)
        assert Report.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))).to_json() == report.to_json()

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_it_is_printed_with_verdict_metrics_intervals_and_chance(self, task, language):
        report = report_of(task)
        text = printed(report, language)
        for name, metric in report.metrics.items():
            assert name in text
            assert f"{metric.low:.3f}–{metric.high:.3f}" in text
        assert text.startswith(verdict(report, language))


def test_json_opens_with_metrics_and_cost_in_the_documented_form():
    data = report_of(MOOD).to_json()
    assert list(data)[:2] == ["metrics", "cost"]
    assert list(data["metrics"]["accuracy"]) == ["value", "low", "high", "n", "chance"]
    assert set(data["cost"]) == {"seconds", "rows_per_second", "peak_memory_mb", "parameters", "moved_parameters"}


def test_the_same_seed_gives_the_same_report_but_for_time_and_memory():
    first, again = (report_of(MOOD).to_json() for _ in range(2))
    for data in (first, again):
        data.pop("cost"), data.pop("date")
    assert first == again


def test_batches_do_not_change_the_answers():
    predictor = Nearest(k=3).fit(MOOD, mood_rows(60, 0), model="none")
    assert evaluate(predictor, mood_rows(50, 1), batch=7).metrics == evaluate(predictor, mood_rows(50, 1)).metrics


def test_a_label_that_the_function_does_not_know_is_wrong_and_said():
    data = mood_rows(20, 0)
    strange = Encoded(MOOD, data.inputs, np.where(np.arange(20) < 5, -1, data.targets), data.lines)
    report = evaluate(Nearest().fit(MOOD, data, model="none"), strange)
    assert report.metrics["accuracy"].value == 0.75
    assert report.unknown == 5
    assert any(note.startswith("5 rows have a label that the function does not know") for note in report.notes)
    assert sum(report.confusion["unknown"]) == 5
    assert commonest_confusions(report)[0][0] is None
    assert "(unknown label)" in printed(report)


def test_the_worst_label_and_the_commonest_confusion_come_first():
    targets, answers = np.repeat([0, 1, 2], 10), np.repeat([0, 1, 1, 2], [10, 10, 4, 6])
    report = judge(rows(MOOD, targets), np.eye(3)[answers])
    assert worst_labels(report)[0]["label"] == "dull"
    assert commonest_confusions(report) == [("dull", "bad", 4, 0.4)]
    assert report.majority == ("good", 1 / 3)


def test_a_function_no_better_than_the_commonest_label_is_called_so():
    report = judge(rows(MOOD, np.repeat([0, 1], [80, 20])), np.eye(3)[np.zeros(100, dtype=int)])
    assert "not clearly better" in verdict(report)


def test_labels_with_brackets_are_printed_as_they_are():
    task = Task("classify", labels=("[red]", "[/]"))
    assert "[red]" in printed(judge(rows(task, np.array([0, 1, 1])), np.eye(2)[[1, 0, 1]]))


def test_both_languages_say_the_same_things():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert {key: fields(text) for key, text in WORDS["en"].items()} == {key: fields(text) for key, text in WORDS["zh"].items()}


def test_another_language_is_refused_with_the_known_ones():
    with pytest.raises(UnknownName, match="en, zh"):
        report_of(MOOD).render(Console(file=io.StringIO()), language="fr")


def test_rows_without_labels_or_of_another_task_are_refused():
    predictor = Nearest().fit(MOOD, mood_rows(10, 0), model="none")
    with pytest.raises(DataError, match="10 rows without labels"):
        evaluate(predictor, Encoded(MOOD, mood_rows(10, 0).inputs, None, np.zeros(10, dtype=np.int64)))
    with pytest.raises(DataError, match="Received: 0 rows"):
        evaluate(predictor, mood_rows(0, 0))
    with pytest.raises(TaskError, match="another task"):
        evaluate(predictor, rows(RATE, np.ones(3)))


def test_outputs_that_are_no_numbers_are_refused():
    with pytest.raises(DataError, match="1 of 2 rows are no finite numbers"):
        judge(rows(MOOD, np.array([0, 1])), np.array([[1, 0, 0], [np.nan, 0, 0]]))


def test_what_is_no_report_is_refused():
    with pytest.raises(DataError, match="not a report"):
        Report.from_json({"metrics": {"accuracy": 3}})

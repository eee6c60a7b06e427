"""diff: two functions on the same rows; what changed is found, what is chance is not told apart, and every kind of task can be compared."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.diff.agree import kappa_sample
from hanshuku.evaluation.diff.joint import joint_task
from hanshuku.evaluation.diff.words import EN, ZH
from hanshuku.functions.core import Function
from hanshuku.functions.diff import diff
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects


class Said:
    """A predictor that answers what it is told, by the text."""

    KIND, threshold = "said", 0.5

    def __init__(self, task, answers, default=None):
        self.task, self.answers, self.default = task, answers, default

    def outputs(self, inputs):
        found = [self.answers.get(row[0], self.default) for row in inputs]
        return np.array(found, dtype=np.float32) if self.task.kind in {"classify", "rate"} else objects(found)


class Refusing(Said):
    """One that refuses the first text."""

    refuses = True

    def judged(self, inputs):
        return self.outputs(inputs), np.array(["unsure" if row[0] == "text 0" else "" for row in inputs])


MOOD = Task("classify", labels=("good", "bad"), name="mood")
SURE = {"good": (0.9, 0.1), "bad": (0.2, 0.8)}


def mood(given, task=MOOD):
    """A function that gives the i-th text the i-th label."""
    return Function(task, Said(task, {f"text {i}": SURE[label] for i, label in enumerate(given)}))


def rows(true):
    return hk.read([{"text": f"text {i}", "label": label} for i, label in enumerate(true)])


TRUE = ["good"] * 60 + ["bad"] * 60
OLD = ["good"] * 40 + ["bad"] * 20 + ["bad"] * 60  # 20 of the good ones are wrong
NEW = ["good"] * 58 + ["bad"] * 2 + ["bad"] * 57 + ["good"] * 3  # fixes 18 and breaks 3


@pytest.fixture(scope="module")
def found():
    return mood(OLD).compare_with(mood(NEW), rows(TRUE))


def test_rows_that_were_fixed_and_broken_are_counted_and_named(found):
    (pair,) = found.pairs
    assert pair.counts == {"broken": 3, "fixed": 18, "otherwise": 0}
    assert [row.line for row in pair.rows[:3]] == [118, 119, 120]
    assert pair.rows[0].to_json()["due"] == "bad"
    assert (pair.rows[0].before["output"], pair.rows[0].after["output"]) == ("bad", "good")


def test_the_verdict_names_the_better_one_and_goes_by_the_exact_test(found):
    (pair,) = found.pairs
    scipy = pytest.importorskip("scipy.stats")
    assert pair.verdict.test == "McNemar exact"
    assert pair.verdict.p == pytest.approx(scipy.binomtest(3, 21).pvalue)
    assert (pair.verdict.first, pair.verdict.real) == ("mood (2)", True)
    assert pair.verdict.difference == pytest.approx(15 / 120)


def test_every_metric_of_the_kind_has_a_paired_difference_around_what_was_measured(found):
    changes = {change.metric: change for change in found.pairs[0].metrics}
    assert set(changes) == {"accuracy", "macro_f1", "mcc", "log_loss"} == set(found.functions[0].metrics)
    for change in changes.values():
        assert change.before == pytest.approx(found.functions[0].metrics[change.metric].value)
        assert change.difference == pytest.approx(change.after - change.before)
        assert change.low <= change.difference <= change.high
    assert changes["log_loss"].better
    assert changes["log_loss"].difference < 0


def test_the_label_that_changed_is_told_and_the_other_is_not(found):
    changes = {change.label: change for change in found.pairs[0].labels}
    assert changes["good"].real
    assert changes["good"].difference == pytest.approx(18 / 60)
    assert not changes["bad"].real


def test_two_that_differ_by_chance_alone_are_not_told_apart_and_the_rows_that_would_settle_it_are_named():
    other = list(OLD)
    other[41], other[0], other[42] = "good", "bad", "good"  # fixes two, breaks one
    (pair,) = mood(OLD).compare_with(mood(other), rows(TRUE)).pairs
    assert not pair.verdict.real
    assert pair.verdict.more_rows > 100


def test_the_same_answers_are_said_to_be_the_same():
    found = diff({"a": mood(OLD), "b": mood(OLD)}, rows(TRUE))
    (pair,) = found.pairs
    assert not pair.rows
    assert pair.verdict.p_holm == 1
    assert "Every row has the same answer." in found.to_json()["findings"]


def test_many_functions_that_are_alike_raise_no_alarm_beyond_the_level():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(25):
        given = [[("good", "bad")[int(rng.random() < 0.5)] for _ in range(40)] for _ in range(4)]
        alarms += any(pair.verdict.real for pair in diff({str(i): mood(each) for i, each in enumerate(given)}, rows(["good", "bad"] * 20)).pairs)
    assert alarms <= 4  # 5% of 25 is 1.25; more than 4 by chance in 7 of 1,000


def test_a_function_with_one_label_more_is_compared_on_the_joint_labels_and_that_is_said():
    wide = Task("classify", labels=("bad", "good", "odd"), name="mood")
    answers = {f"text {i}": {"good": (0.1, 0.8, 0.1), "bad": (0.8, 0.1, 0.1), "odd": (0, 0, 1)}[label] for i, label in enumerate(["good", "bad", "odd"] * 10)}
    found = diff({"old": mood(["good", "bad", "bad"] * 10), "new": Function(wide, Said(wide, answers))}, rows(["good", "bad", "odd"] * 10))
    assert found.task.labels == ("good", "bad", "odd")
    assert found.pairs[0].counts["fixed"] == 10
    assert found.functions[0].facts["unknown_labels"] == ["odd"]
    assert any(note == "function 1 does not know the label 'odd' and cannot be right there" for note in found.notes)


def test_a_label_that_neither_knows_is_wrong_for_both_and_can_be_shown():
    found = diff({"old": mood(["good", "good"]), "new": mood(["good", "bad"])}, rows(["good", "grumpy"]))
    (row,) = found.pairs[0].rows
    assert (row.change, row.due) == ("otherwise", None)
    assert "a label that neither knows" in printed(found)


def test_a_row_that_one_refuses_is_no_right_answer_and_stands_among_the_changed_rows():
    answers = {f"text {i}": SURE[label] for i, label in enumerate(OLD)}
    found = diff({"old": mood(OLD), "careful": Function(MOOD, Refusing(MOOD, answers))}, rows(TRUE))
    pair = found.pairs[0]
    (row,) = pair.rows
    assert (row.change, row.before["output"], row.after["output"], row.after["refused"]) == ("broken", "good", None, True)
    assert found.functions[1].metrics["accuracy"].value == pytest.approx(found.functions[0].metrics["accuracy"].value - 1 / 120), "as evaluate has it"
    changes = {change.metric: change for change in pair.metrics}
    assert (changes["coverage"].before, changes["coverage"].after) == (1.0, pytest.approx(119 / 120))
    assert changes["risk"].before == pytest.approx(1 - found.functions[0].metrics["accuracy"].value)
    assert pair.right.only_a == 1 and pair.agreement["same"]["value"] == pytest.approx(119 / 120)
    assert any(note.startswith("careful refuses 1 of 120 rows") for note in found.notes)
    assert "good (0.90) → (refused)" in printed(found)


KINDS = {  # kind -> task, rows of the file, what the first and the second answer
    "several": (Task("classify", labels=("a", "b"), several=True), [{"text": "x", "labels": ["a"]}, {"text": "y", "labels": []}], {"x": (0.1, 0.9), "y": (0.1, 0.1)}, {"x": (0.9, 0.1), "y": (0.1, 0.1)}),
    "rate": (Task("rate", low=0, high=5), [{"text": t, "score": s} for t, s in zip("xyz", (1, 3, 5), strict=True)], {"x": 5.0, "y": 3.0, "z": 1.0}, {"x": 1.0, "y": 3.0, "z": 4.9}),
    "tag": (
        Task("tag", labels=("PER", "ORG")), [{"text": "Ann left", "entities": [{"start": 0, "end": 3, "label": "PER"}]}, {"text": "so what", "entities": []}],
        {"Ann left": ((0, 3, "ORG", 0.5),), "so what": ()}, {"Ann left": ((0, 3, "PER", 0.5),), "so what": ()},
    ),
    "answer": (
        Task("answer", inputs=("question", "context")), [{"question": "who?", "context": "Ann left", "answers": ["Ann"]}, {"question": "what?", "context": "a hat", "answers": ["hat"]}],
        {"who?": ("left", 4, 8, 0.5), "what?": ("a hat", 0, 5, 0.5)}, {"who?": ("Ann", 0, 3, 0.5), "what?": ("a hat", 0, 5, 0.5)},
    ),
    "generate": (Task("generate"), [{"text": "x", "output": "good day"}, {"text": "y", "output": "good night"}], {"x": ("bad", 0.5), "y": ("good night", 0.5)}, {"x": ("good day", 0.5), "y": ("good night", 0.5)}),
    "rank": (
        Task("rank", inputs=("query", "candidates")), [{"query": "q", "candidates": ["one", "two"], "relevant": [1]}, {"query": "r", "candidates": ["one", "two"], "relevant": [0]}],
        {"q": (1.0, 0.0), "r": (1.0, 0.0)}, {"q": (0.0, 1.0), "r": (1.0, 0.0)},
    ),
    "extract": (
        Task("extract", schema='{"type": "object", "properties": {"name": {"type": "string"}}}'), [{"text": "x", "output": {"name": "Ann"}}, {"text": "y", "output": {"name": "Bo"}}],
        {"x": ('{"name": "Al"}', 0.5), "y": ('{"name": "Bo"}', 0.5)}, {"x": ('{"name": "Ann"}', 0.5), "y": ('{"name": "Bo"}', 0.5)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_functions_of_every_kind_can_be_compared_and_shown(kind):
    task, examples, before, after = KINDS[kind]
    found = diff({"old": Function(task, Said(task, before)), "new": Function(task, Said(task, after))}, hk.read(examples))
    (pair,) = found.pairs
    assert pair.counts["fixed"] >= 1
    assert pair.counts["broken"] == 0
    assert {change.metric for change in pair.metrics} == set(found.functions[0].metrics)
    assert pair.verdict.first == "new"
    json.dumps(found.to_json())
    assert "old → new" in printed(found)
    assert "好于" in printed(found, "zh") or "分不出高下" in printed(found, "zh")


def printed(found, language="en"):
    stream = io.StringIO()
    found.render(Console(file=stream, width=200), language=language)
    return stream.getvalue()


def test_it_is_shown_in_both_languages_with_a_row_by_file_and_line(found):
    assert "rows:118  bad (0.80) → good (0.90)  (is: bad)  text 117" in printed(found)
    assert "mood (2) 好于 mood" in printed(found, "zh")
    assert EN.keys() == ZH.keys()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_shows_no_text_as_markup(found, language, tmp_path):
    named = diff({"old": mood(OLD), "<b>new</b>": mood(NEW)}, rows(TRUE))
    page = named.save(tmp_path / "diff.html", language=language).read_text(encoding="utf-8")
    assert "<b>new" not in page
    assert "&lt;b&gt;new" in page
    assert "<script" not in page
    assert "http://" not in page
    assert all(word in page for word in {"en": ("fixed (18)", "broken (3)"), "zh": ("改对 (18)", "改错 (3)")}[language])
    assert json.loads(named.save(tmp_path / "diff.json").read_text(encoding="utf-8"))["pairs"][0]["changes"]["fixed"] == 18


def test_functions_that_do_different_things_are_refused():
    with pytest.raises(ConfigError, match="same kind of thing"):
        joint_task([MOOD, Task("rate")])
    with pytest.raises(ConfigError, match="no label in common"):
        joint_task([MOOD, Task("classify", labels=("x", "y"))])
    with pytest.raises(ConfigError, match="at least two"):
        diff([mood(OLD)], rows(TRUE))
    with pytest.raises(DataError):
        mood(OLD).compare_with(mood(OLD), hk.read([{"text": "x"}]))


def test_kappa_equals_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    assert kappa_sample(first, second, 3).value[0] == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_one_row_is_enough_and_empty_text_does_no_harm():
    found = diff({"a": Function(MOOD, Said(MOOD, {}, (0.9, 0.1))), "b": Function(MOOD, Said(MOOD, {}, (0.1, 0.9)))}, hk.read([{"text": "", "label": "good"}]))
    assert found.n == 1
    assert found.pairs[0].counts["broken"] == 1



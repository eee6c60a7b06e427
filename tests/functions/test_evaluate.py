"""Function.evaluate hands the parts of a report what they look at, and refuses what there is not."""

import time

import pytest

from hanshuku.errors import ConfigError, DataError, UnknownName
from hanshuku.evaluation.parts import PARTS
from hanshuku.evaluation.parts.base import Part
from hanshuku.functions.core import Function
from hanshuku.functions.evaluate import named_sets
from hanshuku.functions.origin import Origin
from tests.words import TEAM, WordPredictor

ROWS = [{"text": f"my {label} {i}", "label": label, "shop": "north" if i % 3 else "south"} for i in range(6) for label in TEAM.labels]


@pytest.fixture
def seen(monkeypatch):
    """What a part that was just added is given."""
    found = []

    def measure(seen, wanted):
        found.append((seen, wanted))
        return {"rows": (len(seen.encoded),), "undefined": float("nan")}

    monkeypatch.setitem(PARTS, "probe", Part(measure, lambda task: True))
    return found


def function():
    return Function(TEAM, WordPredictor())


def test_a_part_sees_the_rows_and_their_other_columns_in_step(seen):
    report = function().evaluate(ROWS, groups="shop", rows=7, seed=3)
    rows, wanted = seen[0]
    assert list(rows.columns["shop"]) == [row["shop"] for row in ROWS]
    assert [row[0] for row in rows.encoded.inputs] == [row["text"] for row in ROWS]
    assert (wanted.groups, wanted.rows, wanted.checks, rows.seed) == ("shop", 7, None, 3)
    assert report.parts["probe"] == {"rows": [len(ROWS)], "undefined": None}, "plain JSON data, as it is read back"


def test_sets_of_another_domain_come_in_the_labels_of_the_function(seen):
    other = [{"text": "my parcel", "label": "post"}, {"text": "hello", "label": "greeting"}, {"text": "refund", "label": "Refund"}]
    report = function().evaluate(ROWS, ood={"shop": other}, same={"shop": {"post": "delivery"}})
    assert seen[0][1].ood["shop"].targets.tolist() == [1, 0]
    assert any("1 row left out: the function does not know 'greeting'" in note for note in report.notes)


def test_a_report_keeps_how_the_function_came_to_be_and_its_licence():
    origin = Origin(method="probe", settings={"c": 1}, model="minilm", licence="Apache-2.0", rows=9, trials=({"much": 1},))
    history = Function(TEAM, WordPredictor(), history=(origin,)).evaluate(ROWS).history
    assert history[0]["method"] == "probe" and history[0]["licence"] == "Apache-2.0" and "trials" not in history[0]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"groups": "shpo"}, UnknownName, "Did you mean 'shop'"),
        ({"chekcs": ()}, UnknownName, "Did you mean 'checks'"),
        ({"checks": ["prob"]}, UnknownName, "No check is named 'prob'"),
        ({"checks": "probe"}, ConfigError, "a list of names"),
        ({"rows": 0}, ConfigError, "at least 1"),
        ({"same": {"a": "refund"}}, ConfigError, "no such set"),
        ({"ood": {"b": ROWS}, "same": {"c": {"a": "refund"}}}, UnknownName, "set of ood"),
        ({"ood": [{"text": "x", "label": "mood"}]}, DataError, "No row of ood"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(seen, options, error, words):
    with pytest.raises(error, match=words):
        function().evaluate(ROWS, **options)
    assert not seen


@pytest.mark.parametrize(("check", "option"), [("groups", "--groups COLUMN"), ("out_of_domain", "--ood FILE"), ("behaviours", "--behaviours FILE")])
def test_a_named_check_without_what_it_looks_at_is_refused_before_a_row_is_asked(check, option):
    predictor = WordPredictor()
    with pytest.raises(ConfigError, match=option):
        Function(TEAM, predictor).evaluate(ROWS, checks=[check])
    assert not predictor.batches


def test_a_set_is_called_by_its_file_or_by_the_folder_of_a_split():
    assert list(named_sets(["data/yelp5/test.jsonl.gz", "imdb.csv"])) == ["yelp5", "imdb"]
    assert list(named_sets(["a/imdb.csv", "b/imdb.csv", "c/imdb.csv"])) == ["imdb", "imdb 2", "imdb 3"]
    assert list(named_sets({"mine": "x.csv"})) == ["mine"] and named_sets(None) == {}


class Slow(WordPredictor):
    """Takes a tenth of a second for a batch of one row or more."""

    def outputs(self, inputs):
        time.sleep(0.1)
        return super().outputs(inputs)


def test_a_slow_function_is_not_asked_for_hours_unless_the_parts_are_named(monkeypatch):
    asked = []
    monkeypatch.setitem(PARTS, "long", Part(lambda seen, wanted: asked.append(1) or {"done": 1}, lambda task: True, asks_again=True))
    report = Function(TEAM, Slow()).evaluate(ROWS[:1])
    assert not asked and "long" not in report.parts and "slices" not in report.parts
    assert any(note.startswith("not measured, as it would take about") and "long" in note for note in report.notes)
    assert Function(TEAM, Slow()).evaluate(ROWS[:1], checks=["long"]).parts["long"] == {"done": 1}


class Waking(WordPredictor):
    """Takes long for its first answers alone, as a model that is read then."""

    def outputs(self, inputs):
        if not self.batches:
            time.sleep(0.2)
        return super().outputs(inputs)


def test_a_function_that_is_slow_only_at_its_first_answers_is_measured_whole_on_one_row(monkeypatch):
    monkeypatch.setitem(PARTS, "long", Part(lambda seen, wanted: {"done": 1}, lambda task: True, asks_again=True))
    assert Function(TEAM, Waking()).evaluate(ROWS[:1], rows=300).parts["long"] == {"done": 1}


def test_what_is_given_by_a_file_is_measured_whatever_checks_are_named(monkeypatch):
    monkeypatch.setitem(PARTS, "far", Part(lambda seen, wanted: {"sets": len(wanted.ood)}, lambda task: True, asks_again=True, is_asked=lambda wanted: bool(wanted.ood)))
    assert function().evaluate(ROWS, checks=(), ood={"shop": ROWS}).parts["far"] == {"sets": 1}
    assert "far" not in function().evaluate(ROWS, checks=()).parts

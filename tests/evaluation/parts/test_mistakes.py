"""Mistakes: the most wrong come first, each with its line, what was due and, where that costs nothing, what each word did."""

import json

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.mistakes import MOST, measure
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.words import TEAM, WordPredictor


def seen(task, inputs, targets, outputs, predictor=None):
    rows = [row if isinstance(row, tuple) else (row,) for row in inputs]
    return Seen(predictor or WordPredictor(task), Encoded(task, rows, targets, np.arange(len(rows)) + 2), outputs)


def words(texts, targets):
    predictor = WordPredictor()
    return seen(TEAM, texts, np.array(targets), predictor.outputs([(text,) for text in texts]), predictor)


def test_the_surest_wrong_answer_comes_first_with_its_line_and_what_was_due():
    found = measure(words(["a refund", "refund refund refund", "delivery of a refund", "delivery"], [1, 1, 1, -1]), Wanted(checks=()))
    assert (found["wrong"], found["n"]) == (4, 4)  # of two that are as likely the first is answered
    first, second = found["mistakes"][:2]
    assert (first["inputs"], first["line"], first["given"], first["due"]) == ({"text": "refund refund refund"}, 3, "refund", "delivery")
    assert first["confidence"] == pytest.approx(3.5 / 4)
    assert second["line"] in {2, 5}
    assert next(one for one in found["mistakes"] if one["line"] == 5)["due"] == "", "a label that the function does not know"


def test_the_words_that_led_astray_are_told_unless_nothing_may_be_asked_again():
    rows = words(["please refund this"], [1])
    assert measure(rows, Wanted(checks=()))["mistakes"][0]["words"] == []
    weights = {word["text"]: word["weight"] for word in measure(rows, Wanted())["mistakes"][0]["words"]}
    assert weights["refund"] > 0.5 and abs(weights["please"]) < 1e-6
    page = SECTIONS["mistakes"].html(measure(rows, Wanted()), SECTIONS["mistakes"].say("en"))
    assert "<mark" in page and page.index("please") < page.index(">refund</mark>")


def test_a_model_that_costs_money_is_asked_again_only_where_the_part_is_named():
    rows = words(["please refund this"], [1])
    rows.predictor.spending = {"requests": 1}
    assert measure(rows, Wanted())["mistakes"][0]["words"] == []
    assert measure(rows, Wanted(checks=("mistakes",)))["mistakes"][0]["words"]


def test_what_explaining_asks_is_bounded():
    rows = words(["refund " + "word " * 40] * 12, [1] * 12)
    found = measure(rows, Wanted(rows=20))
    assert len(found["mistakes"]) == MOST
    assert sum(bool(one["words"]) for one in found["mistakes"]) == 2  # 5 x 20 words, 41 a row


def test_where_nothing_is_wrong_there_is_no_part():
    assert measure(words(["a refund", "delivery"], [0, 1]), Wanted()) is None


CHAT = json.dumps([{"role": "user", "content": "hello"}])
KINDS = {
    "several": (Task("classify", labels=("a", "b"), several=True), ["x", "y"], np.array([[1, 1], [0, 0]]), np.array([[0.9, 0.1], [0.2, 0.8]]), ("a | b", "a")),
    "rate": (Task("rate", low=0, high=5), ["x", "y"], np.array([1.0, 4.0]), np.array([1.5, 9.0]), ("4", "5.000")),
    "tag": (Task("tag", labels=("PER",)), ["Ann came"], objects([((0, 3, "PER"),)]), objects([()]), ("PER: Ann", "-")),
    "answer": (Task("answer", ("question", "context")), [("who?", "Ann came")], objects([(("Ann", 0),)]), objects([("came", 4, 8, 0.7)]), ("Ann", "came")),
    "generate": (Task("generate"), ["x"], objects([("good day",)]), objects([("bad night", 0.5)]), ("good day", "bad night")),
    "chat": (Task("chat", ("messages",)), [CHAT], objects([("hi there",)]), objects([("no", None)]), ("hi there", "no")),
    "rank": (Task("rank", ("query", "candidates")), [("q", '["a", "b", "c"]')], objects([(2,)]), objects([(3.0, 2.0, 1.0)]), ("c", None)),
    "extract": (Task("extract", schema='{"type": "object"}'), ["x"], objects(['{"a": 1}']), objects([('{"a": 2}', 0.4)]), ('{"a": 1}', None)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_task_shows_its_mistakes_as_plain_data_and_on_the_page(kind):
    task, inputs, targets, outputs, (due, given) = KINDS[kind]
    found = measure(seen(task, inputs, targets, outputs), Wanted(checks=()))
    first = next(one for one in found["mistakes"] if one["due"] == due)
    assert given is None or any(given == one["given"] for one in found["mistakes"])
    assert json.loads(json.dumps(found)) == found
    for language in ("en", "zh"):
        say = SECTIONS["mistakes"].say(language)
        assert "<li>" in SECTIONS["mistakes"].html(found, say) and list(SECTIONS["mistakes"].lines(found, say))
    assert first["score"] < 1

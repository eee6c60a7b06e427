"""Mistakes: the most wrong come first, each with its line, what was due and, where that costs nothing, what each word did."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.mistakes import MOST, measure
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.explain.test_explain import Counting
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


def test_words_of_a_number_that_is_wrong_raise_or_lower_it():
    predictor = Counting(Task("rate", low=0, high=10))
    rows = [("an awful but lovely film",)]
    data = measure(seen(predictor.task, rows, np.array([10.0]), predictor.outputs(rows), predictor), Wanted())
    for language, told in (("en", ("Blue words raise the number", "(lowers)", "(raises)")), ("zh", ("蓝色的词提高所给的数", "（降低）", "（提高）"))):
        page = SECTIONS["mistakes"].html(data, SECTIONS["mistakes"].say(language))
        assert all(text in page for text in told) and "(for)" not in page


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


def shown_of(kind, inputs, targets, outputs, language="en", **fields):
    """The page and the terminal's lines of mistakes on rows."""
    task = replace(KINDS[kind][0], **fields)
    data, say = measure(seen(task, inputs, targets, outputs), Wanted(checks=())), SECTIONS["mistakes"].say(language)
    return SECTIONS["mistakes"].html(data, say), "\n".join(map(str, SECTIONS["mistakes"].lines(data, say))), data


def test_entities_stand_in_their_text_right_wrong_and_missed():
    page, told, data = shown_of(
        "tag", ["Ann met Bob in Asia Minor"], objects([((0, 3, "PER"), (8, 11, "PER"), (15, 25, "LOC"))]), objects([((0, 3, "PER", 0.9), (15, 19, "ORG", 0.8))]), labels=("PER", "LOC", "ORG")
    )
    assert "[Ann]✓PER met [Bob]○PER in [[Asia]✗ORG Minor]○LOC" in told
    assert [(span["text"], span["given"], span["due"]) for span in data["mistakes"][0]["spans"]] == [("Ann", True, True), ("Bob", False, True), ("Asia Minor", False, True), ("Asia", True, False)]
    assert '<span class="is-missed is-wrong">Asia</span>' in page and 'aria-label="answered, but wrong"' in page


def test_the_same_stretch_with_another_label_is_bracketed_once():
    assert "来自[叙利亚]○GPE✗LOC的人" in shown_of("tag", ["来自叙利亚的人"], objects([((2, 5, "GPE"),)]), objects([((2, 5, "LOC", 0.9),)]), labels=("GPE", "LOC"))[1]


def test_a_long_context_is_cut_round_the_answer_and_what_is_right_wherever_they_stand():
    filler = "nothing of interest happened then. " * 60
    context = f"{filler}Ann came in May. {filler}Bob left in June."
    page, told, _ = shown_of("answer", [("When did Bob leave?", context)], objects([(("June", context.index("June")),)]), objects([("May", context.index("May"), context.index("May") + 3, 0.6)]))
    for text in ("[May]✗", "[June]○", "When did Bob leave?"):
        assert text in told
    assert "Ann came in" in page and len(page) < len(context), "and not the whole of it"
    assert "… then" not in told and " hing " not in told, "words are not cut"


def test_an_answer_whose_place_is_not_given_is_found_in_the_context():
    data = shown_of("answer", [("who?", "Ann came")], objects([(("came", -1),)]), objects([("", -1, -1, 0.7)]))[2]
    assert [(span["start"], span["end"], span["due"], span["given"]) for span in data["mistakes"][0]["spans"]] == [(4, 8, True, False)]


def test_where_nothing_was_answered_words_say_so():
    rows = (["Ann came"], objects([((0, 3, "PER"),)]), objects([()]))
    assert "answered: nothing; right is: PER: Ann" in shown_of("tag", *rows)[1]
    assert "答为：无；应为：PER: Ann" in shown_of("tag", *rows, language="zh")[1]


def test_marks_are_left_out_where_the_text_was_changed_since():
    data = shown_of("tag", ["Ann came"], objects([((0, 3, "PER"),)]), objects([()]))[2]
    data["mistakes"][0]["inputs"]["text"] = "[NAME] came"
    assert "is-missed" not in SECTIONS["mistakes"].html(data, SECTIONS["mistakes"].say("en"))


def test_texts_keep_their_lines_and_stand_beside_a_reference_that_may_be_one_of_many():
    page, told, _ = shown_of("generate", ["Write two lines"], objects([("one\ntwo",)]), objects([("three\nfour", 0.5)]))
    assert "three\nfour" in page and "one\ntwo" in page and "reference" in page and "right is" not in page
    assert "may be no fault" in SECTIONS["mistakes"].says({"kind": "generate", "wrong": 1, "n": 1, "mistakes": []}, SECTIONS["mistakes"].say("en"))
    assert "likeness to the reference 0.0%" in told


def test_of_a_long_conversation_the_end_is_shown():
    turns = [{"role": "user", "content": f"question {i} " + "and so on " * 20} for i in range(9)]
    page, told, _ = shown_of("chat", [json.dumps([*turns, {"role": "user", "content": "the last words"}])], objects([("hi there",)]), objects([("no", None)]))
    assert "the last words" in page and "the last words" in told and "question 0" not in page


def test_a_ranking_shows_its_first_places_and_where_the_first_relevant_one_stands():
    candidates = json.dumps([f"text {letter}" for letter in "abcdefgh"])
    page, told, data = shown_of("rank", [("which?", candidates)], objects([(6,)]), objects([tuple(8.0 - i for i in range(8))]))
    assert "stands at place 7 of 8" in page and "stands at place 7 of 8" in told
    assert [each["place"] for each in data["mistakes"][0]["ranking"]] == [1, 2, 3, 4, 5, 7]
    assert "text h" not in page and "Ranking(" not in json.dumps(data)


def test_an_object_shows_the_fields_that_differ_alone():
    due, given = '{"buyer": {"name": "Ann"}, "items": ["pen", "cup"], "paid": true}', '{"buyer": {"name": "Bob"}, "items": ["pen"], "paid": true}'
    page, _, data = shown_of("extract", ["Ann bought a pen and a cup"], objects([due]), objects([(given, 0.4)]))
    assert data["mistakes"][0]["fields"] == [{"field": "buyer.name", "given": "Bob", "due": "Ann"}, {"field": "items", "given": "", "due": "cup"}]
    assert "paid" not in page and data["mistakes"][0]["given"] == given

"""The part `robustness`: the same rows in another form, and how far the metric falls."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")
pytest.importorskip("opencc")

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.robustness import measure, suits
from hanshuku.evaluation.perturb import perturbed, ways_of
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.evaluation.spotter import MOODS, Careful, Spotter, moods


def looked(of, predictor=None, **wanted):
    predictor = predictor or Spotter()
    return measure(Seen(predictor, of, predictor.outputs(of.inputs)), Wanted(**wanted))


def kinds(found):
    return {kind["name"]: kind for kind in found["kinds"]}


def test_a_function_that_reads_small_letters_alone_falls_under_casing_beyond_chance():
    casing = kinds(looked(moods()))["casing"]
    assert casing["before"]["value"] == 1.0 and casing["after"]["value"] < 0.7
    assert casing["clear"] and casing["drop"]["low"] > 0 and casing["worse"] == casing["changed"]["count"] > 10


def test_marks_do_not_touch_a_function_that_reads_words():
    found = kinds(looked(moods()))["punctuation"]
    assert found["drop"]["value"] == 0 and not found["clear"] and found["drop"]["low"] < 0 < found["drop"]["high"]


def test_the_worst_way_stands_first_and_shows_what_it_did():
    first = looked(moods())["kinds"][0]
    sample = first["samples"][0]
    assert sample["before"] != sample["after"] and sample["answers"][0] != sample["answers"][1]


def test_a_p_value_is_corrected_for_all_ways():
    found = looked(moods())
    assert found["tested"] == len(found["kinds"]) > 3
    assert all(kind["p"] <= kind["p_holm"] <= 1 for kind in found["kinds"])


@pytest.mark.parametrize(("chinese", "here", "absent"), [(True, {"homophones", "lookalikes", "script", "width"}, "casing"), (False, {"typos", "casing", "contractions"}, "homophones")])
def test_the_language_of_the_rows_says_which_ways_apply(chinese, here, absent):
    names = {way.name for way in ways_of(moods(chinese=chinese))}
    assert here <= names and absent not in names


def test_no_more_rows_are_asked_again_than_wanted():
    predictor = Spotter()
    found = looked(moods(300), predictor, rows=20)
    assert found["n"] == 20 and found["of"] == 300
    assert predictor.asked == 300 + sum(kind["n"] for kind in found["kinds"])


def test_a_way_that_needs_a_model_of_its_own_is_named_not_run():
    assert {"name": "synonyms", "why": "model", "need": "minilm"} in looked(moods())["left_out"]


def test_a_function_that_writes_says_the_rows_in_other_words():
    found = looked(moods(), paraphrase=lambda texts: [text.replace("wonderful", "fine").replace("lovely", "fair") for text in texts])
    assert kinds(found)["paraphrase"]["n"] == 30 and kinds(found)["paraphrase"]["worse"] == 30


@pytest.mark.parametrize("texts", [["a"], ["", "a"], ["", " ", "!", "1", "😀"] * 4, ["x" * 5000, "..."], ["Ωμέγα", "данные"], ["a b"]])
def test_odd_texts_crash_nothing(texts):
    rows = Encoded(MOODS, [(text,) for text in texts], np.arange(len(texts)) % 2, np.arange(len(texts)))
    looked(rows)


class Finder:
    """Tags every "Rome"; answers with it."""

    threshold = 0.5

    def __init__(self, task):
        self.task = task

    def outputs(self, inputs):
        places = [row[-1].find("Rome") for row in inputs]
        if self.task.kind == "tag":
            return objects([((at, at + 4, "LOC", 0.9),) if at >= 0 else () for at in places])
        return objects([("Rome", at, at + 4, 0.9) if at >= 0 else ("", -1, -1, 0.9) for at in places])


@pytest.mark.parametrize("kind", ["tag", "answer"])
def test_entities_and_answers_are_looked_for_where_they_then_lie(kind):
    task = Task(kind, ("text",) if kind == "tag" else ("question", "context"), ("LOC",) if kind == "tag" else ())
    context = "We went, slowly, to Rome, and it was warm there."
    at = context.index("Rome")
    row, target = ((context,), ((at, at + 4, "LOC"),)) if kind == "tag" else (("Where did we go?", context), (("Rome", at),))
    rows = Encoded(task, [row] * 20, objects([target] * 20), np.arange(20))
    found = kinds(looked(rows, Finder(task)))
    assert found["punctuation"]["before"]["value"] == found["punctuation"]["after"]["value"] == 1.0
    assert found["typos"]["after"]["value"] < 1.0 or found["casing"]["after"]["value"] < 1.0


def test_all_texts_of_a_pair_change_and_each_label_stays():
    task = replace(MOODS, inputs=("first", "second"))
    rows = Encoded(task, [("a lovely morning", "a terrible evening")] * 3, np.array([0, 1, 0]), np.arange(3))
    places, new = perturbed(rows, "casing")
    assert list(places) == [0, 1, 2] and list(new.targets) == [0, 1, 0]
    assert all(text != old for row in new.inputs for text, old in zip(row, rows.inputs[0], strict=True))


def test_numbers_are_measured_by_their_correlation():
    task = Task("rate", ("text",), low=0.0, high=1.0)

    class Stars(Spotter):
        def outputs(self, inputs):
            return super().outputs(inputs)[:, 1]

    rows = replace(moods(), task=task, targets=moods().targets.astype(np.float32))
    found = kinds(looked(rows, Stars(task)))
    assert looked(rows, Stars(task))["metric"] == "spearman" and found["casing"]["changed"]["count"] > 10


def test_texts_that_are_written_are_not_looked_at():
    assert not suits(Task("summarize", ("text",)))


def test_a_row_that_is_refused_in_another_form_is_right_no_more_and_counted_as_refused():
    rows, predictor = moods(), Careful()
    outputs, reasons = predictor.judged(rows.inputs)
    found = measure(Seen(predictor, rows, outputs, reasons=reasons), Wanted())
    casing = kinds(found)["casing"]
    assert casing["refused"]["before"] == 0 and casing["refused"]["after"] > 0.2
    assert casing["before"]["value"] == 1.0 and casing["after"]["value"] == pytest.approx(1 - casing["refused"]["after"])
    assert None in [sample["answers"][1] for sample in casing["samples"]], "a refusal is shown as one"
    assert kinds(looked(moods()))["casing"]["refused"] is None

"""The part `out_of_domain`: rows from elsewhere, the drop, and how far off they are."""

from dataclasses import replace

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.distance import distance
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.out_of_domain import measure
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.evaluation.spotter import MOODS, Careful, Spotter, moods


def looked(ood, own=None, predictor=None):
    own, predictor = own or moods(200), predictor or Spotter()
    return measure(Seen(predictor, own, predictor.outputs(own.inputs)), Wanted(ood=ood))


def strange(n=100, right=0.5):
    """Rows about other things in other words, of which so many are answered rightly."""
    texts = [("GR8 pizza slice, crusty crust",) for _ in range(n)]
    return Encoded(MOODS, texts, (np.arange(n) >= right * n).astype(np.int64), np.arange(n))


def test_the_drop_is_stated_with_its_interval_and_clear_where_it_is():
    one = looked({"pizza": strange()})["sets"][0]
    assert one["value"]["value"] == 0.5 and one["drop"]["value"] == 0.5 and 0.3 < one["drop"]["low"] < 0.5 < one["drop"]["high"] < 0.65
    assert one["clear"] and one["p_holm"] < 0.001


def test_rows_of_the_same_domain_show_no_drop_and_are_not_told_apart():
    one = looked({"same": moods(200)})["sets"][0]
    assert one["drop"]["value"] == 0 and not one["clear"] and one["p"] == 1
    assert one["distance"]["auc"]["low"] < 0.6 and one["distance"]["unseen"] == 0


def test_strange_rows_are_told_apart_by_their_words():
    found = looked({"pizza": strange()})["sets"][0]["distance"]
    assert found["auc"]["value"] > 0.99 and found["unseen"] > 0.8 and found["own"] < 0.2


def test_several_sets_are_corrected_for_their_number():
    sets = looked({"a": strange(60, 0.9), "b": strange(60, 0.8), "c": moods(60)})
    assert sets["tested"] == 3 and all(one["p_holm"] >= one["p"] for one in sets["sets"])


def test_unknown_labels_and_labels_without_a_row_are_said():
    rows = strange(20, 0.5)
    unknown = looked({"odd": replace(rows, targets=np.full(20, -1))})["sets"][0]
    assert unknown["unknown"] == 20 and unknown["value"]["value"] == 0
    assert looked({"one": replace(rows, targets=np.zeros(20, dtype=np.int64))})["sets"][0]["missing"] == ["good"]



@pytest.mark.parametrize("texts", [[""], ["", "😀", "?!"], ["z" * 4000], ["\ud800", "a"]])
def test_odd_texts_and_single_rows_crash_nothing(texts):
    rows = Encoded(MOODS, [(text,) for text in texts], np.zeros(len(texts), dtype=np.int64), np.arange(len(texts)))
    assert looked({"odd": rows})["sets"][0]["n"] == len(texts)


def test_numbers_and_entities_have_a_drop_too():
    class Stars(Spotter):
        def outputs(self, inputs):
            return super().outputs(inputs)[:, 1]

    task = Task("rate", ("text",), low=0.0, high=1.0)
    rows = replace(moods(), task=task, targets=moods().targets.astype(np.float32))
    shuffled = replace(rows, targets=np.random.default_rng(0).permutation(rows.targets))
    assert looked({"shuffled": shuffled}, rows, Stars(task))["sets"][0]["clear"]

    class Blind:
        task, threshold = Task("tag", ("text",), ("LOC",)), 0.5

        def outputs(self, inputs):
            return objects([((0, 4, "LOC", 0.9),) for _ in inputs])

    tagged = Encoded(Blind.task, [("Rome is warm",)] * 20, objects([((0, 4, "LOC"),)] * 20), np.arange(20))
    found = looked({"far": replace(tagged, targets=objects([((5, 7, "LOC"),)] * 20))}, tagged, Blind())["sets"][0]
    assert found["value"]["value"] == 0 and found["drop"]["value"] == 1


def test_texts_in_another_language_are_far_off():
    assert distance(["a lovely film"] * 20, ["这家酒店很好"] * 20)["auc"]["value"] == 1.0


def test_a_row_that_is_refused_is_not_right_in_another_domain_either():
    rows, predictor = moods(), Careful()
    outputs, reasons = predictor.judged(rows.inputs)
    found = measure(Seen(predictor, rows, outputs, reasons=reasons), Wanted(ood={"pizza": strange()}))
    one = found["sets"][0]
    assert one["value"]["value"] == 0 and one["metrics"]["coverage"]["value"] == 0 and one["drop"]["value"] == found["own"]["value"] == 1.0

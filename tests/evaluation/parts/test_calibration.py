"""Whether a confidence comes true, what refusing would gain, and what a function that refuses did."""

from types import SimpleNamespace

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.evaluate import plain_json
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts import PARTS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.inference.calibrated import CalibratedPredictor, Sets
from hanshuku.metrics.scaling import Temperature
from hanshuku.metrics.selective import aurc
from hanshuku.tasks import Task

ONE = Task("classify", labels=("a", "b", "c"))
SEVERAL = Task("classify", labels=("a", "b", "c"), several=True)


def seen(outputs, targets, task=ONE, reasons=None, predictor=None):
    rows = Encoded(task, [(f"row {i}",) for i in range(len(outputs))], np.asarray(targets), np.zeros(len(outputs), dtype=np.int64))
    return Seen(predictor or SimpleNamespace(task=task, threshold=0.5), rows, np.asarray(outputs, dtype=np.float32), reasons=reasons)


def drawn(n=600, boast=1.0, seed=0):
    """Probabilities and labels drawn from them, where boast > 1 makes them too sure."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 3)) * 1.5
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    targets = (rng.random((n, 1)) > chances.cumsum(1)).sum(1)
    hot = np.exp(boast * logits)
    return hot / hot.sum(1, keepdims=True), targets


def part(name, of):
    return plain_json(PARTS[name].measure(of, Wanted()))


def said(name, data, language="en"):
    section = SECTIONS[name]
    say = section.say(language)
    assert section.html(data, say) and list(section.lines(data, say))
    return section.says(data, say)


@pytest.mark.parametrize(("boast", "words"), [(1.0, "as sure as it should be"), (2.5, "too sure of itself"), (0.3, "right more often than it says")])
def test_it_says_who_boasts_and_who_is_modest(boast, words):
    data = part("calibration", seen(*drawn(boast=boast)))
    assert words in said("calibration", data) and said("calibration", data, "zh")
    assert sum(one["n"] for one in data["bins"]) == 600 and data["scaling"] is None
    assert (data["gap"]["low"] > 0) == (boast > 1) and data["gap"]["low"] <= data["sure"] - data["right"] <= data["gap"]["high"]


def test_each_label_of_several_is_a_confidence():
    rng = np.random.default_rng(0)
    chances = rng.random((200, 3))
    data = part("calibration", seen(chances, (rng.random((200, 3)) < chances).astype(np.float32), SEVERAL))
    assert (data["n"], data["judged"]) == (200, 600) and data["ece_corrected"] < data["ece"] < 0.1
    assert "600 probabilities" in SECTIONS["calibration"].html(data, SECTIONS["calibration"].say("en"))


def test_a_function_that_refuses_nothing_is_told_what_it_could_gain():
    outputs, targets = drawn(boast=2.0)
    data = part("refusal", seen(outputs, targets))
    assert data["refused"] is data["sets"] is data["strangers"] is None
    assert data["aurc"]["value"] == pytest.approx(aurc(outputs.max(1).astype(np.float32), outputs.argmax(1) != targets)[0])
    assert [one["risk"] for one in data["at"]] == [0.01, 0.05, 0.1] and all(one["low"] <= one["coverage"] <= one["high"] for one in data["at"])
    assert "If only the surest were answered" in said("refusal", data) and said("refusal", data, "zh")


def test_refusals_are_counted_by_reason_and_held_to_what_was_asked():
    outputs, targets = drawn()
    reasons = np.where(outputs.max(1) < 0.7, "unsure", np.where(np.arange(600) % 50 == 0, "out_of_scope", ""))
    predictor = CalibratedPredictor(ONE, SimpleNamespace(threshold=0.5), least=0.7, about={"risk": {"bound": 0.3, "sure": 0.95}})
    data = part("refusal", seen(outputs, targets, reasons=reasons, predictor=predictor))
    told = data["refused"]
    assert told["answered"] == (reasons == "").sum() and {one["name"]: one["count"] for one in told["reasons"]} == {why: (reasons == why).sum() for why in ("unsure", "out_of_scope")}
    assert told["risk"]["value"] == pytest.approx((outputs.argmax(1) != targets)[reasons == ""].mean())
    assert "do not speak against it" in said("refusal", data)
    told["asked"] = 0.001
    assert "that is not kept" in said("refusal", data)


def test_sets_of_labels_are_held_to_their_coverage():
    outputs, targets = drawn()
    predictor = CalibratedPredictor(ONE, SimpleNamespace(threshold=0.5), Temperature(1.0), sets=Sets("lac", 0.8, 0.9))
    data = part("refusal", seen(outputs, targets, predictor=predictor))["sets"]
    assert data["held"]["value"] == pytest.approx((outputs[np.arange(600), targets] >= 0.2).mean(), abs=2e-3)
    assert data["size"] == pytest.approx((outputs >= 0.2).sum(1).mean(), abs=0.01)


def test_rows_with_unknown_labels_are_told_from_the_others_by_confidence():
    outputs, targets = drawn()
    targets[:100] = -1
    outputs[:100] = 1 / 3
    data = part("refusal", seen(outputs, targets, reasons=np.full(600, "")))
    assert data["strangers"]["auroc"]["value"] == 1.0 and data["strangers"]["n"] == 100 and data["strangers"]["fpr95"]["value"] < 0.2
    assert "AUROC 1.000" in " ".join(SECTIONS["refusal"].lines(data, SECTIONS["refusal"].say("en")))


@pytest.mark.parametrize("name", ["calibration", "refusal"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_row_one_label_and_nothing_answered_can_be_shown(name, language):
    sure = [[1.0, 0.0, 0.0]]
    for of in (seen(sure, [0]), seen(sure, [-1]), seen(sure * 50, [0] * 50), seen(sure * 50, [-1] * 50, reasons=np.full(50, "unsure")), seen(sure * 2, [[1, 0, 0], [0, 0, 0]], SEVERAL)):
        assert said(name, part(name, of), language)


def test_rows_that_a_guard_keeps_from_the_function_have_no_confidence_to_judge():
    outputs, targets = drawn(300)
    reasons = np.where(np.arange(400) < 300, "", "input: personal data (email)")
    both = np.concatenate([outputs, np.full((100, 3), 1 / 3)]), np.concatenate([targets, np.zeros(100, dtype=np.int64)])
    alone, guarded = part("calibration", seen(outputs, targets)), part("calibration", seen(*both, reasons=reasons))
    assert guarded["ece"] == alone["ece"] and guarded["n"] == 300
    refusal = part("refusal", seen(*both, reasons=reasons))
    assert refusal["risk"] == part("refusal", seen(outputs, targets))["risk"] and refusal["refused"]["answered"] == 300 and refusal["refused"]["n"] == 400
    assert part("calibration", seen(*both, reasons=np.full(400, "input: rule x"))) is None

"""A function that says how sure it is, and refuses what it is unsure of or what is none of its business."""

import json
from typing import Literal

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.export import export
from hanshuku.functions.store import load
from hanshuku.inference.calibrated import OUT_OF_SCOPE, UNSURE, CalibratedPredictor
from hanshuku.metrics.calibration import expected_calibration_error
from tests.cli.test_cli import run as run_command

WORDS = {"good": ("glad", "happy", "sunny", "lovely", "高兴"), "bad": ("sad", "gloomy", "awful", "rainy", "难过")}
AROUND = ("day", "food", "film", "my order", "today", "night", "please", "房间", "服务")
STRANGE = ("the invoice shows the wrong amount", "cancel my parcel", "发票上的金额不对", "question answer text", "money back")


def drawn(n, seed, strange=0):
    """Rows whose mood stands in a word; a third has a word of each mood and nobody can tell. Behind them rows of another label that no function here knows."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        mood = ("good", "bad")[rng.integers(2)]
        words = [WORDS[mood][rng.integers(5)], *rng.choice(AROUND, rng.integers(0, 3))]
        if rng.random() < 1 / 3:
            words.append(WORDS["bad" if mood == "good" else "good"][rng.integers(5)])
        rows.append({"text": " ".join(rng.permutation(words)), "mood": mood})
    return rows + [{"text": f"{STRANGE[rng.integers(5)]} {rng.integers(100)}", "mood": "other"} for _ in range(strange)]


@hk.function
def mood(text: str) -> Literal["good", "bad"]:
    """Is this good or bad?"""


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Learned from word vectors."""
    from tests.tiny import tiny_static

    return mood.learn(drawn(150, 1), model=str(tiny_static(tmp_path_factory.mktemp("tiny") / "tiny-static")), method="static")


@pytest.fixture(scope="module")
def encoding(tiny_encoder):
    """Learned on an encoder."""
    return mood.learn(drawn(150, 1), model=tiny_encoder, method="probe", precision="fp32", strength=100.0)


@pytest.fixture(scope="module")
def boasting(tiny_encoder):
    """Learned too well."""
    return mood.learn(drawn(60, 1), model=tiny_encoder, method="probe", precision="fp32", strength=1e5, descriptions=False)


@pytest.fixture(scope="module")
def careful(learned):
    return learned.calibrate(drawn(400, 2, strange=60), risk=0.3, coverage=0.9, scope="knn")


HELD, TEST = drawn(400, 2), drawn(400, 3)


def test_it_is_a_new_function_with_the_same_answers_and_the_old_one_stays(learned):
    calibrated = learned.calibrate(HELD)
    texts = [row["text"] for row in TEST]
    assert calibrated.map(texts) == learned.map(texts)
    assert not learned.refuses and len(learned.history) == 1
    assert [origin.method for origin in calibrated.history] == ["static", "calibrate"]
    assert calibrated.history[-1].rows == 400 and calibrated.history[-1].settings["scaling"] == "temperature"


@pytest.mark.parametrize("scaling", ["temperature", "isotonic"])
def test_its_confidence_comes_true_on_rows_that_it_has_not_seen(boasting, scaling):
    before, after = (function.evaluate(TEST, checks=()) for function in (boasting, boasting.calibrate(HELD, scaling=scaling)))
    assert after.ece < before.ece
    assert after.metrics["log_loss"].value < before.metrics["log_loss"].value
    assert after.metrics["accuracy"] == before.metrics["accuracy"]


def test_what_was_measured_is_told_of_rows_that_the_scaling_was_not_fitted_on(boasting):
    about = boasting.calibrate(HELD).predictor().about["scaling"]
    assert about["after"]["ece_corrected"] < about["before"]["ece_corrected"] and about["temperature"] > 1
    assert about["before"]["n"] == 400 == about["fitted_on"]
    apart = boasting.calibrate(HELD, coverage=0.8).predictor().about["scaling"]
    assert (apart["fitted_on"], apart["after"]["n"]) == (100, 300)  # a promise is made on the others


def test_a_refusal_has_no_output_but_a_reason(careful):
    given = careful.predict("cancel my parcel 7")
    assert (given.output, given.label, given.reason) == (None, None, OUT_OF_SCOPE)
    assert given.confidence == max(given.scores.values()) and "reason='out_of_scope'" in repr(given)
    assert careful("cancel my parcel 7") is None
    assert careful.map(["cancel my parcel 7"]) == [None]
    assert given.to_json()["output"] is None and given.to_json()["reason"] == OUT_OF_SCOPE


def test_what_it_answers_has_the_type_of_the_signature(tiny_encoder):
    @hk.function
    def is_glad(text: str) -> bool:
        """Is it?"""

    rows = [{"text": row["text"], "label": row["mood"] == "good"} for row in drawn(480, 1)]
    calibrated = is_glad.learn(rows[:80], model=tiny_encoder, method="probe").calibrate(rows[80:], risk=0.3)
    assert set(calibrated.map([row["text"] for row in TEST])) <= {True, False, None}


def test_the_risk_is_kept_on_other_rows(learned):
    careful = learned.calibrate(HELD, risk=0.1)
    found = careful.evaluate(TEST, checks=()).metrics
    assert found["risk"].low <= 0.1
    assert found["coverage"].value < 1 and found["risk"].n == round(found["coverage"].value * 400)
    assert {careful.predict(row["text"]).reason for row in TEST} == {"", UNSURE}


def test_a_report_counts_refusals_and_none_is_right(learned):
    careful = learned.calibrate(HELD, risk=0.1)
    report = careful.evaluate(TEST, checks=())
    answers = careful.map([row["text"] for row in TEST])
    right = sum(answer == row["mood"] for answer, row in zip(answers, TEST, strict=True))
    assert report.metrics["accuracy"].value == right / 400
    assert report.metrics["risk"].value == pytest.approx(1 - right / sum(answer is not None for answer in answers))
    assert any("were refused" in note and "not right in any metric" in note for note in report.notes)
    assert np.array(report.confusion["counts"]).sum() == sum(answer is not None for answer in answers)
    assert sum(row["support"] for row in report.per_label) == 400


def test_rows_with_labels_that_it_does_not_know_show_how_well_it_tells_them(careful):
    scope = careful.predictor().about["scope"]
    assert scope["auroc"]["value"] > 0.9 and scope["auroc"]["low"] < scope["auroc"]["value"] and scope["n"] == 400
    assert 0 <= scope["fpr95"]["value"] < 0.5


@pytest.mark.parametrize("scope", ["confidence", "energy", "mahalanobis", "knn"])
@pytest.mark.parametrize("train", [None, drawn(150, 1)], ids=["in turns", "train"])
def test_every_scope_keeps_what_it_was_told_to_keep(encoding, scope, train):
    kept = encoding.calibrate(HELD, scope=scope, keep=0.9, train=train)
    reasons = [prediction.reason for prediction in kept.stream([row["text"] for row in TEST])]
    assert 1 - reasons.count(OUT_OF_SCOPE) / 400 == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("sets", ["lac", "aps"])
def test_sets_hold_the_right_label_as_often_as_was_asked_for(learned, sets):
    calibrated = learned.calibrate(HELD, coverage=0.95, sets=sets)
    held = [row["mood"] in prediction.label_set for prediction, row in zip(calibrated.stream([row["text"] for row in TEST]), TEST, strict=True)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)
    given = calibrated.predict("happy day")
    assert calibrated.predict_set("happy day") == given.label_set
    assert given.to_json()["label_set"] == list(given.label_set)


def test_one_row_of_a_batch_does_not_change_another(careful):
    texts = [row["text"] for row in TEST[:40]] + ["", "cancel my parcel 7", "包裹" * 3000, "😀"]
    alone, together = [careful.predict(text) for text in texts], list(careful.stream(texts))
    assert [(p.output, p.reason, p.label_set) for p in alone] == [(p.output, p.reason, p.label_set) for p in together]
    assert [p.confidence for p in alone] == pytest.approx([p.confidence for p in together], abs=1e-5)


@pytest.mark.parametrize("asked", [{"scaling": "isotonic"}, {"risk": 0.4, "scope": "knn", "coverage": 0.9}, {"scope": "mahalanobis", "sets": "aps", "coverage": 0.9}, {"scope": "energy", "scaling": None}])
@pytest.mark.parametrize("kind", ["learned", "encoding"])
def test_saved_and_exported_it_answers_the_same(kind, asked, tmp_path, request):
    pytest.importorskip("onnx")
    calibrated = request.getfixturevalue(kind).calibrate(HELD, **asked)
    calibrated.save(tmp_path / "mood.fn")
    found = export(calibrated, tmp_path / "mood.onnx.fn")
    assert found.differing == 0
    texts = [row["text"] for row in TEST[:100]] + ["", "cancel my parcel 7"]
    ours = list(calibrated.stream(texts))
    for name in ("mood.fn", "mood.onnx.fn"):
        theirs = list(load(tmp_path / name).stream(texts))
        assert [(p.output, p.reason, p.label_set) for p in theirs] == [(p.output, p.reason, p.label_set) for p in ours]
        assert [p.confidence for p in theirs] == pytest.approx([p.confidence for p in ours], abs=5e-3)
    card = (tmp_path / "mood.fn/card.md").read_text(encoding="utf-8")
    assert load(tmp_path / "mood.fn").history == calibrated.history and all(line in card for line in calibrated.predictor().about["lines"])


def test_several_labels_are_scaled_and_refused_and_the_same_are_given(tiny_encoder):
    function = hk.classify(["good", "bad"], several=True)
    rows = [{"text": a["text"] + " " + b["text"], "labels": sorted({a["mood"], b["mood"]})} for a, b in zip(drawn(500, 1), drawn(500, 2), strict=True)]
    learned = function.learn(rows[:100], model=tiny_encoder, method="probe", strength=100.0)
    calibrated, careful = learned.calibrate(rows[100:300]), learned.calibrate(rows[100:300], risk=0.6, scope="mahalanobis")
    texts = [row["text"] for row in rows[300:]]
    assert calibrated.map(texts) == learned.map(texts)
    assert calibrated.evaluate(rows[300:], checks=()).ece < learned.evaluate(rows[300:], checks=()).ece
    report = careful.evaluate(rows[300:], checks=())
    assert report.metrics["risk"].value < 0.65 and report.metrics["coverage"].value < 1 and None in careful.map(texts)
    with pytest.raises(ConfigError, match="gives several already"):
        learned.calibrate(rows[100:300], coverage=0.9)


def test_a_pair_of_texts_is_calibrated_as_one(tiny_encoder):
    rows = [{"a": x["text"], "b": y["text"], "label": x["mood"]} for x, y in zip(drawn(300, 1), drawn(300, 2), strict=True)]
    function = hk.classify(["good", "bad"], inputs=("a", "b")).learn(rows[:100], model=tiny_encoder, method="probe")
    assert len(function.calibrate(rows[100:], scope="mahalanobis", coverage=0.8).predict_set("happy", "sad")) <= 2


def test_calibrated_again_it_starts_from_what_it_was(learned):
    twice, once = learned.calibrate(drawn(100, 5)).calibrate(HELD), learned.calibrate(HELD)
    assert twice.predict("happy day") == once.predict("happy day")
    assert not isinstance(twice.predictor().base, CalibratedPredictor)


def test_it_learns_on_without_its_calibration_and_is_told_apart_by_its_name(encoding):
    calibrated = encoding.calibrate(HELD, scope="knn")
    assert "probe, calibrated" in repr(calibrated)
    on = calibrated.learn(drawn(20, 7), epochs=1)
    assert not on.refuses and on.history[-1].method == "continual"


def test_a_model_without_features_refuses_by_its_confidence_alone(tiny_causal):
    scored = mood.learn(None, method="prompt", model=tiny_causal, precision="fp32")
    rows = drawn(60, 2)
    assert scored.calibrate(rows, scope="confidence").refuses
    with pytest.raises(ConfigError, match="scope='confidence'"):
        scored.calibrate(rows, scope="knn")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"scaling": "platt"}, "temperature"), ({"scope": "lof"}, "mahalanobis"), ({"risk": 0}, "between 0 and 1"), ({"coverage": 90}, "between 0 and 1"), ({"sets": "raps"}, "lac"),
        ({"scaling": None}, "Nothing is asked for"), ({"riks": 0.1}, "Received: riks"),
    ],
)  # fmt: skip
def test_what_is_not_legal_is_refused_with_what_is(learned, asked, told):
    with pytest.raises(ConfigError, match=told):
        learned.calibrate(HELD, **asked)


def test_rows_that_cannot_calibrate_are_refused(learned):
    with pytest.raises(DataError, match="has learned from"):
        learned.calibrate(drawn(150, 1))
    with pytest.raises(DataError, match="at least 10 held-out rows"):
        learned.calibrate(drawn(5, 2))
    with pytest.raises(DataError, match="at least 20 held-out rows"):
        learned.calibrate(drawn(12, 2), scope="confidence")
    with pytest.raises(DataError, match=r"No least confidence keeps the risk at 0\.001"):
        learned.calibrate(HELD, risk=0.001)
    with pytest.raises(DataError, match="at least 99 held-out rows"):
        learned.calibrate(drawn(40, 2), coverage=0.99)
    with pytest.raises(ConfigError, match="makes no sets"):
        learned.predict_set("happy day")


def test_a_number_is_not_calibrated():
    with pytest.raises(ConfigError, match="is of kind 'rate'"):
        hk.rate(0, 5).calibrate(HELD)


def test_probabilities_of_all_rows_are_judged_refused_or_not(careful):
    report = careful.evaluate(TEST, checks=())
    outputs, reasons = careful.predictor().judged([(row["text"],) for row in TEST])
    right = outputs.argmax(1) == [("good", "bad").index(row["mood"]) for row in TEST]
    assert (reasons != "").any() and report.ece == pytest.approx(expected_calibration_error(outputs.max(1), right))


def test_the_command_line_calibrates_and_prints_refusals(learned, tmp_path, capsys):
    def run(*arguments):
        code, out, err = run_command(capsys, *map(str, arguments))
        assert code == 0, err
        return out

    learned.save(tmp_path / "mood.fn")
    (tmp_path / "held.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in drawn(400, 2, strange=60)), encoding="utf-8")
    told = json.loads(run("calibrate", tmp_path / "mood.fn", tmp_path / "held.jsonl", "--risk", "0.3", "--coverage", "0.9", "--scope", "knn", "--json"))
    assert told["function"] == str(tmp_path / "mood.calibrated.fn") and told["risk"]["bound"] == 0.3 and told["scope"]["auroc"]["value"] > 0.9
    line = json.loads(run("call", tmp_path / "mood.calibrated.fn", "cancel my parcel 7", "--json"))
    assert line["output"] is None and line["reason"] == "out_of_scope" and "label_set" in line
    assert run("call", tmp_path / "mood.calibrated.fn", "cancel my parcel 7").startswith("(refused: out of scope)\t")
    (tmp_path / "in.csv").write_text("text\nhappy day\ncancel my parcel 7\n", encoding="utf-8")
    run("call", tmp_path / "mood.calibrated.fn", "--input", tmp_path / "in.csv", "--output", tmp_path / "out.jsonl")
    rows = [json.loads(row) for row in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["reason"] for row in rows] == ["", "out_of_scope"] and rows[1]["output"] is None
    report = json.loads(run("evaluate", tmp_path / "mood.calibrated.fn", tmp_path / "held.jsonl", "--checks", "none", "--json"))
    assert 0 < report["metrics"]["coverage"]["value"] < 1 and report["metrics"]["risk"]["n"] < 460

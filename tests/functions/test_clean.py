"""Wrong labels are told by file and line, with what seems right, and can be left out or mended."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.clean import wrong_labels
from hanshuku.methods.out_of_fold import OutOfFold
from tests.children import ENDS, GLAD, SAD
from tests.cli.test_cli import run

WRONG = (3, 40)  # rows whose label is turned


def labelled():
    rows = [{"text": text + end, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts for end in ENDS]
    for at in WRONG:
        rows[at]["label"] = {"good": "bad", "bad": "good"}[rows[at]["label"]]
    return rows


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "mood.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["text", "label"])
        writer.writeheader()
        writer.writerows(labelled())
    return "mood.csv"


def by_words(rows, **options):
    """Out-of-fold answers that the words give: a tiny encoder's would differ from run to run."""
    glad = np.array([any(text.startswith(each) for each in GLAD) for (text,) in rows.inputs])
    if rows.task.kind == "rate":
        outputs = np.where(glad, 4.7, 1.5).astype(np.float32)
    else:
        good = np.array([label in {"good", "1"} for label in rows.task.labels])
        outputs = np.where(glad[:, None] == good, 0.95, 0.05).astype(np.float32)
    return OutOfFold(outputs, 0.5, np.arange(len(rows)) % 3)


@pytest.fixture(autouse=True)
def _answers(monkeypatch, request):
    if "really" not in request.node.name:
        monkeypatch.setattr("hanshuku.functions.clean.out_of_fold", by_words)


@pytest.fixture
def found(tiny_encoder):
    return wrong_labels(labelled(), model=tiny_encoder, folds=3)


def test_turned_labels_are_found_with_what_they_were(found):
    by_row = {wrong.row: wrong for wrong in found}
    assert set(WRONG) == set(by_row)
    assert (by_row[3].given, by_row[3].proposed) == ("bad", "good")
    assert by_row[3].text == labelled()[3]["text"]


def test_the_surest_come_first_and_little_confidence_can_be_left_out(found, tiny_encoder):
    scores = [wrong.score for wrong in found]
    assert scores == sorted(scores, reverse=True)
    surer = wrong_labels(labelled(), model=tiny_encoder, folds=3, at_least=0.999999)
    assert len(surer) < len(found)


def test_dropping_leaves_them_out_and_relabelling_mends_them(found):
    assert len(found.drop()) == len(labelled()) - len(found)
    mended = found.relabel()
    assert len(mended) == len(labelled())
    assert mended.row(3)["label"] == "good"
    assert found.examples.row(3)["label"] == "bad", "nothing is changed in place"


def test_a_missing_and_a_superfluous_label_of_several_are_found(tiny_encoder):
    rows = [{"text": f"{text}{end}", "labels": [label]} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts for end in ENDS]
    rows[5]["labels"] = ["good", "bad"]
    found = {wrong.row: wrong for wrong in wrong_labels(rows, model=tiny_encoder, folds=3)}
    assert (found[5].given, found[5].proposed) == (("bad", "good"), ("good",))


def test_a_number_far_from_its_neighbours_is_found(tiny_encoder):
    rows = [{"text": f"{text}{end}", "score": 4.6 if texts is GLAD else 1.4} for texts in (GLAD, SAD) for text in texts for end in ENDS]
    for place, row in enumerate(rows):
        row["score"] += 0.05 * (place % 5)
    rows[2]["score"] = 1.0
    found = wrong_labels(rows, model=tiny_encoder, folds=3)
    assert 2 in [wrong.row for wrong in found]
    assert found.found[[wrong.row for wrong in found].index(2)].proposed > 3


def test_labels_that_are_numbers_stay_numbers(tiny_encoder):
    rows = [{"text": row["text"], "label": int(row["label"] == "good")} for row in labelled()]
    assert wrong_labels(rows, model=tiny_encoder, folds=3).relabel().row(3)["label"] == 1


def test_a_label_that_no_other_text_has_is_not_judged_and_it_is_said(tiny_encoder):
    rows = [*labelled(), {"text": "the one row of its kind", "label": "other"}]
    found = wrong_labels(rows, model=tiny_encoder, folds=3)
    assert len(rows) - 1 not in [wrong.row for wrong in found]
    assert "1 of 61 rows have a label that no other text has" in found.notes[0]


def test_where_no_label_stands_twice_nothing_can_be_told(tiny_encoder):
    with pytest.raises(DataError, match="another text with the same label"):
        wrong_labels([{"text": "glad", "label": "good"}, {"text": "sad", "label": "bad"}], model=tiny_encoder)


def test_four_rows_really_are_looked_through_in_four_folds_though_five_are_usual(tiny_encoder):
    rows = [{"text": text, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts[:2]]
    assert len(wrong_labels(rows, model=tiny_encoder).examples) == 4
    with pytest.raises(DataError, match="For 50 folds"):
        wrong_labels(rows, model=tiny_encoder, folds=50)


def test_answers_no_better_than_a_guess_are_told_as_that(tiny_encoder, monkeypatch):
    monkeypatch.setattr("hanshuku.functions.clean.out_of_fold", lambda rows, **_: OutOfFold(1 - by_words(rows).outputs, 0.5, np.arange(len(rows)) % 3))
    assert "hardly better than a guess" in wrong_labels(labelled(), model=tiny_encoder, folds=3).notes[-1]
    monkeypatch.setattr("hanshuku.functions.clean.out_of_fold", by_words)
    assert not wrong_labels(labelled(), model=tiny_encoder, folds=3).notes


def test_texts_have_no_wrong_labels():
    with pytest.raises(ConfigError, match="classify or rate"):
        wrong_labels([{"source": "a", "target": "b"}], task=hk.translate("en").task)


def test_the_command_names_file_and_line_and_writes_the_mended_rows(capsys, data, tiny_encoder):
    code, out, _ = run(capsys, "clean", data, "--model", tiny_encoder, "--folds", "3", "--relabel", "--out", "clean.csv", "-q")
    assert code == 0
    assert "mood.csv:5  bad -> good" in out
    rows = list(csv.DictReader(Path("clean.csv").read_text(encoding="utf-8").splitlines()))
    assert (len(rows), rows[3]["label"]) == (60, "good")


def test_as_json_it_prints_one_object(capsys, data, tiny_encoder):
    _, out, _ = run(capsys, "clean", data, "--model", tiny_encoder, "--folds", "3", "--json")
    found = json.loads(out)
    assert {"row", "file", "line", "text", "given", "proposed", "confidence", "score"} == set(found["found"][0])
    assert {wrong["line"] for wrong in found["found"]} >= {row + 2 for row in WRONG}


@pytest.mark.parametrize(("more", "why"), [(("--drop",), "--out"), (("--drop", "--relabel", "--out", "x.csv"), "one of the two"), (("--drop", "--out", "mood.csv"), "another name")])
def test_what_it_is_to_write_must_be_clear(capsys, data, more, why):
    code, _, err = run(capsys, "clean", data, *more)
    assert code == 2 and why in err


def test_a_function_looks_through_examples_of_its_own_task(tiny_encoder):
    mood = hk.classify(["good", "bad"])
    assert set(WRONG) <= {wrong.row for wrong in mood.wrong_labels(labelled(), model=tiny_encoder, folds=3)}


def test_a_probe_really_answers_every_row_out_of_fold(tiny_encoder):
    found = wrong_labels(labelled(), model=tiny_encoder, folds=3)
    assert found.method.startswith("probe with")
    assert all(wrong.given != wrong.proposed and 0.5 <= wrong.confidence <= 1 for wrong in found)


def test_several_labels_that_the_answers_cannot_tell_are_not_judged_and_it_is_said(tiny_encoder):
    rows = [{"text": f"{text}{end}", "labels": ["good" if texts is GLAD else "bad"]} for texts in (GLAD, SAD) for text in texts for end in ENDS]
    for place in (3, 17, 34, 48):  # a label that has nothing to do with the texts
        rows[place]["labels"].append("monday")
    found = wrong_labels(rows, model=tiny_encoder, folds=3)
    assert [wrong.row for wrong in found] == []
    assert "1 of 3 labels are answered no better than by a guess" in found.notes[0] and "monday" in found.notes[0]

"""finetune with two_views learns from unlabelled texts too, the same after a stop, and off it is as it was."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.cli.main import main
from hanshuku.data.encoded import drawn_unlabelled
from hanshuku.errors import ConfigError
from hanshuku.evaluation.run_files import load_rows, save_rows
from hanshuku.functions.forecast import forecast
from hanshuku.methods import get_method
from hanshuku.training.run import Run
from tests.children import GLAD, SAD, TASKS, rows_of

QUICK = {"epochs": 4.0, "learning_rate": 3e-3, "precision": "fp32"}
ON = {"two_views": "uda", "view_threshold": 0.4, **QUICK}


def with_texts(kind):
    rows = rows_of(kind)
    return replace(rows, unlabelled=tuple(tuple(f"{text} again {i}" for text in row) for i, row in enumerate(rows.inputs)))


def outputs(model, kind="one label", run=Run(seed=1), rows=None, **settings):
    rows = rows or with_texts(kind)
    return get_method("finetune", **settings).fit(TASKS[kind], rows, model=model, run=run).outputs(rows.inputs)


def test_off_the_texts_beside_the_rows_change_no_bit(tiny_encoder):
    assert np.array_equal(outputs(tiny_encoder, **QUICK), outputs(tiny_encoder, rows=rows_of("one label"), **QUICK))


@pytest.mark.parametrize("kind", ["one label", "several labels"])
def test_on_they_change_what_is_learned_the_same_way_each_time(tiny_encoder, kind):
    first = outputs(tiny_encoder, kind, **ON)
    assert np.array_equal(first, outputs(tiny_encoder, kind, **ON))
    assert not np.allclose(first, outputs(tiny_encoder, kind, **QUICK))


@pytest.mark.parametrize("settings", [{"tuning": "head"}, {"tuning": "lora"}, {"tuning": "last_layers", "size": 1}, {"adversarial": "fgm", "consistency": 1.0}])
def test_every_tuning_and_switch_takes_them(tiny_encoder, settings):
    more = {**ON, **settings}
    assert not np.allclose(outputs(tiny_encoder, **more), outputs(tiny_encoder, **QUICK, **settings))


def test_stopped_and_started_again_it_learns_the_same(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "0")
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)

    def stop(step):
        if step.note == "train" and step.done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outputs(tiny_encoder, run=Run(seed=1, folder=tmp_path, report=stop), **ON)
    notes = []
    again = outputs(tiny_encoder, run=Run(seed=1, folder=tmp_path, report=lambda step: notes.append(step.note)), **ON)
    assert "going on from the checkpoint" in notes
    assert np.array_equal(again, outputs(tiny_encoder, **ON))


def test_texts_that_are_labelled_or_empty_or_there_twice_are_left_out_and_the_note_counts():
    rows = replace(rows_of("one label"), unlabelled=(*rows_of("one label").inputs, ("new",), ("new",), (" ",), ("newer",)))
    assert drawn_unlabelled(rows, 10, 0) == [("new",), ("newer",)]
    assert len(drawn_unlabelled(rows, 1, 0)) == 1


def test_learn_takes_texts_and_says_how_many_were_sure(tiny_encoder):
    rows = [{"text": text, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts]
    learned = hk.classify(["good", "bad"]).learn(rows, method="finetune", model=tiny_encoder, unlabelled=[f"{row['text']} {i}" for i, row in enumerate(rows)], **ON)
    assert any("unlabelled texts were read" in note and "sure enough" in note for note in learned.history[-1].notes)
    assert learned.history[-1].settings["two_views"] == "uda"


def test_without_texts_or_without_labels_it_is_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="--unlabelled"):
        outputs(tiny_encoder, rows=rows_of("one label"), **ON)
    with pytest.raises(ConfigError, match="for labels"):
        outputs(tiny_encoder, "a number", **ON)


def test_texts_that_would_be_passed_over_are_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="two_views"):
        hk.classify(["a", "b"]).learn([{"text": "x", "label": "a"}, {"text": "y", "label": "b"}], method="finetune", model=tiny_encoder, unlabelled=["z"])


def test_a_process_of_its_own_gets_the_unlabelled_texts_too(tmp_path):
    save_rows(with_texts("one label"), tmp_path / "rows")
    assert load_rows(tmp_path / "rows").unlabelled == with_texts("one label").unlabelled


def test_a_forecast_fits_with_the_unlabelled_texts(tiny_encoder):
    rows = [{"text": text, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts]
    with pytest.raises(ConfigError, match="unlabelled"):
        forecast(rows, model=tiny_encoder, **ON)
    assert forecast(rows, model=tiny_encoder, unlabelled=["a new one", "another"], **ON).seconds > 0


def test_it_is_learned_from_the_command_line(tiny_encoder, tmp_path, capsys):
    rows = [{"text": text, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "texts.txt").write_text("a new one\nanother one\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["learn", str(tmp_path / "rows.jsonl"), "--unlabelled", str(tmp_path / "texts.txt"), "--method", "finetune", "--model", tiny_encoder, "--set", "two_views=fixmatch",
              "--set", "epochs=1", "--out", str(tmp_path / "a.fn"), "--json"])  # fmt: skip
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out)["origin"]["settings"]["two_views"] == "fixmatch"

"""learn --from and sequence: the command line of learning on."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from tests.cli.test_cli import run
from tests.functions.test_sequence import MOOD, POST

SETTINGS = ("--set", "epochs=12", "--set", "learning_rate=0.003", "--set", "batch_size=8", "--set", "precision=fp32")


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("mood", MOOD), ("post", POST)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_a_saved_function_learns_on_and_is_saved_anew(files, tiny_encoder, capsys):
    assert run(capsys, "learn", "mood.jsonl", "--method", "continual", "--model", tiny_encoder, *SETTINGS, "--quiet")[0] == 0
    code, out, _ = run(capsys, "learn", "post.jsonl", "--from", "mood.fn", "--out", "both.fn", "--set", "strategy=replay", *SETTINGS, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["origin"]["method"] == "continual"
    assert any("2 new labels: invoice, parcel" in note for note in found["origin"]["notes"])
    assert (files / "mood.fn").exists()
    assert (files / "both.fn" / "memory" / "rows.jsonl").exists()
    assert not (files / "both.fn.run").exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (("learn", "post.jsonl", "--earlier", "mood.jsonl"), "--earlier goes with --from"),
    (("learn", "post.jsonl", "--from", "x.fn", "--unlabelled", "mood.jsonl"), "--unlabelled goes without --from"),
    (("learn", "post.jsonl", "--from", "x.fn", "--labels", "a,b"), "leave out"),
    (("learn", "post.jsonl", "--from", "post.fn"), "--out NEW.fn"),
    (("sequence", "mood.jsonl", "post.jsonl", "--test", "mood.jsonl"), "one file a TRAIN"),
    (("sequence", "mood.jsonl", "post.jsonl", "--test", "1.5"), "between 0 and 1"),
    (("sequence", "mood.jsonl"), "two lessons"),
])  # fmt: skip
def test_what_does_not_fit_together_is_one_line(files, capsys, arguments, said):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert said in err


def test_a_sequence_prints_its_matrix_and_saves_what_it_came_to(files, tiny_encoder, capsys):
    pytest.importorskip("matplotlib")
    arguments = ("sequence", "mood.jsonl", "post.jsonl", "--test", "0.3", "--model", tiny_encoder, "--set", "strategy=replay", *SETTINGS)
    code, out, _ = run(capsys, *arguments, "--out", "both.fn", "--plot", "matrix.png", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["names"] == ["mood", "post"]
    assert found["matrix"][1][0]["n"] > 0
    assert (files / "matrix.png").exists()
    assert (files / "both.fn" / "function.json").exists()

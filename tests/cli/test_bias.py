"""hanshuku bias, as a user runs it."""

import json

import pytest

pytest.importorskip("torch")

from tests.cli.test_cli import run
from tests.safety.test_model_bias import PAIRS, PRONOUNS
from tests.tiny import tiny_bert, tiny_llama, tiny_masked


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("pairs", PAIRS), ("pronouns", PRONOUNS)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


@pytest.mark.parametrize(("make", "kind"), [(tiny_llama, "causal"), (tiny_masked, "masked")])
def test_both_kinds_of_model_are_measured(files, capsys, make, kind):
    make(files / "model")
    capsys.readouterr()  # what transformers says as it writes
    code, out, err = run(capsys, "bias", "model", "pairs.jsonl", "--json", "--rows", "12")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["kind"], found["preferences"][0]["n"]) == (kind, 12)
    code, out, _ = run(capsys, "bias", "model", "pronouns.jsonl", "--language", "zh", "--quiet")
    assert code == 0
    assert "刻板印象" in out


def test_an_encoder_without_the_head_is_refused_in_one_line(files, capsys):
    tiny_bert(files / "encoder")
    capsys.readouterr()
    code, out, err = run(capsys, "bias", "encoder", "pairs.jsonl")
    assert (code, out) == (2, "")
    assert "cannot tell masked words" in err
    assert err.count("\n") == 1


def test_another_kind_of_file_is_refused(files, capsys):
    (files / "other.csv").write_text("text,label\na,b\nc,d\n")
    code, _, err = run(capsys, "bias", "smollm2", "other.csv")
    assert code == 2
    assert "more_stereotyping" in err

"""The command line: the library, printed. Errors are one line, exit code 2, and nothing is written."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from hanshuku.cli.main import main
from tests.functions.test_functions import ROWS

LEARN = ("--method", "finetune", "--set", "epochs=12", "--set", "learning_rate=0.003", "--quiet")


def run(capsys, *arguments):
    """Exit code, stdout, stderr."""
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = stop.code or 0
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps(row) for row in ROWS]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))
    (tmp_path / "test.csv").write_text("text,label\n" + "\n".join(f"{row['text']},{row['label']}" for row in ROWS))
    return tmp_path


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tiny_encoder):
    """A function learned once, for commands that only read it."""
    folder = tmp_path_factory.mktemp("fn")
    (folder / "train.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    try:
        main(["learn", str(folder / "train.jsonl"), "--model", tiny_encoder, "--out", str(folder / "team.fn"), *LEARN])
    except SystemExit as stop:
        assert not stop.code
    return str(folder / "team.fn")


def test_learn_measures_and_saves(capsys, data, tiny_encoder):
    code, out, _ = run(capsys, "learn", "train.jsonl", "--test", "test.csv", "--model", tiny_encoder, "--out", "team.fn", *LEARN)
    assert code == 0
    assert "accuracy" in out
    assert (data / "team.fn" / "function.json").is_file()
    assert not (data / "team.fn.run").exists(), "a finished run leaves no checkpoints"


def test_learn_as_json_prints_one_object_and_nothing_else(capsys, data, tiny_encoder):
    _, out, err = run(capsys, "learn", "train.jsonl", "--test", "test.csv", "--model", tiny_encoder, "--out", "team.fn", "--json", *LEARN)
    found = json.loads(out)
    assert set(found["metrics"]["accuracy"]) >= {"value", "low", "high", "n", "chance"}
    assert found["origin"]["method"] == "finetune"


def test_call_answers_texts_a_file_and_stdin(capsys, data, saved, monkeypatch):
    import io

    _, out, _ = run(capsys, "call", saved, "my parcel never came", "i want my money back")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["delivery", "refund"]
    _, out, _ = run(capsys, "call", saved, "--input", "test.csv", "--json")
    assert len([json.loads(line)["output"] for line in out.splitlines()]) == 8
    monkeypatch.setattr(sys, "stdin", io.StringIO("parcel lost\n"))
    assert run(capsys, "call", saved)[1].startswith("delivery")


def test_call_shows_the_prompt_made_from_a_template_in_a_file(capsys, data, tiny_causal):
    (data / "mine.txt").write_text("Which team? {text}\n")
    asked = ("--method", "prompt", "--set", "template=@mine.txt", "--set", "lead=Team:", "--model", tiny_causal)
    assert run(capsys, "learn", "train.jsonl", *asked, "--out", "ask.fn", "--quiet")[0] == 0
    code, out, _ = run(capsys, "call", "ask.fn", "my order", "--show-prompt")
    assert (code, out) == (0, "<|im_start|>user\nWhich team? my order<|im_end|>\n<|im_start|>assistant\nTeam:\n")
    assert json.loads(run(capsys, "call", "ask.fn", "my order", "--show-prompt", "--json")[1])["prompt"] == out[:-1]


def test_a_search_of_the_prompt_leaves_its_log_and_shows_what_was_tried(capsys, data, tiny_causal):
    asked = ("--method", "prompt_search", "--set", "calls=40", "--set", "sets=0", "--set", "candidates=Which team?|Team of {text}?", "--model", tiny_causal)
    code, out, _ = run(capsys, "learn", "train.jsonl", *asked, "--out", "ask.fn")
    assert code == 0
    assert "usual wording" in out and "your wording" in out
    logged = [json.loads(line) for line in (data / "ask.fn.run" / "prompt_search.jsonl").read_text().splitlines()]
    assert {"Team of {text}?"} <= {line["settings"]["template"] for line in logged}


def test_a_function_without_a_prompt_says_which_have_one(capsys, saved):
    code, out, err = run(capsys, "call", saved, "my order", "--show-prompt")
    assert (code, out) == (2, "")
    assert "sends no prompt" in err


def test_call_writes_a_file_whole(capsys, data, saved):
    code, _, _ = run(capsys, "call", saved, "--input", "test.csv", "--output", "out.jsonl", "--quiet")
    rows = [json.loads(line) for line in (data / "out.jsonl").read_text().splitlines()]
    assert code == 0
    assert [row["text"] for row in rows] == [row["text"] for row in ROWS]
    assert set(rows[0]) == {"text", "output", "confidence"}


def test_evaluate_prints_intervals(capsys, data, saved):
    _, out, _ = run(capsys, "evaluate", saved, "test.csv", "--json")
    metric = json.loads(out)["metrics"]["accuracy"]
    assert metric["low"] <= metric["value"] <= metric["high"]
    assert "accuracy" in run(capsys, "evaluate", saved, "test.csv", "--language", "zh")[1]


def test_models_are_listed_and_shown(capsys):
    assert "minilm" in run(capsys, "models", "list")[1]
    assert json.loads(run(capsys, "models", "show", "gemma-270m", "--json")[1])["restricted"] is True
    assert "e5-multilingual" in run(capsys, "models", "advise", "--language", "zh")[1]


def test_doctor_says_what_is_there(capsys):
    found = json.loads(run(capsys, "doctor", "--json")[1])
    assert found["extras"]["base"] == "complete"
    assert found["machine"]["cores"]


def test_check_names_the_lines(capsys, data):
    (data / "dirty.csv").write_text("text,label\ngood film,pos\nbad film,neg\ngood film,pos\n,neg\nfine film,Pos\n")
    code, out, _ = run(capsys, "check", "dirty.csv")
    assert code == 0
    assert "4" in out and "5" in out


BAD = {
    "missing file": (["learn", "nope.csv"], "no such file"),
    "empty file": (["learn", "empty.csv"], "empty"),
    "not text": (["learn", "noise.csv"], "noise.csv"),
    "no label column": (["learn", "nolabel.csv"], "label"),
    "one label only": (["learn", "one.csv"], "label"),
    "no number where one is due": (["learn", "nan.csv", "--task", "rate"], "nan.csv:3"),
    "method misspelt": (["learn", "train.jsonl", "--method", "fintune"], "Did you mean 'finetune'"),
    "model misspelt": (["learn", "train.jsonl", "--method", "finetune", "--model", "minlm"], "Did you mean 'minilm'"),
    "setting without value": (["learn", "train.jsonl", "--set", "epochs"], "name=value"),
    "foreign folder": (["call", ".", "hello"], "not a saved function"),
    "no function": (["evaluate", "nope.fn", "test.csv"], "no function at"),
    "share of nought": (["learn", "train.jsonl", "--test", "1.5"], "between 0 and 1"),
    "compare without test": (["compare", "train.jsonl"], "--test"),
}


@pytest.mark.parametrize("name", BAD)
def test_wrong_input_is_one_line_and_exit_code_2_and_writes_nothing(name, capsys, data):
    (data / "empty.csv").write_text("")
    (data / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (data / "nolabel.csv").write_text("text,length\nhello,5\nbye,3\n")
    (data / "one.csv").write_text("text,label\nhello,a\nbye,a\n")
    (data / "nan.csv").write_text("text,score\nhello,1.5\nbye,NaN\nwell,3\n")
    before = sorted(data.iterdir())
    arguments, said = BAD[name]
    code, out, err = run(capsys, *arguments)
    assert code == 2, err
    assert err.startswith("error: ")
    assert len(err.strip().splitlines()) == 1
    assert said in err
    assert out == ""
    assert sorted(data.iterdir()) == before


def test_an_unknown_option_is_exit_code_2(capsys):
    assert run(capsys, "learn", "--colour", "red")[0] == 2


def test_a_corrupt_function_is_named(capsys, data, tiny_encoder):
    run(capsys, "learn", "train.jsonl", "--model", tiny_encoder, "--out", "team.fn", *LEARN)
    weights = next((data / "team.fn" / "model").glob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    code, _, err = run(capsys, "call", "team.fn", "hello")
    assert (code, "damaged" in err) == (2, True)


def test_without_a_network_and_with_nothing_cached_it_says_what_to_do(capsys, data, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CACHE", str(data / "cache"))
    monkeypatch.setenv("HANSHUKU_OFFLINE", "1")
    code, _, err = run(capsys, "learn", "train.jsonl", "--method", "finetune", "--model", "minilm")
    assert code == 2
    assert "hanshuku models pull minilm" in err
    assert "HANSHUKU_CACHE" in err


def test_a_restricted_licence_is_asked_about_before_anything_else(capsys, data, monkeypatch):
    monkeypatch.setenv("HANSHUKU_CACHE", str(data / "cache"))
    monkeypatch.delenv("HANSHUKU_ACCEPT_LICENCE", raising=False)
    code, _, err = run(capsys, "learn", "train.jsonl", "--method", "finetune", "--model", "gemma-270m")
    assert (code, "--accept-licence" in err) == (2, True)


def test_gzip_and_stdin_are_read(capsys, data, tiny_encoder, monkeypatch):
    with gzip.open(data / "train.jsonl.gz", "wt") as stream:
        stream.write((data / "train.jsonl").read_text())
    assert run(capsys, "learn", "train.jsonl.gz", "--model", tiny_encoder, "--out", "a.fn", *LEARN)[0] == 0


KILLED = ["-c", "from hanshuku.cli.main import main; main()", "learn", "train.jsonl", "--out", "team.fn", "--method", "finetune", "--set", "epochs=60"]


def test_kill_9_while_learning_leaves_no_half_function(data, tiny_encoder):
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen([sys.executable, *KILLED, "--model", tiny_encoder], stderr=subprocess.PIPE, text=True, cwd=data,
                             env=os.environ | {"PYTHONPATH": str(root / "src"), "OMP_NUM_THREADS": "1"})  # fmt: skip
    for line in child.stderr:
        if line.startswith("train"):
            break
    child.kill()
    child.wait()
    assert not (data / "team.fn").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("learn", "--methd", "probe", "x.csv"), "No such option: --methd"),
        (("learn",), "Missing argument"),
        (("lern", "x.csv"), "No such command 'lern'"),
        (("serve", "x.fn", "--port", "many"), "'--port'"),
    ],
)
def test_a_wrong_use_is_one_line_too(capsys, arguments, said):
    code, out, err = run(capsys, *arguments)
    assert code == 2 and not out
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err


def test_without_a_command_the_help_is_shown(capsys):
    code, out, err = run(capsys)
    assert code in {0, 2} and "Usage:" in out + err and "forecast" in out + err


def test_evaluate_writes_the_page_and_says_which_rows_of_another_domain_were_left_out(capsys, data, saved):
    (data / "other.jsonl").write_text('{"text": "my parcel", "label": "post"}\n{"text": "hello", "label": "greeting"}\n')
    code, out, err = run(capsys, "evaluate", saved, "test.csv", "--ood", "other.jsonl", "--same", "other:post=delivery", "--report", "r.html", "--language", "zh")
    assert code == 0
    assert (data / "r.html").read_text(encoding="utf-8").startswith('<!doctype html>\n<html lang="zh-Hans">')
    assert "附注：other：略去1行，函数不认识其标签：“greeting”" in "".join(err.split()) and "row left out" not in err
    assert "准确率" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--report", "r.pdf"], "NAME.html or NAME.json"), (["--same", "post"], "OLD=NEW"), (["--checks", "robustnes"], "No check is named"),
     (["--language", "fr"], "No language is named"), (["--groups", "shop"], "No column for groups is named"), (["--ood", "none.csv"], "none.csv"), (["--curve", "none.json"], "hanshuku curve --json")],
)  # fmt: skip
def test_evaluate_refuses_what_cannot_be_in_one_line(capsys, data, saved, options, words):
    code, out, err = run(capsys, "evaluate", saved, "test.csv", "--quiet", *options)
    assert (code, out) == (2, "") and err.startswith("error: ") and words in err and err.count("\n") == 1


def test_a_gate_that_fails_has_exit_code_1_and_its_reason_while_json_stays_one_object(capsys, data, saved):
    code, out, err = run(capsys, "evaluate", saved, "test.csv", "--json", "--checks", "none", "--gate", "accuracy.low > 1", "--gate", "n >= 1")
    assert code == 1
    assert [outcome["passed"] for outcome in json.loads(out)["gate"]] == [False, True]
    assert "gate: accuracy.low > 1: failed, it is 0." in err
    assert run(capsys, "evaluate", saved, "test.csv", "--quiet", "--checks", "none", "--gate", "n >= 1")[::2] == (0, "")
    assert run(capsys, "evaluate", saved, "test.csv", "--quiet", "--gate", "n > many")[0] == 2
    code, out, err = run(capsys, "evaluate", saved, "test.csv", "--quiet", "--checks", "none", "--gate", "acuracy > 0")
    assert code == 2 and "Did you mean 'accuracy'" in err and "macro_f1" in out, "what was measured is not lost for a misspelt condition"
    code, out, _ = run(capsys, "evaluate", saved, "test.csv", "--json", "--checks", "none", "--gate", "acuracy > 0")
    assert code == 2 and "accuracy" in json.loads(out)["metrics"]


def test_evaluate_leaves_the_texts_of_rows_out_of_page_and_output_where_that_is_asked(capsys, data, saved):
    rows = [{"text": f"my secret parcel {i}", "label": "refund"} for i in range(3)] + [{"text": "secret money back", "label": "delivery"}]
    (data / "secret.jsonl").write_text("\n".join(map(json.dumps, rows)))
    whole = run(capsys, "evaluate", saved, "secret.jsonl", "--json", "--checks", "mistakes,robustness", "--report", "r.html")[1]
    assert "secret" in whole and "secret" in (data / "r.html").read_text(encoding="utf-8")
    code, out, _ = run(capsys, "evaluate", saved, "secret.jsonl", "--json", "--checks", "mistakes,robustness", "--report", "r.html", "--no-texts")
    assert code == 0 and "secret" not in out + (data / "r.html").read_text(encoding="utf-8")
    assert json.loads(out)["parts"]["mistakes"]["wrong"] == json.loads(whole)["parts"]["mistakes"]["wrong"] > 0


def test_evaluate_keeps_its_report_in_the_function_where_that_is_asked(capsys, data, saved):
    folder = data / "kept.fn"
    shutil.copytree(saved, folder)
    assert run(capsys, "evaluate", str(folder), "test.csv", "--checks", "none", "--keep", "--quiet")[0] == 0
    assert json.loads((folder / "function.json").read_text(encoding="utf-8"))["report"]["metrics"]["accuracy"]["n"] == 8
    assert "| accuracy |" in (folder / "card.md").read_text(encoding="utf-8")
    assert run(capsys, "call", str(folder), "my parcel never came", "--json")[0] == 0, "and the folder is whole"

"""hanshuku guard and hanshuku mask: a function behind rules, a file without personal data."""

import csv
import io
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from hanshuku.cli.main import main
from hanshuku.data.read import read
from hanshuku.data.write import write_rows
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from tests.tiny import tiny_static
from tests.words import TEAM

LINES = [
    {"text": "Write to anna@example.com, Anna Kowalska came", "label": "delivery", "order": 4155550132},
    {"text": "我叫李明，手机13800138000", "label": "refund", "order": 2},
    {"text": "nothing here", "label": "refund", "order": 3},
]


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
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in LINES), encoding="utf-8")
    return tmp_path


def written(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def team(folder, tmp_path_factory):
    model = str(tiny_static(tmp_path_factory.mktemp("tiny") / "tiny-static"))
    rows = [{"text": f"{word} {i}", "label": word} for word in ("refund", "delivery") for i in range(6)]
    return str(Function(TEAM).learn(rows, method="static", model=model).save(folder / "team.fn"))


def test_a_function_is_guarded_and_called(capsys, team, folder):
    code, out, _ = run(capsys, "guard", team, "--out", "safe.fn", "--rule", "law suit", "--rule", "mask:/X[0-9]+/", "--allow", "*@shop.example")
    assert code == 0 and out == "Wrote safe.fn: guarded by pii, rules.\n"
    assert load(folder / "safe.fn").guard.pii.allow == ("*@shop.example",)
    code, out, _ = run(capsys, "call", "safe.fn", "a law suit", "--json")
    assert json.loads(out) == {"output": None, "confidence": None, "scores": {}, "reason": "input: rule law suit"}


def test_its_settings_are_one_json_object(capsys, team):
    code, out, _ = run(capsys, "guard", team, "--out", "safe.fn", "--pii", "none", "--toxicity", team, "--toxic-labels", "refund", "--toxic-at", "0.9", "--json")
    found = json.loads(out)["guard"]
    assert code == 0 and found["pii"] is None and found["toxicity"] == {"labels": ["refund"], "at_least": 0.9, "sides": ["input", "output"]}
    assert load("safe.fn").predict("refund refund").reason.startswith("input: toxicity") or load("safe.fn").predict("refund").scores["refund"] < 0.9


@pytest.mark.parametrize(("wrong", "said"), [(["--pii", "hide"], "mask, block"), (["--injection", "maybe"], "auto, on, off"), (["--injection", "on"], "classify"), (["--kinds", "mail"], "email"), (["--rule", "/(/"], "regular expression")])
def test_nonsense_is_one_line_and_exit_code_2(capsys, team, wrong, said):
    code, out, err = run(capsys, "guard", team, "--out", "safe.fn", *wrong)
    assert code == 2 and not out and err.count("\n") == 1 and said in err


def test_a_file_is_masked_and_labels_and_numbers_stay(capsys, folder):
    code, out, _ = run(capsys, "mask", "rows.jsonl", "--out", "clean.jsonl")
    assert code == 0 and out == "Masked in 2 of 3 rows: name 2, email 1, phone 1. Wrote clean.jsonl.\n"
    assert written(folder / "clean.jsonl") == [
        {"text": "Write to [EMAIL], [NAME] came", "label": "delivery", "order": 4155550132}, {"text": "我叫[NAME]，手机[PHONE]", "label": "refund", "order": 2},
        {"text": "nothing here", "label": "refund", "order": 3},
    ]  # fmt: skip


def test_a_column_s_name_says_what_a_number_in_it_is(capsys, folder):
    (folder / "people.csv").write_text("name,phone,amount\nZed Quux,6465550112,6465550112\n", encoding="utf-8")
    run(capsys, "mask", "people.csv", "--out", "clean.csv")
    with (folder / "clean.csv").open(encoding="utf-8") as stream:
        assert list(csv.DictReader(stream)) == [{"name": "[NAME]", "phone": "[PHONE]", "amount": "6465550112"}]


def test_entities_keep_their_places(capsys, folder):
    text = "a@b.example met Anna Kowalska in Rome"
    spans = [{"start": text.index(word), "end": text.index(word) + len(word), "label": label} for word, label in (("Anna Kowalska", "PER"), ("Rome", "LOC"))]
    (folder / "tags.jsonl").write_text(json.dumps({"text": text, "entities": spans}), encoding="utf-8")
    run(capsys, "mask", "tags.jsonl", "--out", "clean.jsonl")
    (row,) = written(folder / "clean.jsonl")
    assert row["text"] == "[EMAIL] met [NAME] in Rome"
    assert [(row["text"][span["start"] : span["end"]], span["label"]) for span in row["entities"]] == [("[NAME]", "PER"), ("Rome", "LOC")]


def test_tokens_with_tags_become_a_text_with_its_entities(capsys, folder):
    (folder / "bio.jsonl").write_text(json.dumps({"tokens": ["Zed", "wrote", "to", "a@b.example", "from", "Rome"], "tags": ["B-PER", "O", "O", "O", "O", "B-LOC"]}), encoding="utf-8")
    run(capsys, "mask", "bio.jsonl", "--out", "clean.jsonl")
    (row,) = written(folder / "clean.jsonl")
    assert "[EMAIL]" in row["text"] and [row["text"][span["start"] : span["end"]] for span in row["entities"]] == ["Zed", "Rome"]


def test_answers_keep_their_places(capsys, folder):
    context = "Write to a@b.example before noon."
    row = {"question": "when?", "context": context, "answers": {"text": ["noon"], "answer_start": [context.index("noon")]}}
    (folder / "qa.jsonl").write_text(json.dumps(row), encoding="utf-8")
    run(capsys, "mask", "qa.jsonl", "--out", "clean.jsonl")
    (row,) = written(folder / "clean.jsonl")
    start = row["answers"]["answer_start"][0]
    assert row["context"][start : start + 4] == "noon" and "[EMAIL]" in row["context"]


@pytest.mark.parametrize("name", ["clean.jsonl", "clean.json"])
def test_a_masked_row_has_the_keys_that_it_had_and_no_others(capsys, folder, name):
    given = [{"text": "mail anna@example.com", "label": "x"}, {"text": "nothing", "note": "13800138000"}, {"text": "我", "label": None}]
    Path("ragged.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in given), encoding="utf-8")
    assert run(capsys, "mask", "ragged.jsonl", "--out", name)[0] == 0
    assert list(read(name).own_rows()) == [{"text": "mail [EMAIL]", "label": "x"}, {"text": "nothing", "note": "[PHONE]"}, {"text": "我", "label": None}]


def test_conversations_are_masked_within(capsys, folder):
    (folder / "chat.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": "I am a@b.example"}, {"role": "assistant", "content": "ok a@b.example"}]}), encoding="utf-8")
    run(capsys, "mask", "chat.jsonl", "--out", "clean.jsonl", "--style", "placeholder")
    assert [turn["content"] for turn in written(folder / "clean.jsonl")[0]["messages"]] == ["I am [EMAIL_1]", "ok [EMAIL_1]"]


def test_only_the_columns_that_are_named_are_masked(capsys, folder):
    (folder / "two.jsonl").write_text(json.dumps({"text": "a@b.example", "other": "c@d.example"}), encoding="utf-8")
    run(capsys, "mask", "two.jsonl", "--out", "clean.jsonl", "--only", "other")
    assert written(folder / "clean.jsonl") == [{"text": "a@b.example", "other": "[EMAIL]"}]


@pytest.mark.parametrize(("wrong", "said"), [(["--out", "rows.jsonl"], "another file"), (["--out", "x.jsonl", "--only", "txt"], "text"), (["--out", "x.jsonl", "--style", "stars"], "last4"), (["--out", "x.txt"], ".jsonl")])
def test_nonsense_about_a_file_is_one_line_and_exit_code_2(capsys, folder, wrong, said):
    code, out, err = run(capsys, "mask", "rows.jsonl", *wrong)
    assert code == 2 and not out and err.count("\n") == 1 and said in err
    assert not (folder / "x.jsonl").exists()


ROW = {"text": "call me on 13812345678", "meta": {"phone": 13812345678, "tags": ["a", "bob@acme-mail.com"], "count": 3}, "id": 7}


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv", "rows.tsv", "rows.parquet", "rows.xlsx", "rows.jsonl.gz"])
def test_every_format_that_is_read_is_masked_and_written_with_all_its_rows_and_columns(capsys, folder, name):
    write_rows(name, [ROW, {**ROW, "text": "无", "meta": {}}, {**ROW, "text": "我叫王小明"}])
    run(capsys, "mask", name, "--out", f"clean.{name}")
    first, second, third = read(f"clean.{name}")
    assert (first["text"], second["text"], third["text"]) == ("call me on [PHONE]", "无", "我叫[NAME]")
    held = json.loads(first["meta"]) if isinstance(first["meta"], str) else first["meta"]
    assert held == {"phone": "[PHONE]", "tags": ["a", "[EMAIL]"], "count": 3}, "JSON in a cell stays JSON"
    assert list(first) == ["text", "meta", "id"] and str(first["id"]) == "7"


def test_a_first_line_that_is_a_row_is_no_header_and_is_not_written_as_it_is(capsys, folder):
    Path("people.csv").write_text("Ann,+1 415 555 2671\nBob,+1 415 555 2672\n")
    code, _, err = run(capsys, "mask", "people.csv", "--out", "clean.csv")
    assert code == 2 and "column 2 is named by personal data (phone)" in err and "2671" not in err and not Path("clean.csv").exists()


def test_what_is_not_read_of_a_file_is_said(capsys, folder):
    Path("parts.json").write_text(json.dumps({"train": [ROW], "test": [ROW]}))
    _, _, err = run(capsys, "mask", "parts.json", "--out", "clean.jsonl")
    assert "the list under 'train'" in " ".join(err.split())


def test_a_line_of_stdin_that_is_no_json_is_named(capsys, folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a"}\nnot json\n'))
    code, _, err = run(capsys, "mask", "-", "--out", "clean.jsonl")
    assert code == 2 and "stdin:2: this is no JSON" in err


def test_what_tags_no_people_cannot_find_their_names(capsys, team):
    code, _, err = run(capsys, "mask", "rows.jsonl", "--out", "clean.jsonl", "--names", team)
    assert code == 2 and "tags people" in err and "does classify" in err and "Traceback" not in err

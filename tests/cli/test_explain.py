"""hanshuku explain: texts, files, labelled rows behind an answer, drivers, and what cannot be."""

import json

import pytest

pytest.importorskip("torch")

from tests.cli.test_cli import data, run, saved  # noqa: F401 - fixtures
from tests.functions.test_functions import ROWS


def test_a_text_is_explained_in_the_terminal(capsys, saved):  # noqa: F811
    code, out, _ = run(capsys, "explain", saved, "my parcel never came", "--quiet")
    assert code == 0
    assert out.startswith("answer: ")
    assert "parcel" in out


def test_with_json_each_text_is_one_object(capsys, saved):  # noqa: F811
    code, out, err = run(capsys, "explain", saved, "my parcel", "包裹😀", "--json", "--method", "shap", "--label", "refund", "--label", "delivery")
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, err, len(found)) == (0, "", 2)
    assert [each["label"] for each in found] == ["refund", "refund"]
    assert set(found[0]["labels"]) == {"refund", "delivery"}
    text = found[1]["inputs"][next(iter(found[1]["inputs"]))]
    assert [text[word["start"] : word["end"]] for word in found[1]["words"]] == ["包裹", "😀"]


def test_a_file_is_explained_row_by_row_into_a_page_with_the_labelled_rows_behind_it(capsys, saved, tmp_path):  # noqa: F811
    for name in ("train", "texts"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS[:4]), encoding="utf-8")
    page = tmp_path / "why.html"
    code, out, err = run(capsys, "explain", saved, "--input", str(tmp_path / "texts.jsonl"), "--examples", str(tmp_path / "train.jsonl"), "--html", str(page))
    assert code == 0
    assert out.count("answer: ") == 4
    assert "wrote" in err
    assert page.read_text(encoding="utf-8").count("<section") == 4
    assert "Labelled rows behind it" in page.read_text(encoding="utf-8")


def test_the_drivers_of_each_label_are_told(capsys, saved, tmp_path):  # noqa: F811
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    code, out, _ = run(capsys, "explain", saved, "--global", str(tmp_path / "rows.jsonl"), "--rows", "10", "--json")
    assert code == 0
    found = json.loads(out)
    assert (set(found["labels"]), found["rows"]) == ({"refund", "delivery"}, min(10, len({row["text"] for row in ROWS})))


def test_how_true_it_is_to_the_function_is_told(capsys, saved, tmp_path):  # noqa: F811
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    code, out, _ = run(capsys, "explain", saved, "--faithfulness", str(tmp_path / "rows.jsonl"), "--rows", "8", "--language", "zh")
    assert code == 0
    assert "随机" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give one of these"),
        (["x", "--global", "f.csv"], "Give one of these"),
        (["x", "--method", "magic"], "occlusion"),
        (["x", "--label", "nobody"], "No label"),
        (["x", "--language", "fr"], "zh"),
        (["--input", "none.csv"], "none.csv"),
        (["x", "--examples", "strange.csv"], "'nobody' is not one of"),
    ],
)
def test_what_cannot_be_is_one_line(capsys, saved, arguments, said, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strange.csv").write_text("text,label\nhello,nobody\n")
    code, out, err = run(capsys, "explain", saved, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1

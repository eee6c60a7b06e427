"""hanshuku augment: samples are shown, counts are said, files are written whole, nonsense is refused."""

import json

import pytest

pytest.importorskip("rjieba")

from hanshuku.cli.main import main

ROWS = [{"text": f"酒店的第{i}个房间非常干净，下次还会再来。", "label": "good" if i % 2 else "fine"} for i in range(6)]


def run(capsys, *arguments):
    """Exit code, stdout, stderr."""
    code = 0
    try:
        main(["augment", *arguments])
    except SystemExit as stop:
        code = stop.code or 0
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), encoding="utf-8")
    return tmp_path


def test_samples_and_counts_are_shown_and_the_rows_written(capsys, data):
    code, out, _ = run(capsys, "train.jsonl", "--with", "homophones,swap", "--times", "2", "--out", "more.jsonl", "--show", "2")
    assert code == 0 and out.count("  - 酒店") == 2 and out.count("  + ") == 2
    assert "12 new rows made from 6 rows" in out and "Wrote 18 rows to more.jsonl" in out
    rows = [json.loads(line) for line in (data / "more.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[:6] == ROWS and len(rows) == 18


def test_as_json_there_is_one_object_with_counts_and_samples(capsys, data):
    code, out, _ = run(capsys, "train.jsonl", "--with", "width", "--json", "--show", "1", "--out", "more.csv", "--only-new")
    found = json.loads(out)
    assert code == 0 and (found["rows"], found["new"], found["unchanged"], found["written"], found["ways"]) == (6, 6, 0, 6, {"width": 6})
    assert found["samples"][0]["line"] == 1 and found["samples"][0]["before"] != found["samples"][0]["after"]


def test_without_out_nothing_is_written_and_that_is_said(capsys, data):
    code, out, _ = run(capsys, "train.jsonl", "--with", "swap")
    assert code == 0 and "Nothing was written" in out and [path.name for path in data.iterdir()] == ["train.jsonl"]


def test_the_same_seed_writes_the_same_file(capsys, data):
    for name, seed in (("a.csv", "3"), ("b.csv", "3"), ("c.csv", "4")):
        run(capsys, "train.jsonl", "--with", "noise", "--seed", seed, "--out", name)
    one, again, other = ((data / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert one == again != other


@pytest.mark.parametrize(("arguments", "said"), [
    (("--with", "synonym_s"), "Known:"), (("--with", "swap", "--show", "-1"), "--show"), (("--with", "swap", "--times", "0"), "times"),
    (("--with", "swap", "--by", "smollm2"), "--by is for"), (("--with", "paraphrase"), "needs a function"), (("--with", "swap", "--agree", "no.fn"), "no.fn"),
    (("--with", "swap", "--out", "train.jsonl"), "DATA itself"), (("--with", "swap", "--out", "x.pickle"), "jsonl"), (("--with", "swap", "--sides", "left"), "sides"),
])  # fmt: skip
def test_nonsense_is_refused_in_one_line_and_nothing_is_written(capsys, data, arguments, said):
    code, out, err = run(capsys, "train.jsonl", *arguments)
    assert code == 2 and out == "" and said in err and err.count("\n") == 1
    assert [path.name for path in data.iterdir()] == ["train.jsonl"]

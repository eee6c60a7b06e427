"""Rows are labelled from a pipe as from a terminal; a second call goes on where the first stopped."""

import io
import json
import sys

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from tests.cli.test_cli import run
from tests.functions.test_functions import ROWS

TEXTS = ["my parcel never came", "money back", "MONEY  back", "包裹没到", "where is it"]


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.csv").write_text("id,message\n" + "\n".join(f"{i},{text}" for i, text in enumerate(TEXTS)), encoding="utf-8")
    return tmp_path


def label(capsys, monkeypatch, typed, *more):
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return run(capsys, "label", "pool.csv", "--out", "done.jsonl", *more)


def done(pool):
    return [json.loads(line) for line in (pool / "done.jsonl").read_text(encoding="utf-8").splitlines()]


def test_each_answer_is_a_row_with_its_columns_and_its_label(capsys, pool, monkeypatch):
    code, out, _ = label(capsys, monkeypatch, "1\nrefund\nq\n", "--labels", "delivery,refund")
    assert code == 0
    assert done(pool) == [{"id": "0", "message": TEXTS[0], "label": "delivery"}, {"id": "1", "message": TEXTS[1], "label": "refund"}]
    assert "1 delivery  2 refund" in out


def test_it_goes_on_where_it_stopped_and_shows_no_text_twice(capsys, pool, monkeypatch):
    label(capsys, monkeypatch, "1\n2\n", "--labels", "delivery,refund")
    _, out, _ = label(capsys, monkeypatch, "1\n1\n", "--labels", "delivery,refund")
    assert [row["message"] for row in done(pool)] == [TEXTS[0], TEXTS[1], TEXTS[3], TEXTS[4]]
    assert "every row is labelled" in label(capsys, monkeypatch, "", "--labels", "delivery,refund")[1]


def test_undo_goes_back_and_skip_goes_on(capsys, pool, monkeypatch):
    _, out, _ = label(capsys, monkeypatch, "u\n1\nu\n2\ns\n1\nq\n", "--labels", "delivery,refund")
    assert [(row["message"], row["label"]) for row in done(pool)] == [(TEXTS[0], "refund"), (TEXTS[3], "delivery")]
    assert "nothing was labelled" in out


def test_what_is_not_understood_is_asked_again(capsys, pool, monkeypatch):
    _, out, _ = label(capsys, monkeypatch, "zzz\n\n物\nq\n", "--labels", "账单，物流")
    assert done(pool)[0]["label"] == "物流"
    assert "'zzz' is no label" in out


def test_a_stray_byte_is_asked_again(capsys, pool, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n1\nq\n"), encoding="utf-8"))
    code, _, _ = run(capsys, "label", "pool.csv", "--out", "done.jsonl", "--labels", "delivery,refund")
    assert code == 0 and [row["label"] for row in done(pool)] == ["delivery"]


def test_several_labels_and_numbers(capsys, pool, monkeypatch):
    label(capsys, monkeypatch, "1,2\n0\nq\n", "--labels", "a,b", "--several")
    assert [row["labels"] for row in done(pool)] == [["a", "b"], []]
    (pool / "done.jsonl").unlink()
    label(capsys, monkeypatch, "9\n4.5\nq\n", "--scale", "1,5")
    assert [row["score"] for row in done(pool)] == [4.5]


def test_a_label_named_like_a_command_is_a_label(capsys, pool, monkeypatch):
    label(capsys, monkeypatch, "s\n:s\nu\n:q\n", "--labels", "s,u")
    assert [(row["message"], row["label"]) for row in done(pool)] == [(TEXTS[0], "s"), (TEXTS[3], "u")]


def test_a_function_guesses_orders_the_rows_and_enter_takes_its_guess(capsys, pool, monkeypatch, tiny_encoder):
    team = hk.classify(["delivery", "refund"], inputs=("message",)).learn([{"message": row["text"], "label": row["label"]} for row in ROWS], model=tiny_encoder, method="probe")
    team.save("team.fn")
    first = team.suggest("pool.csv", 4)[0]
    _, out, _ = label(capsys, monkeypatch, "\nq\n", "--fn", "team.fn", "-q")
    assert done(pool) == [{"id": str(first.row), "message": first.text, "label": first.guess}]
    assert f"Enter: {first.guess} ({first.confidence:.2f})" in out and "unsure: " in out


def test_as_json_only_the_count_is_on_stdout(capsys, pool, monkeypatch):
    _, out, err = label(capsys, monkeypatch, "1\nq\n", "--labels", "a,b", "--json")
    assert json.loads(out) == {"labelled": 1, "now": 1, "skipped": 0, "left": 3, "out": "done.jsonl"}
    assert TEXTS[0] in err


@pytest.mark.parametrize(("more", "why"), [((), "--labels"), (("--labels", "a,b", "--scale", "1,5"), "--labels"), (("--scale", "x"), "least,greatest"), (("--labels", "a,b", "--out", "x.csv"), ".jsonl")])
def test_what_an_answer_is_must_be_said(capsys, pool, monkeypatch, more, why):
    code, _, err = label(capsys, monkeypatch, "", *more)
    assert code == 2 and why in err

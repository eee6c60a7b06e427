"""Answers of every kind as `hanshuku call` prints them, and the two texts that some functions take."""

import json

import pytest

pytest.importorskip("torch")

from hanshuku.functions.core import Function
from hanshuku.functions.store import save
from hanshuku.tasks import Answer, Ranking, Span
from hanshuku.tasks.shown import line_of
from tests.children import TASKS, rows_of
from tests.cli.test_cli import run


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ((Span(0, 2, "人名", "李明"), Span(3, 6, "地名", "乌鲁\n木")), "人名: 李明 [0:2] | 地名: 乌鲁 木 [3:6]"),
        ((), ""),
        (Answer("Cairo", 26, 31), "Cairo [26:31]"),
        (Answer(""), "(no answer)"),
        (Ranking((1, 0), ("b", "a"), (0.5, -0.25)), "b (0.500) | a (-0.250)"),
        (("good", "bad"), "good | bad"),
        ({"item": "茶"}, '{"item": "茶"}'),
        (0.25, "0.250"),
        ("a text", "a text"),
    ],
)
def test_an_answer_is_one_line(output, line):
    assert line_of(output) == line


@pytest.fixture(scope="module")
def saved(tmp_path_factory, tiny_encoder):
    """A function of each kind, learned once."""
    folder, settings = tmp_path_factory.mktemp("fn"), {"epochs": 20.0, "learning_rate": 5e-3, "batch_size": 8, "precision": "fp32"}
    made = {}
    for kind in ("entities", "an answer", "an order"):
        learned = Function(TASKS[kind]).learn(rows_of(kind), method="finetune", model=tiny_encoder, **settings)
        made[kind] = str(save(learned, folder / f"{TASKS[kind].name}.fn"))
    return made


def test_call_takes_a_question_and_its_context(capsys, saved):
    code, out, _ = run(capsys, "call", saved["an answer"], "which mood?", "what a gloomy film today", "which mood?", "天气 day")
    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert lines[0][0] == "gloomy [7:13]" and lines[1][0] == "(no answer)"
    assert all(0 <= float(confidence) <= 1 for _, confidence in lines)


def test_call_takes_a_query_and_a_list_of_candidates(capsys, saved):
    candidates = json.dumps(["a sad night with food", "a glad night with food"])
    code, out, _ = run(capsys, "call", saved["an order"], "a good mood", candidates, "--json")
    found = json.loads(out)["output"]
    assert code == 0
    assert sorted(found["order"]) == [0, 1] and len(found["scores"]) == 2
    code, _, err = run(capsys, "call", saved["an order"], "a good mood", "a sad night")
    assert code == 2
    assert "list of candidates" in err and len(err.splitlines()) == 1


def test_call_prints_entities_and_writes_them_to_a_file(capsys, saved, tmp_path):
    assert run(capsys, "call", saved["entities"], "what a gloomy film today")[1].startswith("bad: gloomy [7:13]\t")
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "what a gloomy film today"}) + "\n")
    for name in ("out.jsonl", "out.csv"):
        code, _, err = run(capsys, "call", saved["entities"], "--input", str(tmp_path / "in.jsonl"), "--output", str(tmp_path / name), "--quiet")
        assert code == 0, err
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert [(span["start"], span["end"], span["label"], span["text"]) for span in row["output"]] == [(7, 13, "bad", "gloomy")]


def test_a_question_without_its_context_is_refused(capsys, saved):
    code, _, err = run(capsys, "call", saved["an answer"], "which mood?")
    assert code == 2 and "question, context" in err


@pytest.mark.parametrize(("kind", "metric"), [("entities", "entity_f1"), ("an answer", "f1"), ("an order", "ndcg_at_10")])
def test_what_was_learned_can_be_measured(kind, metric, saved):
    import hanshuku as hk

    report = hk.load(saved[kind]).evaluate(rows_of(kind))
    assert report.metrics[metric].value > 0.5

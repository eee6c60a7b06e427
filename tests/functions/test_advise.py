"""advise says what auto expects before it tries anything, and which source tells the rows apart best."""

import json

import pytest

pytest.importorskip("torch")

from hanshuku.errors import ConfigError, ModelError
from hanshuku.functions.advise import Advice, SourceAdvice, advise
from tests.children import GLAD, SAD

ROWS = [{"text": f"{text} {i}", "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts for i in range(4)]


@pytest.fixture(scope="module")
def advice(tiny_encoder):
    return advise(ROWS, model=tiny_encoder)


def test_every_method_for_labels_is_there_and_the_likeliest_comes_first(advice):
    assert {each.method for each in advice.methods} == {"similarity", "static", "probe", "contrastive", "finetune"}
    chances = [each.chance for each in advice.methods]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0, abs=0.01)


def test_learning_more_of_the_encoder_takes_longer_and_more_memory(advice):
    at = {each.method: each for each in advice.methods}
    assert at["probe"].seconds < at["contrastive"].seconds
    assert at["probe"].memory_mb <= at["finetune"].memory_mb


def test_what_does_not_fit_the_budget_is_marked_and_has_no_chance(tiny_encoder):
    at = {each.method: each for each in advise(ROWS, model=tiny_encoder, budget=0.5).methods}
    assert not at["finetune"].fits
    assert at["finetune"].chance == 0.0


def test_sources_are_compared_on_the_same_rows_out_of_fold(tiny_encoder, tmp_path):
    from hanshuku.functions.core import Function
    from hanshuku.functions.learn import encoded
    from hanshuku.methods.out_of_fold import out_of_fold
    from hanshuku.tasks import Task

    task, rich = Task("classify", labels=("good", "bad")), str(tmp_path / "rich.fn")
    Function(task).learn(ROWS, method="finetune", model=tiny_encoder, epochs=1, learning_rate=3e-3).save(rich)
    found = {source.source: source for source in advise(ROWS, model=tiny_encoder, sources=[rich]).sources}
    rows = encoded(task, ROWS)[0]
    for source in (rich, tiny_encoder):
        answers = out_of_fold(rows, method="probe", model=source).outputs
        assert found[source].score == (answers.argmax(axis=1) == rows.targets).mean()
    assert found[tiny_encoder].p is None and 0 <= found[rich].p <= 1


def test_an_order_that_no_paired_test_speaks_for_is_told_to_be_a_guess():
    plain, near, far = (SourceAdvice(name, 0.6, 0.0, p) for name, p in (("minilm", None), ("near.fn", 0.4), ("far.fn", 0.01)))
    assert "so the order is a guess; one row of 16 is 6.2 points" in Advice(16, 8, (), (near, plain)).doubt
    assert Advice(100, 50, (), (far, plain, near)).doubt.startswith("by a paired test far.fn differs from minilm")
    assert Advice(16, 8, (), ()).doubt == ""


def test_another_function_learns_from_the_source_that_was_advised(tiny_encoder, tmp_path):
    from hanshuku.functions.core import Function
    from hanshuku.tasks import Task

    rich = Function(Task("classify", labels=("good", "bad"))).learn(ROWS, method="finetune", model=tiny_encoder, epochs=1)
    rich.save(tmp_path / "rich.fn")
    poor = Function(Task("classify", labels=("yes", "no"))).learn(
        [{"text": row["text"], "label": "yes" if row["label"] == "good" else "no"} for row in ROWS], method="probe", model=str(tmp_path / "rich.fn")
    )
    poor.save(tmp_path / "poor.fn")
    assert poor("a glad happy day") in {"yes", "no"}


def test_a_source_that_is_not_there_is_said_before_anything_is_read(tiny_encoder):
    with pytest.raises(ModelError):
        advise(ROWS, model=tiny_encoder, sources=["/nowhere/at/all"])


def test_a_function_without_a_network_of_its_own_is_no_source(tmp_path):
    (tmp_path / "probe.fn").mkdir()
    (tmp_path / "probe.fn" / "function.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="holds no network"):
        advise(ROWS, sources=[str(tmp_path / "probe.fn")])


def test_texts_are_not_advised_on_and_the_methods_for_them_are_named():
    with pytest.raises(ConfigError, match="in_context"):
        advise([{"source": "a", "target": "b"}] * 4)


def test_the_command_prints_the_same_as_json(tiny_encoder, tmp_path, capsys):
    from hanshuku.cli.main import main

    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["advise", str(tmp_path / "a.jsonl"), "--model", tiny_encoder, "--json"])
    assert not ended.value.code
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == len(ROWS)
    assert {each["method"] for each in found["methods"]} >= {"probe", "finetune"}

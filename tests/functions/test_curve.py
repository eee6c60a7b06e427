"""A method is measured on growing parts of the rows, and what more labels would bring is told with an interval."""

import json

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.curve import learning_curve
from tests.children import ENDS, GLAD, SAD, rows_of
from tests.cli.test_cli import run

ROWS = [{"text": text + end, "label": label} for end in ENDS for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts]


@pytest.fixture(scope="module")
def curve(tiny_encoder):
    return hk.classify(["good", "bad"]).learning_curve(ROWS, more=[60, 600], model=tiny_encoder, repeats=2)


def test_what_was_measured_grows_to_the_rows_that_a_fold_leaves(curve):
    sizes = [point.rows for point in curve.measured]
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (8, 48)
    assert curve.metric == "accuracy"


def test_it_foretells_all_rows_and_as_many_more_as_were_asked_for(curve):
    assert [point.rows for point in curve.foretold] == [60, 120, 660]


def test_every_point_lies_in_its_interval(curve):
    for point in (*curve.measured, *curve.foretold):
        assert 0 <= point.low <= point.value <= point.high <= 1


def test_it_is_drawn_in_both_languages(curve, tmp_path):
    for language in ("en", "zh"):
        assert curve.plot(tmp_path / f"{language}.png", language).read_bytes()[:4] == b"\x89PNG"


def test_the_same_seed_gives_the_same_curve(curve, tiny_encoder):
    assert learning_curve(ROWS, more=[60, 600], task=hk.classify(["good", "bad"]).task, model=tiny_encoder, repeats=2) == curve


@pytest.mark.parametrize("kind", ["several labels", "a number"])
def test_several_labels_and_numbers_have_curves_too(kind, tiny_encoder):
    rows = rows_of(kind)
    found = learning_curve(rows, task=rows.task, model=tiny_encoder, repeats=1)
    assert found.metric == {"several labels": "micro_f1", "a number": "spearman"}[kind]


def test_another_method_is_learned_anew_for_each_part(tiny_encoder):
    found = learning_curve(ROWS[:24], method="finetune", model=tiny_encoder, repeats=1, epochs=1.0, tuning="head")
    assert found.method.startswith("finetune with")


def test_too_few_rows_and_methods_that_learn_nothing_are_refused():
    with pytest.raises(DataError, match="at least 20"):
        learning_curve(ROWS[:10])
    with pytest.raises(ConfigError, match="learns nothing"):
        learning_curve(ROWS, method="similarity")
    with pytest.raises(ConfigError, match="more is a"):
        learning_curve(ROWS, more=[0])


def test_entities_have_curves_and_a_method_that_cannot_find_them_is_refused(tiny_encoder):
    rows = rows_of("entities")
    found = learning_curve(rows, task=rows.task, method="finetune", model=tiny_encoder, repeats=1, epochs=1.0)
    assert found.metric == "entity_f1"
    with pytest.raises(ConfigError, match=r"Received a task of kind 'tag'\. Methods for it: finetune, auto"):
        learning_curve(rows, task=rows.task, method="static", repeats=1)


def test_the_command_says_what_more_labels_would_bring(capsys, tmp_path, monkeypatch, tiny_encoder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mood.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    code, out, _ = run(capsys, "curve", "mood.jsonl", "--more", "200", "--model", tiny_encoder, "--repeats", "1", "--plot", "curve.png", "-q")
    assert code == 0
    assert "200 more labels: 0." in out and "±" in out
    assert (tmp_path / "curve.png").is_file()
    assert run(capsys, "curve", "mood.jsonl", "--more", "many")[0] == 2

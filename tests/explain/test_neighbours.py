"""The labelled rows behind an answer: nearest by what the head reads, and with the influence that a step of learning on them has."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError
from hanshuku.explain import neighbours
from hanshuku.explain.explain import explain_rows
from hanshuku.explain.neighbours import with_neighbours
from hanshuku.inference.encoder import EncoderPredictor, Head
from hanshuku.models.load import load_encoder
from tests.children import TASKS, rows_of
from tests.explain.test_explain import Counting

TEXT = ("what a happy film",)


@pytest.fixture(scope="module")
def loaded(tiny_encoder):
    return load_encoder(tiny_encoder)


def encoder(loaded, kind, head=None):
    task = TASKS[kind]
    rng = np.random.default_rng(0)
    outputs = 1 if task.kind == "rate" else len(task.labels)
    head = head or Head(rng.normal(size=(outputs, 32)) * (0.01 if task.kind == "rate" else 0.1), np.full(outputs, 0.5))  # away from the ends of the range
    return EncoderPredictor(task, loaded, head, "mean", normalise=False, precision="fp32")


def loss_step(kind, predictor, rows, i, rate):
    """The head after one step of gradient descent on row i, by finite differences of the loss itself."""
    features = predictor.features(rows.inputs[i : i + 1])[0].astype(np.float64)

    def loss(weight, bias):
        z = weight @ features + bias
        if kind == "a number":
            return (z[0] - (rows.targets[i] - 1) / 4) ** 2 / 2
        if kind == "several labels":
            return float(np.sum(np.logaddexp(0, z) - rows.targets[i] * z))
        return float(np.log(np.exp(z).sum()) - z[rows.targets[i]])

    flat = np.concatenate([predictor.head.weight.ravel(), predictor.head.bias]).astype(np.float64)
    size = predictor.head.weight.size

    def at(flat):
        return loss(flat[:size].reshape(predictor.head.weight.shape), flat[size:])

    slope = np.array([(at(flat + step) - at(flat - step)) / 2e-5 for step in np.eye(len(flat)) * 1e-5])
    moved = flat - rate * slope
    return Head(moved[:size].reshape(predictor.head.weight.shape), moved[size:])


@pytest.mark.parametrize("kind", ["one label", "several labels", "a number"])
def test_influence_is_what_one_step_of_learning_on_the_row_does_to_the_score(loaded, kind):
    predictor, rows, rate = encoder(loaded, kind), rows_of(kind).take(range(8)), 1e-2
    label = None if kind == "a number" else "good"
    (found,) = with_neighbours(predictor, explain_rows(predictor, [TEXT], label=label), rows)
    for one in found.neighbours:
        after = encoder(loaded, kind, loss_step(kind, predictor, rows, one.row, rate))
        (then,) = explain_rows(after, [TEXT], label=label)
        assert (then.score - found.score) / rate == pytest.approx(one.influence, rel=0.1, abs=0.02)


def test_rows_for_and_against_pull_the_way_they_say_and_the_same_text_is_nearest(loaded):
    rows = rows_of("one label")
    (found,) = with_neighbours(encoder(loaded, "one label"), explain_rows(encoder(loaded, "one label"), [rows.inputs[7]]), rows)
    by = {why: [one for one in found.neighbours if one.why == why] for why in ("near", "for", "against")}
    assert by["near"][0].row == 7
    assert by["near"][0].similarity == pytest.approx(1, abs=1e-5)
    assert by["near"][0].target == rows.task.labels[rows.targets[7]]
    assert [one.influence for one in by["for"]] == sorted((one.influence for one in by["for"]), reverse=True)
    assert min(one.influence for one in by["for"]) > 0 > max(one.influence for one in by["against"])


def test_rows_read_in_parts_give_the_same(loaded, monkeypatch):
    predictor, rows = encoder(loaded, "one label"), rows_of("one label")
    explanations = explain_rows(predictor, [TEXT, ("sad",)])
    whole = with_neighbours(predictor, explanations, rows)
    monkeypatch.setattr(neighbours, "CHUNK", 7)
    parts = with_neighbours(predictor, explanations, rows)
    for one, other in zip(whole, parts, strict=True):
        assert [n.row for n in one.neighbours] == [n.row for n in other.neighbours]


def test_a_function_without_features_finds_neighbours_by_words_and_says_nothing_of_influence():
    rows = replace(rows_of("one label"), task=Counting().task)
    (found,) = with_neighbours(Counting(), explain_rows(Counting(), [("what a lovely film today",)]), rows)
    assert found.neighbours[0].inputs == ("what a lovely film today",)
    assert {(one.why, one.influence) for one in found.neighbours} == {("near", None)}


def test_rows_without_labels_are_refused():
    rows = replace(rows_of("one label"), targets=None)
    with pytest.raises(ConfigError, match="without labels"):
        with_neighbours(Counting(), explain_rows(Counting(), [("awful",)]), rows)


def test_a_learned_function_tells_them(tiny_encoder):
    rows = [{"text": text, "label": label} for text, label in [("my parcel came", "delivery"), ("parcel lost", "delivery"), ("money back", "refund"), ("i want money", "refund")]]
    team = hk.classify(["delivery", "refund"], name="team").learn(rows, model=tiny_encoder, method="probe")
    found = team.explain("my parcel is lost", examples=rows)
    assert {one.why for one in found.neighbours} == {"near", "for", "against"}
    assert "Labelled rows" in found.to_html()
    assert found.to_json()["neighbours"][0]["target"] in {"delivery", "refund"}


def test_rows_from_a_file_are_told_by_their_line_and_no_influence_has_no_column(loaded):
    predictor, rows = encoder(loaded, "one label"), rows_of("one label")
    lines = np.arange(len(rows)) + 2
    (found,) = with_neighbours(predictor, explain_rows(predictor, [TEXT]), replace(rows, lines=lines))
    assert all(one.line == one.row + 2 for one in found.neighbours)
    assert ">line<" in found.to_html() and ">influence<" in found.to_html()
    (by_words,) = with_neighbours(Counting(rows.task), explain_rows(predictor, [TEXT]), replace(rows, lines=lines * 0))
    assert ">row<" in by_words.to_html() and ">influence<" not in by_words.to_html()
    assert "相近程度按用词计算" in by_words.to_html(language="zh")

"""Exported functions that tag and answer give the same places as the originals, without torch."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import hanshuku as hk
from hanshuku.errors import ExportError, FunctionFolderError
from hanshuku.functions.core import Function
from hanshuku.functions.export import export
from hanshuku.inference.onnx_graph import GRAPH, HEAD
from hanshuku.methods import get_method
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from tests.children import TASKS, are_alike, rows_of
from tests.export.test_ranking import without_torch

FAST = {"learning_rate": 1e-2, "precision": "fp32", "dropout": 0.0, "batch_size": 8}
ODD = ("", "  \n", "天气 glad day😀", "a night with food, 今天很 " * 60 + "gloomygladfilm and 高兴 today", "e\u0301 Glad, GLAD!", "[SEP] a glad day")


def learned(kind, model, **settings):
    task = TASKS[kind]
    return Function(task, get_method("finetune", **(FAST | {"epochs": 20.0} | settings)).fit(task, rows_of(kind), model=model, run=Run(seed=1)))


def texts_of(kind):
    """Rows that were learned, then odd ones: empty, with windows, with signs of the tokenizer."""
    return [*rows_of(kind).inputs, *((text,) if kind == "entities" else ("which mood?", text) for text in ODD)]


@pytest.fixture(scope="module", params=["entities", "an answer"])
def both(request, tiny_encoder, tmp_path_factory):
    """Kind of rows, a function, what its export was found to be, and its folder."""
    function, folder = learned(request.param, tiny_encoder), tmp_path_factory.mktemp("spans") / "it.fn"
    return request.param, function, export(function, folder), folder


def test_places_and_confidences_are_those_of_the_original(both):
    kind, function, found, folder = both
    assert found.rows >= 300 and found.difference < 1e-4 and found.differing == 0
    exported = hk.load(folder).predictor()
    assert exported.KIND in {"onnx_tagging", "onnx_answering"}
    ours = function.predictor().outputs(texts_of(kind))
    assert are_alike(exported.outputs(texts_of(kind)), ours, 1e-4)
    assert any(ours[:-6]) and len({str(each) for each in ours}) > 6


def test_without_torch_it_answers_the_same(both):
    kind, function, _, folder = both
    rows = [row for row in texts_of(kind) if row[-1].strip()][-14:]
    for theirs, row in zip(without_torch(folder, *rows), rows, strict=True):
        ours = function.predict(*row).to_json()
        assert theirs["confidence"] == pytest.approx(ours["confidence"], abs=1e-4)
        places = [json.loads(json.dumps(each["output"])) for each in (theirs, ours)]
        for each in places:
            for span in each if isinstance(each, list) else ():
                span.pop("confidence")
        assert places[0] == places[1]


def test_int8_is_smaller_and_gives_nearly_the_same_scores(both, tmp_path):
    _, function, _, folder = both
    found = export(function, tmp_path / "small.fn", precision="int8", tolerance=0.5)
    assert (tmp_path / "small.fn" / GRAPH).stat().st_size < (folder / GRAPH).stat().st_size
    assert 0 < found.difference <= 0.5


def test_a_tolerance_that_is_not_met_writes_nothing(both, tmp_path):
    with pytest.raises(ExportError, match="was not written"):
        export(both[1], tmp_path / "it.fn", tolerance=0.0)
    assert not list(tmp_path.iterdir())


def test_it_is_measured_like_any(both):
    kind, function, _, folder = both
    measured = [each.evaluate(rows_of(kind), checks=()).metrics["entity_f1" if kind == "entities" else "exact_match"].value for each in (function, hk.load(folder))]
    assert measured[0] == measured[1] > 0.5


def test_a_damaged_folder_is_named(both, tmp_path):
    folder = both[3]
    data = json.loads((folder / "function.json").read_text(encoding="utf-8"))["predictor"]["data"]
    (tmp_path / HEAD).write_bytes(b"no arrays")
    with pytest.raises(FunctionFolderError, match="is damaged"):
        type(hk.load(folder).predictor()).load(tmp_path, data, both[1].task)


def test_a_question_that_is_cut_is_told(both):
    kind, function, _, folder = both
    if kind == "entities":
        pytest.skip("a text that is tagged is never cut")
    notes = []
    for predictor in (function.predictor(), hk.load(folder).predictor()):
        predictor.count_anew()
        predictor.outputs([("which mood? " * 200, "a glad day")])
        notes.append(predictor.notes)
    assert notes[0] == notes[1] != ()


def test_what_is_served_of_it_is_what_it_answers(both):
    pytest.importorskip("fastapi")
    from hanshuku.serving.app import make_app
    from tests.serving.test_app import ask

    kind, function, _, folder = both
    row = rows_of(kind).inputs[0]
    (served,) = ask(make_app({"it": hk.load(folder)}), ("POST", "/v1/functions/it", dict(zip(function.task.inputs, row, strict=True)), {}))
    assert served.status_code == 200 and served.json()["confidence"] == pytest.approx(function.predict(*row).confidence, abs=1e-3)


def test_a_model_that_looks_back_says_at_the_last_token_that_there_is_no_answer_exported_too(tiny_causal, tmp_path):
    function = learned("an answer", tiny_causal, learning_rate=5e-3)
    assert export(function, tmp_path / "it.fn").difference < 1e-4
    ours, theirs = (each.predictor().outputs(texts_of("an answer")) for each in (function, hk.load(tmp_path / "it.fn")))
    assert are_alike(theirs, ours, 1e-4) and "" in {text for text, *_ in ours}


def test_a_prefix_goes_along(tiny_encoder, tmp_path):
    function = learned("entities", tiny_encoder, tuning="prefix", size=8)
    assert export(function, tmp_path / "it.fn").difference < 1e-4
    assert are_alike(hk.load(tmp_path / "it.fn").predictor().outputs(texts_of("entities")), function.predictor().outputs(texts_of("entities")), 1e-4)


def test_what_a_language_model_writes_cannot_run_without_torch_and_it_is_said(both, tmp_path):
    _, function, *_ = both
    predictor = function.predictor()
    before, predictor.task = predictor.task, Task("summarize", ("text",))
    try:
        with pytest.raises(ExportError, match="summarize cannot run without torch, however it was learned: a language model writes"):
            export(Function(predictor.task, predictor), tmp_path / "x.fn")
    finally:
        predictor.task = before
    assert not list(tmp_path.iterdir())

"""An exported ranking function orders candidates as the original does, without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import hanshuku as hk
from hanshuku.errors import ExportError
from hanshuku.functions.core import Function
from hanshuku.functions.export import export
from hanshuku.inference.heads import Head
from hanshuku.inference.onnx import OnnxRankPredictor
from hanshuku.inference.onnx_graph import GRAPH
from hanshuku.inference.ranking import BiRankPredictor, CrossRankPredictor
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from tests.export.test_onnx import BASE_ONLY

RANK = Task("rank", ("query", "candidates"), name="find")
ROWS = [("my parcel never came", ["a glad day", "where is my parcel", "钱什么时候退"]), ("退款", ["请退款", "房间很脏", "parcel " * 300]), ("film", ["a boring film"])]


def without_torch(folder, *rows):
    """What a saved function predicts for rows in a process that cannot import torch, as JSON."""
    script = BASE_ONLY.replace("function.predict(text)", "function.predict(*json.loads(text))")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script, str(folder), *map(json.dumps, rows)], capture_output=True, text=True, env={"PYTHONPATH": str(root / "src")})
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["bi", "cross"])
def both(request, tiny_encoder, tmp_path_factory):
    """A function, what its export was found to be, and its folder."""
    loaded = load_encoder(tiny_encoder)
    head = Head(np.random.default_rng(0).normal(size=(1, 32)), np.zeros(1))
    predictor = BiRankPredictor(RANK, loaded, "mean", precision="fp32") if request.param == "bi" else CrossRankPredictor(RANK, loaded, "mean", precision="fp32", head=head)
    function, folder = Function(RANK, predictor), tmp_path_factory.mktemp("rank") / "find.fn"
    return function, export(function, folder), folder


def test_scores_and_orders_are_those_of_the_original(both):
    function, found, folder = both
    assert found.rows >= 300 and found.difference < 1e-4 and found.differing == 0
    exported = hk.load(folder)
    assert isinstance(exported.predictor(), OnnxRankPredictor)
    for row in ROWS:
        ours, theirs = function.predict(*row).output, exported.predict(*row).output
        assert ours.order == theirs.order and ours.scores == pytest.approx(theirs.scores, abs=1e-4)


def test_it_ranks_without_torch(both):
    function, _, folder = both
    (found,) = without_torch(folder, ROWS[0])
    assert found["output"]["order"] == list(function.predict(*ROWS[0]).output.order)


def test_what_was_cut_is_told_as_the_original_tells_it(both):
    notes = []
    for function in (both[0], hk.load(both[2])):
        predictor = function.predictor()
        predictor.count_anew()
        predictor.outputs([(query, json.dumps(texts)) for query, texts in ROWS])
        notes.append(predictor.notes)
    assert notes[0] == notes[1] != ()


def test_int8_is_smaller_and_ranks_nearly_the_same(both, tmp_path):
    function, _, folder = both
    found = export(function, tmp_path / "small.fn", precision="int8", tolerance=0.2)
    assert (tmp_path / "small.fn" / GRAPH).stat().st_size < (folder / GRAPH).stat().st_size
    assert 0 < found.difference <= 0.2


def test_an_export_is_not_exported_again(both, tmp_path):
    with pytest.raises(ExportError, match="an export already"):
        export(both[2], tmp_path / "again.fn")


def test_a_tolerance_that_is_not_met_writes_nothing(both, tmp_path):
    with pytest.raises(ExportError, match="was not written"):
        export(both[0], tmp_path / "find.fn", tolerance=0.0)
    assert not list(tmp_path.iterdir())

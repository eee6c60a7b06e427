"""An exported function answers as the original does, without torch, or is not written."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import hanshuku as hk
from hanshuku.errors import ExportError, FunctionFolderError
from hanshuku.functions.export import export
from hanshuku.inference.onnx_graph import GRAPH
from tests.functions.test_functions import FAST, ROWS, team

BASE_ONLY = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "peft", "safetensors", "sklearn", "scipy", "pandas", "accelerate"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse())
import json
import hanshuku as hk
function = hk.load(sys.argv[1])
print(json.dumps([function.predict(text).to_json() for text in sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    return team.learn(ROWS, model=tiny_encoder, **FAST)


@pytest.fixture(scope="module")
def exported(learned, tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx") / "team.fn"
    return export(learned, folder), folder


def test_it_says_how_far_the_answers_are_apart(exported):
    found, _ = exported
    assert found.rows >= 300
    assert found.difference < 1e-4
    assert found.differing == 0


def test_it_answers_without_torch_what_the_original_answers(learned, exported):
    _, folder = exported
    texts = ["my parcel never came", "钱什么时候退", "parcel " * 500]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", BASE_ONLY, str(folder), *texts], capture_output=True, text=True, env={"PYTHONPATH": str(root / "src")})
    assert done.returncode == 0, done.stderr[-1500:]
    for theirs, text in zip(json.loads(done.stdout), texts, strict=True):
        ours = learned.predict(text)
        assert theirs["output"] == ours.output
        assert theirs["confidence"] == pytest.approx(ours.confidence, abs=0.02)


def test_without_torch_the_original_says_what_to_install(learned, tmp_path):
    learned.save(tmp_path / "team.fn")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", BASE_ONLY, str(tmp_path / "team.fn"), "x"], capture_output=True, text=True, env={"PYTHONPATH": str(root / "src")})
    assert 'pip install "hanshuku[train]"' in done.stderr


def test_a_tolerance_that_is_not_met_writes_nothing(learned, tmp_path):
    with pytest.raises(ExportError, match="was not written"):
        export(learned, tmp_path / "team.fn", tolerance=0.0)
    assert not list(tmp_path.iterdir())


def test_what_reads_two_layers_answers_the_same_when_exported(tiny_encoder, tmp_path):
    two = team.learn(ROWS, method="continual", strategy="analytic", model=tiny_encoder, precision="fp32")
    assert two.predictor().layers == (2, 1)
    assert export(two, tmp_path / "two.fn").differing == 0
    assert hk.load(tmp_path / "two.fn").predict("my parcel never came").output == two.predict("my parcel never came").output


def test_an_answer_does_not_depend_on_its_batch(exported):
    predictor = hk.load(exported[1]).predictor()
    rows = [("parcel",), ("i want my money back please and soon",), ("parcel",)]
    together = predictor.outputs(rows)
    alone = np.concatenate([predictor.outputs([row]) for row in rows])
    assert np.allclose(together, alone, atol=1e-5)


def test_an_exported_function_is_measured_like_any(exported):
    assert hk.load(exported[1]).evaluate(ROWS).metrics["accuracy"].n == 8


def test_it_is_not_saved_again(exported, tmp_path):
    with pytest.raises(FunctionFolderError, match=r"[Cc]opy its folder"):
        hk.load(exported[1]).save(tmp_path / "b.fn")


def test_int8_is_smaller_and_answers_nearly_the_same(learned, exported, tmp_path):
    found = export(learned, tmp_path / "small.fn", precision="int8", tolerance=0.2)
    sizes = [(folder / GRAPH).stat().st_size for folder in (tmp_path / "small.fn", exported[1])]
    assert sizes[0] < sizes[1]
    assert 0 < found.difference <= 0.2
    assert hk.load(tmp_path / "small.fn").evaluate(ROWS).metrics["accuracy"].n == 8


def test_int8_that_changes_too_many_answers_is_refused(learned, tmp_path, monkeypatch):
    monkeypatch.setattr("hanshuku.functions.export.DIFFERING", {"int8": -1.0})
    with pytest.raises(ExportError, match="another answer in"):
        export(learned, tmp_path / "small.fn", precision="int8")
    assert not list(tmp_path.iterdir())


def test_a_precision_that_there_is_not_is_refused(learned, tmp_path):
    with pytest.raises(ExportError, match="fp32, int8"):
        export(learned, tmp_path / "small.fn", precision="int4")

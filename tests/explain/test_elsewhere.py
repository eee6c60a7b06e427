"""Functions whose network is not at hand are explained too: exported ones without torch, and models on a server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from hanshuku.errors import ConfigError
from hanshuku.functions.export import export
from hanshuku.functions.store import load
from tests.export.test_onnx import BASE_ONLY
from tests.functions.test_functions import FAST, ROWS, team

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = BASE_ONLY.rpartition("print(")[0] + (
    "rows = [{'text': text, 'label': 'refund'} for text in ('money back', 'parcel lost')]\n"
    "print(json.dumps([function.explain(text, method=method, examples=rows).to_json() for method in ('occlusion', 'shap', 'lime') for text in sys.argv[2:]]))\n"
)


@pytest.fixture(scope="module")
def folders(tiny_encoder, tmp_path_factory):
    learned, folder = team.learn(ROWS, model=tiny_encoder, **FAST), tmp_path_factory.mktemp("explained") / "team.fn"
    export(learned, folder)
    return learned, folder


def test_an_exported_function_is_explained_without_torch_as_the_original_is(folders):
    learned, folder = folders
    texts = ["my parcel never came", "钱什么时候退😀"]
    done = subprocess.run([sys.executable, "-c", EXPLAINED, str(folder), *texts], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 0, done.stderr[-1500:]
    found = json.loads(done.stdout)
    for theirs, ours in zip(found, [learned.explain(text, method=method) for method in ("occlusion", "shap", "lime") for text in texts], strict=True):
        assert [word["weight"] for word in theirs["words"]] == pytest.approx([word.weight for word in ours.words], abs=0.1)
        assert theirs["neighbours"]


def test_of_an_exported_function_gradients_cannot_be_had_and_it_is_said_why(folders):
    with pytest.raises(ConfigError, match="exported"):
        load(folders[1]).explain("my parcel", method="integrated_gradients")

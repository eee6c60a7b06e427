"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if "HANSHUKU_TEST_GPU" not in os.environ:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the tests compare bits and place tensors by hand: they are of the processor; test_gpu.py is of the GPU
sys.path.insert(0, str(ROOT))  # so that `from tests.tiny import tiny_bert` works however pytest was started


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the real data sets; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("HANSHUKU_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the shared data sets are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a random tiny BERT."""
    from tests.tiny import tiny_bert

    return str(tiny_bert(tmp_path_factory.mktemp("tiny") / "tiny-bert"))


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a random tiny Llama language model."""
    from tests.tiny import tiny_llama

    return str(tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny-llama"))


@pytest.fixture(scope="session")
def tiny_reader(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a random tiny Llama language model that reads 640 tokens."""
    from tests.tiny import tiny_llama

    return str(tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny-reader", length=640))


@pytest.fixture(scope="session")
def tiny_masked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a random tiny BERT that has a head for masked words."""
    from tests.tiny import tiny_masked

    return str(tiny_masked(tmp_path_factory.mktemp("tiny") / "tiny-masked"))

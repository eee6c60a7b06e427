"""Safetensors files, read by numpy alone."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from hanshuku.errors import ModelError
from hanshuku.models.weights import count_parameters, read_safetensors

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, -2], np.int64), "c": np.float16([0.5])}


def stored(file, header, data=b""):
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return file


def test_what_safetensors_writes_is_read_back(tmp_path):
    save_file(ARRAYS, tmp_path / "x.safetensors", metadata={"format": "pt"})
    found = read_safetensors(tmp_path / "x.safetensors")
    assert found.keys() == ARRAYS.keys() and all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert all(found[name].dtype == ARRAYS[name].dtype for name in ARRAYS)


def test_parameters_are_counted_from_the_header(tmp_path):
    save_file(ARRAYS, tmp_path / "x.safetensors")
    assert count_parameters(tmp_path) == 9


@pytest.mark.parametrize("left", [0, 5, 100, -1])
def test_a_file_cut_short_is_refused(tmp_path, left):
    file = tmp_path / "x.safetensors"
    save_file(ARRAYS, file)
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(ModelError, match=r"x\.safetensors is damaged .*pull the model again"):
        read_safetensors(file)


@pytest.mark.parametrize(
    "about",
    [
        {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [-4, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8]},
        {"dtype": "F32", "data_offsets": [0, 8]},
        {"shape": [2], "data_offsets": [0, 8]},
        "F32",
    ],
)
def test_a_header_that_cannot_be_is_refused(tmp_path, about):
    with pytest.raises(ModelError, match="is damaged"):
        read_safetensors(stored(tmp_path / "x.safetensors", {"a": about}, b"01234567"))


def test_numbers_that_numpy_lacks_are_named(tmp_path):
    file = stored(tmp_path / "x.safetensors", {"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, b"01")
    with pytest.raises(ModelError, match="holds BF16 numbers; read here are F64, F32"):
        read_safetensors(file)

"""Safetensors files read by numpy alone (the base install has no safetensors). https://github.com/huggingface/safetensors#format"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.errors import ModelError

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1"}
_LONGEST_HEADER = 100_000_000  # bytes; the format's own limit


def read_header(file: Path) -> dict[str, dict[str, Any]]:
    """What a safetensors file holds: name -> {"dtype", "shape", "data_offsets"}; the weights are not read.

    Raises:
        ModelError: the file is damaged.
    """
    try:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(size, _LONGEST_HEADER)))
        tensors = {name: about for name, about in header.items() if name != "__metadata__"}
        due = 8 + size + max((_end(name, about) for name, about in tensors.items()), default=0)
        said = "" if file.stat().st_size >= due else f"{file.stat().st_size} bytes instead of {due}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        tensors, said = {}, str(error)
    if said:
        raise ModelError(f"{file} is damaged ({said}). Remove its folder and pull the model again.")
    return tensors


def _end(name: str, about: dict[str, Any]) -> int:
    """Where a tensor's numbers end; ValueError where what is said of them cannot be."""
    first, last = about["data_offsets"]
    size = np.dtype(_TYPES[about["dtype"]]).itemsize if about["dtype"] in _TYPES else None  # None: a type not read here
    count = math.prod(about["shape"])
    if first < 0 or min(about["shape"], default=1) < 0 or (size is not None and last - first != count * size):
        raise ValueError(f"{name} of shape {about['shape']} is said to lie in bytes {first} to {last}")
    return int(last)


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file, read-only, in their own types.

    Raises:
        ModelError: the file is damaged, or holds a type that numpy lacks (bfloat16).
    """
    header = read_header(file)
    data = np.memmap(file, np.uint8, mode="r")
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    arrays = {}
    for name, about in header.items():
        if about["dtype"] not in _TYPES:
            raise ModelError(f"{file} holds {about['dtype']} numbers; read here are {', '.join(_TYPES)}.")
        first, last = about["data_offsets"]
        arrays[name] = data[start + first : start + last].view(_TYPES[about["dtype"]]).reshape(about["shape"])
    return arrays


def count_parameters(folder: Path) -> int:
    """Numbers in the weights of a folder, from the headers alone; 0 where they cannot be read."""
    try:
        return sum(
            math.prod(about["shape"]) for file in folder.glob("*.safetensors") for about in read_header(file).values()
        )
    except ModelError:
        return 0

"""Runs and rows as files, JSON and npz, never pickle: for finished runs that are kept and for a process of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hanshuku.data.disk import whole_file
from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.runs import RunRecord
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write plain data as JSON; undefined numbers must be None already."""
    with whole_file(path) as stream:
        stream.write(json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass"))


def save_record(record: RunRecord, path: Path) -> None:
    """Write a record as `path`.json and, before it, its outputs as `path`.npz: where the JSON is, the run is whole."""
    if record.outputs is not None:
        with whole_file(path.with_name(path.name + ".npz")) as stream:
            np.savez_compressed(stream, **_arrays("outputs", record.outputs))  # type: ignore[arg-type]
    write_json(path.with_name(path.name + ".json"), record.to_json())


def load_record(path: Path) -> RunRecord | None:
    """The record at `path`, or None where there is none or it is damaged."""
    text, arrays = path.with_name(path.name + ".json"), path.with_name(path.name + ".npz")
    try:
        outputs = None
        if arrays.exists():
            with np.load(arrays, allow_pickle=False) as stored:
                outputs = _stored(stored, "outputs")
        return RunRecord.from_json(json.loads(text.read_text(encoding="utf-8")), outputs)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None


def save_rows(rows: Encoded, path: Path) -> None:
    """Write rows as `path`.json (task, inputs and unlabelled inputs) and `path`.npz (targets, rejected answers and lines)."""
    with whole_file(path.with_name(path.name + ".json")) as stream:  # in ASCII, so that half a surrogate pair comes back too
        stream.write(json.dumps({"task": rows.task.to_json(), "inputs": list(map(list, rows.inputs)), "unlabelled": list(map(list, rows.unlabelled))}).encode())
    found = {"targets": rows.targets, "rejected": rows.rejected}
    arrays = {"lines": rows.lines} | {key: array for name, values in found.items() if values is not None for key, array in _arrays(name, values).items()}
    with whole_file(path.with_name(path.name + ".npz")) as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def load_rows(path: Path) -> Encoded:
    """The rows that `save_rows` wrote."""
    data = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    with np.load(path.with_name(path.name + ".npz"), allow_pickle=False) as stored:
        targets, rejected = _stored(stored, "targets"), _stored(stored, "rejected")
        unlabelled = tuple(map(tuple, data.get("unlabelled", ())))
        return Encoded(Task.from_json(data["task"]), [tuple(row) for row in data["inputs"]], targets, stored["lines"], rejected, unlabelled)


def _arrays(name: str, array: np.ndarray) -> dict[str, np.ndarray]:
    """What numpy writes without pickle: an array of numbers as it is, one of objects (texts, spans, answers) as the bytes of its JSON."""
    if array.dtype != object:
        return {name: array}
    return {f"{name}_json": np.frombuffer(json.dumps(array.tolist(), default=float).encode(), dtype=np.uint8)}


def _stored(stored: Mapping[str, np.ndarray], name: str) -> np.ndarray | None:
    """What `_arrays` wrote; lists become tuples again."""
    if f"{name}_json" in stored:
        return objects([_tuples(item) for item in json.loads(stored[f"{name}_json"].tobytes())])
    return stored.get(name)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value

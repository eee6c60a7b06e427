"""Runs and rows as files, JSON and npz, never pickle: for finished runs that are kept and for a process of one run."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import StorageError
from hanshuku.evaluation.runs import RunRecord
from hanshuku.tasks import Task


def write_whole(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        StorageError: the folder or the disk does not take it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            fill(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}. What was there is untouched.") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write plain data as JSON; undefined numbers must be None already."""
    write_whole(path, lambda stream: _fill(stream, json.dumps(data, ensure_ascii=False, allow_nan=False)))


def _fill(stream: BinaryIO, text: str) -> None:
    stream.write(text.encode("utf-8", "surrogatepass"))


def save_record(record: RunRecord, path: Path) -> None:
    """Write a record as `path`.json and, before it, its outputs as `path`.npz: where the JSON is, the run is whole."""
    if record.outputs is not None:
        outputs = record.outputs
        write_whole(path.with_name(path.name + ".npz"), lambda stream: np.savez_compressed(stream, outputs=outputs))
    write_json(path.with_name(path.name + ".json"), record.to_json())


def load_record(path: Path) -> RunRecord | None:
    """The record at `path`, or None where there is none or it is damaged."""
    text, arrays = path.with_name(path.name + ".json"), path.with_name(path.name + ".npz")
    try:
        outputs = None
        if arrays.exists():
            with np.load(arrays, allow_pickle=False) as stored:
                outputs = stored["outputs"]
        return RunRecord.from_json(json.loads(text.read_text(encoding="utf-8")), outputs)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None


def save_rows(rows: Encoded, path: Path) -> None:
    """Write rows as `path`.json (task and inputs) and `path`.npz (targets and lines)."""
    data = json.dumps({"task": rows.task.to_json(), "inputs": list(map(list, rows.inputs))})
    write_whole(path.with_name(path.name + ".json"), lambda stream: _fill(stream, data))
    arrays = {"lines": rows.lines} if rows.targets is None else {"lines": rows.lines, "targets": rows.targets}
    write_whole(path.with_name(path.name + ".npz"), lambda stream: np.savez(stream, **arrays))  # type: ignore[arg-type]


def load_rows(path: Path) -> Encoded:
    """The rows that `save_rows` wrote."""
    data = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    with np.load(path.with_name(path.name + ".npz"), allow_pickle=False) as stored:
        targets = stored.get("targets")
        return Encoded(Task.from_json(data["task"]), [tuple(row) for row in data["inputs"]], targets, stored["lines"])

"""Checkpoints: everything that a killed run needs to end as if it had not been killed. Tensors and JSON, no pickle."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.data.disk import flush
from hanshuku.errors import StorageError

NAME = "checkpoint"
FORMAT = 2  # raised when facts or names of tensors change; a checkpoint of another format is not resumed
FACTS, TENSORS = "facts.json", "tensors.safetensors"


@dataclass
class Checkpoint:
    """A state of a run."""

    facts: dict[str, Any]  # step, plan, scores ...: plain JSON data
    tensors: dict[str, Tensor]


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the old one, flush it to the disk, and only then put it in its place.

    Raises:
        StorageError: the disk is full, or does not take it; the old checkpoint stands.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    staged = folder / f"{NAME}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        save_file({name: tensor.detach().contiguous() for name, tensor in checkpoint.tensors.items()}, staged / TENSORS)
        (staged / FACTS).write_text(json.dumps({"format": FORMAT, **checkpoint.facts}), encoding="utf-8")
        flush(staged / TENSORS, staged / FACTS, staged)
        _replace(staged, folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise StorageError(f"A checkpoint could not be written to {folder} ({error}). The one before it stands; make room on the disk.") from error


def _replace(staged: Path, folder: Path) -> None:
    """Put the staged checkpoint in place. Whatever moment a kill comes, `newest` finds a whole one."""
    current, old = folder / NAME, folder / f"{NAME}.old"
    if current.exists():
        shutil.rmtree(old, ignore_errors=True)
        current.rename(old)
    staged.rename(current)
    flush(folder)
    shutil.rmtree(old, ignore_errors=True)


def newest(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint of a folder, or None."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    for name in (NAME, f"{NAME}.old"):
        place = folder / name
        try:
            facts = json.loads((place / FACTS).read_text(encoding="utf-8"))
            if facts.pop("format") == FORMAT:
                return Checkpoint(facts, load_file(place / TENSORS))
        except (OSError, ValueError, KeyError, SafetensorError):
            continue
    return None


def clear(folder: Path) -> None:
    """Remove the checkpoints in a folder and in all below it: what they led to is saved."""
    for name in (NAME, f"{NAME}.old", f"{NAME}.tmp"):
        for place in [found.parent for found in folder.rglob(f"{name}/{TENSORS}")]:
            shutil.rmtree(place, ignore_errors=True)


def fingerprint(settings: Mapping[str, Any], identity: str, parameters: Mapping[str, Tensor], lengths: Sequence[int] | np.ndarray) -> dict[str, str]:
    """What tells one run from another: its settings, its rows, and the weights that it starts from, a SHA-256 each."""
    weights = hashlib.sha256()
    for name, parameter in parameters.items():
        weights.update(f"{name} {tuple(parameter.shape)} {parameter.dtype}".encode())
        sample = parameter.detach().reshape(-1)[:: max(1, parameter.numel() // 4096)]  # enough to tell, cheap for any size
        weights.update(sample.float().cpu().numpy().tobytes())
    rows = hashlib.sha256(identity.encode() + np.asarray(lengths, dtype=np.int64).tobytes())
    plain = json.dumps(settings, sort_keys=True, default=str)
    return {"settings": hashlib.sha256(plain.encode()).hexdigest(), "rows": rows.hexdigest(), "weights": weights.hexdigest()}


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: Mapping[int, str]) -> dict[str, Tensor]:
    """The optimiser's state under the names of its parameters (id -> name)."""
    found = {}
    for parameter, state in optimiser.state.items():
        for key, value in state.items():
            found[f"optimiser/{names[id(parameter)]}/{key}"] = value
    return found


def restore_optimiser(optimiser: torch.optim.Optimizer, parameters: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Give the optimiser back the state that `optimiser_tensors` took, laid out in memory as its parameters are."""
    for name, parameter in parameters.items():
        prefix = f"optimiser/{name}/"
        for key, value in tensors.items():
            if not key.startswith(prefix):
                continue
            placed = value.to(parameter.device)  # the count of steps, one number
            if value.shape == parameter.shape:
                placed = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
            optimiser.state[parameter][key.removeprefix(prefix)] = placed

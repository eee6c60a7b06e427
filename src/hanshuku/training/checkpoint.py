"""Checkpoints: everything that a killed run needs to end as if it had not been killed. Tensors and JSON, no pickle."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import StorageError

NAME = "checkpoint"
FORMAT = 1


@dataclass
class Checkpoint:
    """A state of a run."""

    facts: dict[str, Any]  # step, plan, scores ...: plain JSON data
    tensors: dict[str, Tensor]


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside the old one and only then put it in its place.

    Raises:
        StorageError: the disk is full; the old checkpoint stands.
    """
    from safetensors.torch import save_file

    staged = folder / f"{NAME}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        save_file({name: tensor.detach().contiguous() for name, tensor in checkpoint.tensors.items()}, staged / "tensors.safetensors")
        (staged / "facts.json").write_text(json.dumps({"format": FORMAT, **checkpoint.facts}), encoding="utf-8")
        for file in staged.iterdir():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        _replace(staged, folder)
    except Exception as error:
        shutil.rmtree(staged, ignore_errors=True)
        if (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}) or "os error 28" in str(error) or "os error 27" in str(error):
            raise StorageError(f"A checkpoint could not be written to {folder}: the disk is full. The one before it stands.") from error
        raise


def _replace(staged: Path, folder: Path) -> None:
    """Put the staged checkpoint in place. Whatever moment a kill comes, `newest` finds a whole one."""
    current, old = folder / NAME, folder / f"{NAME}.old"
    if current.exists():
        shutil.rmtree(old, ignore_errors=True)
        current.rename(old)
    staged.rename(current)
    shutil.rmtree(old, ignore_errors=True)


def newest(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint of a folder, or None."""
    from safetensors.torch import load_file

    for name in (NAME, f"{NAME}.old"):
        place = folder / name
        try:
            facts = json.loads((place / "facts.json").read_text(encoding="utf-8"))
            if facts.pop("format") == FORMAT:
                return Checkpoint(facts, load_file(place / "tensors.safetensors"))
        except (OSError, ValueError, KeyError):
            continue
    return None


def remove(folder: Path) -> None:
    """Remove the checkpoints of a folder: the run is done."""
    for name in (NAME, f"{NAME}.old", f"{NAME}.tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)


def fingerprint(facts: Mapping[str, Any], parameters: Mapping[str, nn.Parameter], lengths: Sequence[int]) -> str:
    """What tells one run from another: its settings, its rows' lengths, and the weights that it starts from."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    digest.update(json.dumps([int(n) for n in lengths]).encode())
    for name, parameter in parameters.items():
        digest.update(f"{name} {tuple(parameter.shape)}".encode())
        digest.update(parameter.detach().float().cpu().contiguous().view(-1)[:: max(1, parameter.numel() // 4096)].numpy().tobytes())
    return digest.hexdigest()


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: Mapping[int, str]) -> dict[str, Tensor]:
    """The optimiser's state under the names of its parameters (id -> name)."""
    found = {}
    for parameter, state in optimiser.state.items():
        for key, value in state.items():
            found[f"optimiser/{names[id(parameter)]}/{key}"] = value if isinstance(value, Tensor) else torch.tensor(float(value))
    return found


def restore_optimiser(optimiser: torch.optim.Optimizer, parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor]) -> None:
    """Give the optimiser back the state that `optimiser_tensors` took."""
    for name, parameter in parameters.items():
        prefix = f"optimiser/{name}/"
        state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        if state:
            optimiser.state[parameter] = {key: value.to(parameter.device) if value.ndim else value for key, value in state.items()}

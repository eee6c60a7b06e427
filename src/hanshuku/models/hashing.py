"""SHA-256 of model files: verified where the catalogue promises one, and kept so that it is computed once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from hanshuku.errors import HashMismatch, ModelError
from hanshuku.models.cache import cache_folder, read_json

BLOCK = 1 << 20  # bytes read at a time


def copy_hashed(source: IO[bytes], write: Callable[[bytes], object]) -> str:
    """Pass a stream on block by block; return its SHA-256 in hex."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK):
        digest.update(block)
        write(block)
    return digest.hexdigest()


def sha256_of(file: Path) -> str:
    """A file's SHA-256 in hex."""
    with file.open("rb") as stream:
        return copy_hashed(stream, len)  # nothing is done with a block


def require_hash(name: str, received: str, expected: str) -> None:
    """Refuse bytes that are not the promised ones.

    Raises:
        HashMismatch: the two SHA-256 differ.
    """
    if received != expected:
        raise HashMismatch(
            f"{name} has SHA-256 {received}; expected {expected}. Nothing was kept. Pull again; if it stays so, "
            "the source has changed: do not use it, and tell its authors and us."
        )


def weight_files(folder: Path) -> list[Path]:
    """The weights of a folder in order of name: model*.safetensors, else every .safetensors at its top."""
    return sorted(folder.glob("model*.safetensors")) or sorted(folder.glob("*.safetensors"))


def fingerprint(folder: Path) -> str:
    """SHA-256 of a model's weights: of the one file, or of the digests of all in order of name, joined.

    Digests are kept in the cache folder, keyed by path, size and time of change, so a second call reads no weights.

    Raises:
        ModelError: the folder has no safetensors weights.
    """
    files = weight_files(folder)
    if not files:
        raise ModelError(f"{folder} has no safetensors weights, so it has no fingerprint. Give a model's folder.")
    digests = [_kept(file.resolve()) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _kept(file: Path) -> str:
    about = file.stat()
    key = {"file": str(file), "size": about.st_size, "changed": about.st_mtime_ns}
    note = cache_folder() / "fingerprints" / f"{hashlib.sha256(str(file).encode()).hexdigest()[:24]}.json"
    found = read_json(note)
    if isinstance(found.get("sha256"), str) and all(found.get(name) == value for name, value in key.items()):
        return str(found["sha256"])
    digest = sha256_of(file)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        staged = note.with_name(f".{note.name}.{os.getpid()}")
        staged.write_text(json.dumps(key | {"sha256": digest}), encoding="utf-8")
        staged.replace(note)
    except OSError:  # a cache that cannot be written costs time, not the answer
        pass
    return digest

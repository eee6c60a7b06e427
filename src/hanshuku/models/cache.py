"""The cache of models: where it is, how a folder gets there whole or not at all, and whether it still is whole."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hanshuku.errors import StorageError
from hanshuku.models.info import ModelInfo

RECORD = "hanshuku.json"  # beside the weights: where they came from, and the size of each file
_FULL = {errno.ENOSPC, errno.EDQUOT}


def cache_folder() -> Path:
    """Where models are kept: HANSHUKU_CACHE, else hanshuku below XDG_CACHE_HOME, else ~/.cache/hanshuku."""
    stated = os.environ.get("HANSHUKU_CACHE")
    if stated:
        return Path(stated).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hanshuku"


def place_of(info: ModelInfo) -> Path:
    """The folder that a model has, or would have, in the cache."""
    return cache_folder() / "models" / info.name.replace("/", "--")


def is_offline() -> bool:
    """Whether the user forbade the network: HANSHUKU_OFFLINE or HF_HUB_OFFLINE is 1, true, yes or on."""
    return any(
        os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}
        for name in ("HANSHUKU_OFFLINE", "HF_HUB_OFFLINE")
    )


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def fault(folder: Path) -> str:
    """What is wrong with a model's folder in the cache, in a few words; "" where it is whole (by names and sizes)."""
    if not folder.is_dir():
        return "absent"
    sizes = read_json(folder / RECORD).get("files")
    if isinstance(sizes, dict):
        for name, size in sizes.items():
            file = folder / name
            if not file.is_file():
                return f"{name} is missing"
            if file.stat().st_size != size:
                return f"{name} has {file.stat().st_size} bytes instead of {size}"
        return ""
    return "" if any(folder.glob("*.safetensors")) else "it has no weights"


def write_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write where a folder's files came from, with the size of each."""
    files = {
        file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(folder.rglob("*")) if file.is_file()
    }
    (folder / RECORD).write_text(json.dumps(facts | {"files": files}, indent=1, ensure_ascii=False), encoding="utf-8")


@contextmanager
def staging(place: Path) -> Iterator[Path]:
    """A fresh folder beside `place`, removed at the end whatever happens. Call it under `lock`.

    What is whole is moved from it to `place` by `settle`. A folder that a killed process left behind goes first.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    for stale in place.parent.glob(f".{place.name}.*.tmp"):
        if "." not in stale.name[len(place.name) + 2 : -len(".tmp")]:  # else it is of a model whose name goes on
            shutil.rmtree(stale, ignore_errors=True)
    with storage(place):
        staged = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def settle(folder: Path, place: Path) -> None:
    """Give a finished folder its place; a damaged one that stands there goes, one that is whole stays.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    with storage(place):
        if place.exists() and fault(place):
            place.rename(folder.with_name("damaged"))  # inside the staging folder: it is removed with it
        try:
            folder.rename(place)
        except OSError:
            if fault(place):  # else another process was faster, on a system without locks
                raise


@contextmanager
def lock(place: Path, say: Callable[[str], object]) -> Iterator[None]:
    """One process fetches a model; the others wait for it, and say so.

    Raises:
        StorageError: the cache cannot be written.
    """
    with storage(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = (place.parent / f".{place.name}.lock").open("w")
    with handle:
        try:
            import fcntl
        except ImportError:  # Windows: two fetches cost time and no more, since a folder gets its name when it is whole
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that is fetching {place.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a network file system without locks: as on Windows
            pass
        yield


@contextmanager
def storage(place: Path) -> Iterator[None]:
    """What a disk refuses, as our error with the way out; other errors pass.

    Raises:
        StorageError: the disk is full, or may not be written.
    """
    try:
        yield
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        written = re.search(r"os error (\d+)|No space left", str(error))  # safetensors tells it in words only
        if number is None and written:
            number = int(written.group(1) or errno.ENOSPC)
        if number in _FULL:
            raise StorageError(
                f"The disk of {place.parent} is full; nothing was kept. Free some space, or set HANSHUKU_CACHE to a folder elsewhere."
            ) from error
        if number in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EIO}:
            raise StorageError(
                f"{place.parent} cannot be written ({error}). Set HANSHUKU_CACHE to a folder that can."
            ) from error
        raise

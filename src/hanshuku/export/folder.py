"""NAME.fn, a function on disk: written whole or not at all, and read back only when every byte is the one written.

function.json holds the format version, the task, the predictor's plain data, the history and a SHA-256 for each other
file. Loading executes nothing from the folder.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hanshuku.data.disk import flush
from hanshuku.errors import FunctionFolderError, StorageError

FORMAT = 1  # raise when an older reader could not read what is written
MANIFEST = "function.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


def write_folder(path: Path, fill: Callable[[Path], Mapping[str, Any]]) -> None:
    """Write a function folder whole or not at all.

    Args:
        path: where it shall stand; a function that stands there is replaced, anything else is not.
        fill: writes the files into the folder it is given and returns the data for function.json.

    Raises:
        FunctionFolderError: something that is no function stands at `path`.
        StorageError: the disk is full or cannot be written; what was there is untouched.
    """
    if path.exists() and not (path / MANIFEST).is_file() and not (path.is_dir() and not any(path.iterdir())):
        raise FunctionFolderError(f"{path} exists and is not a saved function, so it is not replaced. Choose another name.")
    staged: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        staged = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}.", suffix=".tmp", dir=path.parent))
        staged.chmod(0o755)
        manifest = {"format": FORMAT, **fill(staged), "files": _digests(staged)}
        (staged / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        flush(*staged.rglob("*"), staged)  # the disk holds every file before the folder gets its name
        _put(staged, path)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(f"{path} could not be written: {error.strerror}. What was there is untouched.") from error
        raise
    except Exception as error:
        # safetensors and tokenizers report a full disk in exceptions of their own
        if any(word in str(error) for word in ("No space left", "os error 28", "File too large", "os error 27")):
            raise StorageError(f"{path} could not be written: {error}. What was there is untouched.") from error
        raise
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)


def read_manifest(path: Path, *, verify: bool = True) -> dict[str, Any]:
    """The data of function.json, after every file was found to be the one that was written.

    Args:
        path: the folder.
        verify: compare the SHA-256 of each file; False: only that it is there with its size.

    Raises:
        FunctionFolderError: no function, a damaged one, or one of a newer format.
    """
    if not path.exists():
        raise FunctionFolderError(f"There is no function at {path}. Save one there with function.save or hanshuku learn --out.")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FunctionFolderError(f"{path} is not a saved function: {MANIFEST} cannot be read ({error}).") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise FunctionFolderError(f"{path}/{MANIFEST} has no format version; it was not written by Hanshuku.")
    if manifest["format"] > FORMAT:
        raise FunctionFolderError(
            f"{path} has format {manifest['format']}; this Hanshuku reads up to {FORMAT}. Upgrade: pip install -U hanshuku"
        )
    for name, (size, digest) in manifest.get("files", {}).items():
        file = path / name
        if Path(name).is_absolute() or ".." in Path(name).parts or not file.is_file():
            raise FunctionFolderError(f"{path} is damaged: {name} is missing. Copy the function again, or learn it anew.")
        if file.stat().st_size != size or (verify and _digest(file) != digest):
            raise FunctionFolderError(f"{path} is damaged: {name} is not the file that was saved. Copy the function again.")
    return manifest


def _sweep(path: Path) -> None:
    """Remove what a writer of the same function left when it was killed: staged folders of processes that are no more."""
    for litter in path.parent.glob(f".{path.name}.*.tmp*"):
        owner = litter.name.removeprefix(f".{path.name}.").split(".")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(litter, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _digests(folder: Path) -> dict[str, tuple[int, str]]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): (file.stat().st_size, _digest(file)) for file in files}


def _put(staged: Path, path: Path) -> None:
    """Give the staged folder its name; a folder that has the name already is swapped out in one step where Linux can."""
    if not path.exists():
        staged.rename(path)
        return
    if not _exchange(staged, path):
        old = staged.with_name(staged.name + ".old")
        path.rename(old)
        staged.rename(path)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders atomically (renameat2 with RENAME_EXCHANGE, Linux 3.15); False where that cannot be done."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    at_working_folder, exchange = -100, 2
    return call(at_working_folder, os.fsencode(one), at_working_folder, os.fsencode(other), exchange) == 0

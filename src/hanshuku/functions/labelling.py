"""Labelling by hand: a file that grows by one row an answer, safe at every moment, and names that are understood when typed roughly."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from hanshuku.data.split import normal_text
from hanshuku.errors import DataError, StorageError
from hanshuku.tasks import Task, kind_of

KEYS = "1234567890abcdefghijklmnoprtvwxyz"  # without q, s and u, which are commands
NOTHING = ("0", "none", "-", "无")  # several labels: none of them


class LabelFile:
    """A .jsonl file of labelled rows to which each answer is added at once.

    A row that a crash cut in half is removed when the file is opened again.

    Args:
        path: the file; made where there is none.

    Raises:
        DataError: a line that is no JSON object.
        StorageError: it cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.rows: list[dict[str, Any]] = []
        self._ends: list[int] = []  # bytes before each row
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
            self._stream: BinaryIO = self.path.open("r+b")
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror}.") from error
        self._read()

    def _read(self) -> None:
        raw = self._stream.read()
        whole = raw[: raw.rfind(b"\n") + 1]
        end = 0
        for number, line in enumerate(whole.splitlines(keepends=True), 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict):
                    raise DataError("a JSON object a line is due, as `hanshuku label` writes them. Give another --out.", str(self.path), number)
                self.rows.append(row)
                self._ends.append(end)
            end += len(line)
        self._cut(len(whole))

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row and wait until it is on the disk.

        Raises:
            StorageError: the disk does not take it; the rows before it are safe.
        """
        before = self._stream.seek(0, os.SEEK_END)
        try:
            self._stream.write(json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n")
            self._sync()
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror}. The {len(self.rows)} answers before are safe.") from error
        self.rows.append(dict(row))
        self._ends.append(before)

    def undo(self) -> dict[str, Any] | None:
        """Take the last row back; None where there is none."""
        if not self.rows:
            return None
        self._cut(self._ends.pop())
        return self.rows.pop()

    def _cut(self, size: int) -> None:
        self._stream.seek(size)
        self._stream.truncate()
        self._sync()

    def _sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def __enter__(self) -> LabelFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()


class Unclear(Exception):
    """What was typed is no answer; the message says what is."""


def keys_of(labels: Sequence[str], *, several: bool = False) -> dict[str, str]:
    """A key for each of the first 33 labels: digits, then letters; none is another label's name.

    A label that is a digit is its own key. Where an answer is several labels, 0 stands for none of them.
    """
    names = {normal_text(label) for label in labels}
    free = iter([key for key in KEYS if key not in names and not (several and key == NOTHING[0])])
    pairs = [(name if (name := normal_text(label)) in tuple(KEYS[:10]) else next(free, ""), label) for label in labels]
    return {key: label for key, label in pairs if key}


def understood(task: Task, typed: str) -> Any:
    """The answer that was typed: a label, a list of labels, or a number.

    A label is told by its key, its name, the beginning or a part of its name, or nearly its name; case and width do not count.

    Args:
        task: classify or rate.
        typed: what was typed; several labels with commas between them, "0" for none.

    Raises:
        Unclear: it is no answer, or may be several.
    """
    text = typed.strip()
    if task.kind == "rate":
        try:
            return float(kind_of(task).parse_target(task, unicodedata.normalize("NFKC", text)))
        except ValueError as error:
            raise Unclear(f"{error}; a number from {task.low:g} to {task.high:g} is due") from None
    if not task.several:
        return label_of(task.labels, text)
    if normal_text(text) in NOTHING and normal_text(text) not in map(normal_text, task.labels):
        return []
    found = {label_of(task.labels, part, several=True) for part in re.split("[,，、;；|]", text) if part.strip()}
    if not found:
        raise Unclear("give labels with commas between them, or 0 for none")
    return [label for label in task.labels if label in found]


def label_of(labels: Sequence[str], typed: str, *, several: bool = False) -> str:
    """One label, see `understood`.

    Raises:
        Unclear: none, or several fit.
    """
    wanted = normal_text(typed)
    names = {normal_text(label): label for label in labels}
    if wanted in names:
        return names[wanted]
    keys = keys_of(labels, several=several)
    if wanted in keys:
        return keys[wanted]
    beginnings = [label for name, label in names.items() if wanted and name.startswith(wanted)]
    parts = [label for name, label in names.items() if wanted and wanted in name]
    for found in (beginnings, parts):
        if len(found) == 1:
            return found[0]
        if found:
            raise Unclear(f"{typed!r} may be {', '.join(found[:6])}")
    near = get_close_matches(wanted, names, n=2, cutoff=0.6)
    if len(near) == 1 or (len(near) == 2 and normal_text(near[0])[:1] == wanted[:1] != normal_text(near[1])[:1]):
        return names[near[0]]
    raise Unclear(f"{typed!r} may be {', '.join(names[name] for name in near)}" if near else f"{typed!r} is no label")

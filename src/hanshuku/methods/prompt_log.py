"""What a search of prompts keeps on disk: a line for each judgement, and the model's answers, so that a killed search goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import StorageError

JUDGED, ANSWERS = "prompt_search.jsonl", "calls.jsonl"


class PromptLog:
    """Two files of JSON lines in a run's folder; without a folder nothing is kept.

    Args:
        folder: it is made if it is not there.
        identity: what tells this search from another: a file of another one is begun anew.

    Raises:
        StorageError: the folder cannot be written.
    """

    def __init__(self, folder: Path | None, identity: Sequence[Any]) -> None:
        self.folder = folder
        self.known: dict[str, Any] = {}
        parts = [fingerprint(part) if isinstance(part, Encoded) else repr(part) for part in identity]
        self.identity = sha256("\n".join(parts).encode()).hexdigest()[:16]
        if folder is None:
            return
        lines = _whole_lines(folder / ANSWERS)
        if lines and lines[0].get("search") == self.identity:
            self.known = {key: value for line in lines[1:] for key, value in line.items()}
        self._write(JUDGED)
        self._write(ANSWERS, {"search": self.identity}, self.known)

    def remembered(self, way: Any, rows: Sequence[int]) -> dict[int, Any]:
        """The answers that a search before this one has got."""
        found = {i: self.known[key] for i in rows if (key := self._key(way, i)) in self.known}
        return {i: tuple(value) if isinstance(value, list) and isinstance(value[0], str) else np.array(value) for i, value in found.items()}

    def remember(self, way: Any, answers: Mapping[int, Any]) -> None:
        """Keep answers: (A,) numbers, a number, or (text, confidence)."""
        self._append(ANSWERS, {self._key(way, i): value.tolist() if isinstance(value, (np.ndarray, np.generic)) else list(value) for i, value in answers.items()})

    def judged(self, record: Mapping[str, Any]) -> None:
        """A line for one candidate and how it was judged."""
        self._append(JUDGED, record)

    def _key(self, way: Any, row: int) -> str:
        return sha256(json.dumps([asdict(way), row], ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:20]

    def _write(self, name: str, *lines: Mapping[str, Any]) -> None:
        """Begin a file anew with these lines."""
        self._put(name, "w", lines)

    def _append(self, name: str, line: Mapping[str, Any]) -> None:
        self._put(name, "a", [line])

    def _put(self, name: str, mode: str, lines: Sequence[Mapping[str, Any]]) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / name).open(mode, encoding="utf-8") as stream:
                stream.writelines(json.dumps(line) + "\n" for line in lines)
        except OSError as error:
            raise StorageError(f"{self.folder / name} cannot be written: {error.strerror}. Free some room or give another folder.") from error


def _whole_lines(file: Path) -> list[dict[str, Any]]:
    """The lines up to the first that a kill cut short."""
    found: list[dict[str, Any]] = []
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            found += [json.loads(line)]
    except (OSError, ValueError):
        return found
    return found

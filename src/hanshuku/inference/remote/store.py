"""What a server answered, kept on this machine, so that no answer is paid for twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hanshuku.data.disk import whole_file
from hanshuku.inference.remote.answers import Answer
from hanshuku.models.cache import cache_folder

FORMAT = 1  # of an entry; part of every key

def request_key(address: str, body: Mapping[str, Any]) -> str:
    """SHA-256 of a whole request: the address and every field of the body. No key of an account is in it."""
    plain = json.dumps([FORMAT, address, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


class Store:
    """Answers by request, one JSON file each, written whole or not at all; several processes may use it at once.

    The files hold answers, not questions, and only the user may read the folder.
    """

    def __init__(self) -> None:
        self.folder = cache_folder() / "remote"

    def get(self, key: str) -> Answer | None:
        """The answer to that request; None where there is none, or none that can be read."""
        try:
            found = json.loads(self._file(key).read_text(encoding="utf-8"))
            tokens = tuple((str(text), float(p), tuple((str(t), float(q)) for t, q in others)) for text, p, others in found.pop("tokens"))
            return Answer(**{**found, "tokens": tokens, "left_out": tuple(found["left_out"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        with suppress(OSError):  # what is wrong is said below
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(self._file(key)) as stream:
            stream.write(json.dumps(asdict(answer), ensure_ascii=False).encode())

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

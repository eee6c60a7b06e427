"""Files that appear whole or not at all, whatever moment a crash, a kill or a full disk comes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hanshuku.errors import StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream to a temporary file beside `path`, which takes that name once all is written and on the disk; folders are made.

    Raises:
        StorageError: the folder or the disk does not take it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}. What was there is untouched.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def flush(*places: Path) -> None:
    """Wait until files, or the names in folders, are on the disk."""
    for place in places:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

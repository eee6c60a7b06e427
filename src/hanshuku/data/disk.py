"""Files and folders that appear whole or not at all, whatever moment a crash, a kill or a full disk comes."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hanshuku.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


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


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` to write in, which takes that name, in the place of what stands there, once all is on the disk.

    Where the block fails, `path` is untouched. What a killed writer of the same folder left behind is removed.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    staged: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        staged = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}.", suffix=".tmp", dir=path.parent))
        staged.chmod(0o755)
        yield staged
        flush(*staged.rglob("*"), staged)  # the disk holds every file before the folder gets its name
        _put(staged, path)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(f"{path} could not be written: {error.strerror}. What was there is untouched.") from error
        raise
    except Exception as error:
        # safetensors and tokenizers report a full disk in exceptions of their own
        if any(word in str(error) for word in ("No space left", "os error 28", "File too large", "os error 27")):
            raise StorageError(f"{path} could not be written: {error}. What was there is untouched.") from error
        raise
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Remove what a writer of the same folder left when it was killed: staged folders of processes that are no more."""
    for litter in path.parent.glob(f".{path.name}.*.tmp*"):
        owner = litter.name.removeprefix(f".{path.name}.").split(".")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(litter, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _put(staged: Path, path: Path) -> None:
    """Give the staged folder its name; a folder that has the name already is swapped out in one step where Linux can."""
    if not path.exists():
        staged.rename(path)
        return
    if not _exchange(staged, path):
        old = staged.with_name(staged.name + ".old")
        path.rename(old)
        staged.rename(path)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders atomically (renameat2 with RENAME_EXCHANGE, Linux 3.15); False where that cannot be done."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    at_working_folder, exchange = -100, 2
    return call(at_working_folder, os.fsencode(one), at_working_folder, os.fsencode(other), exchange) == 0

"""Opening text files: gzip by content, the encoding found and verified over the whole file."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from hanshuku.errors import DataError

CHUNK = 1 << 20
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
MAGIC = (
    (b"PAR1", "a parquet file"), (b"PK\x03\x04", "a zip or Office file"), (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc)"),
    (b"%PDF", "a PDF"), (b"\x28\xb5\x2f\xfd", "compressed with zstd"), (b"BZh", "compressed with bzip2"), (b"\xfd7zXZ", "compressed with xz"),
    (b"7z\xbc\xaf", "a 7z archive"), (b"Rar!", "a rar archive"), (b"SQLite format 3", "an SQLite database"), (b"\x80\x04", "a pickle"),
    (b"ARROW1", "an Arrow file"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
)  # fmt: skip
_LEGAL = "Legal: UTF-8, UTF-16 and UTF-32 (with a byte-order mark), GB18030 (so GBK and GB2312), or the one that encoding= names"


@dataclass(frozen=True)
class TextFile:
    """A text file whose every byte is known to decode.

    Attributes:
        path: the file, plain or gzip.
        encoding: a codec name of Python.
    """

    path: Path
    encoding: str

    @contextmanager
    def open(self, newline: str | None = "") -> Iterator[io.TextIOWrapper]:
        """The text; `newline` as the built-in open takes it."""
        with open_bytes(self.path) as raw, io.TextIOWrapper(raw, encoding=self.encoding, newline=newline) as text:
            yield text


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its content is gzip.

    Raises:
        DataError: it cannot be opened, or the gzip stream is damaged.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.open(raw) as unpacked:
                yield cast("BinaryIO", unpacked)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"the gzip file is damaged or cut short ({error}). Fetch or pack it again.", str(path)) from error
    except PermissionError as error:
        raise DataError("the file may not be read: permission denied.", str(path)) from error


def text_file(path: Path, encoding: str | None) -> TextFile:
    """The file with its encoding, given or found; the whole file is decoded once to verify it.

    Raises:
        DataError: empty, not text, or not in the encoding; names the first line that is not.
    """
    with open_bytes(path) as raw:
        head = raw.read(CHUNK)
    if not head:
        raise DataError("the file is empty; a header and rows are due.", str(path))
    if encoding is not None:
        return _given(path, encoding, head)
    found = next((name for mark, name in BOMS if head.startswith(mark)), None) or _wide(head)
    if found is None:
        _refuse_binary(path, head)
    wrong = _first_wrong_line(path, found or "utf-8")
    if wrong is None:
        return TextFile(path, found or "utf-8")
    if found is None and _first_wrong_line(path, "gb18030") is None and _is_likely_chinese(path):
        return TextFile(path, "gb18030")
    kind = f"it begins as {found} but is not" if found else "it is neither UTF-8 nor GB18030"
    raise DataError(f"the bytes cannot be read as text: {kind}. {_LEGAL}{_guess(path)}.", str(path), wrong)


def _given(path: Path, encoding: str, head: bytes) -> TextFile:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise DataError(f"there is no encoding named {encoding!r}. {_LEGAL}.", str(path)) from None
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    wrong = _first_wrong_line(path, name)
    if wrong is not None:
        raise DataError(f"the bytes are not {encoding}, as encoding= says. Leave encoding= out to have it found.", str(path), wrong)
    return TextFile(path, name)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark, told by the zero bytes that every ASCII character has in it."""
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = min(len(head), 4096) // 2
    if half >= 4 and odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if half >= 4 and even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _refuse_binary(path: Path, head: bytes) -> None:
    kind = next((what for mark, what in MAGIC if head.startswith(mark)), None)
    if kind or b"\0" in head:
        raise DataError(f"this is {kind or 'not text (it has zero bytes)'}. Legal: csv, tsv, txt, jsonl, json, each plain or .gz; parquet, xlsx.", str(path))


def _first_wrong_line(path: Path, encoding: str) -> int | None:
    """1-based line of the first byte that does not decode; None where all do."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open_bytes(path) as raw:
        while True:
            chunk = raw.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return line + bytes(error.object[: error.start]).count(b"\n")
            except UnicodeError:  # utf-16 and utf-32 without a mark
                return line
            if not chunk:
                return None
            line += chunk.count(b"\n")


def _common_chinese() -> frozenset[str]:
    """The 3,755 commonest characters (GB2312 level 1) and the fullwidth marks and letters."""
    rows = [*range(0xA1, 0xA4), *range(0xB0, 0xD8)]
    return frozenset("".join(bytes([row, cell]).decode("gb2312", errors="ignore") for row in rows for cell in range(0xA1, 0xFF)))


def _is_likely_chinese(path: Path) -> bool:
    """Whether a file that decodes as GB18030 reads as Chinese: almost any bytes decode, but not to common characters."""
    common = _common_chinese()
    seen = known = 0
    with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding="gb18030") as text:
        while seen < 20_000 and (part := text.read(CHUNK)):
            wide = [char for char in part if not char.isascii()][:20_000]
            seen += len(wide)
            known += sum(char in common for char in wide)
    return known >= 0.7 * seen


def _guess(path: Path) -> str:
    """A hint at the likely encoding, for the message only: such a guess is often wrong."""
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return ""
    with open_bytes(path) as raw:
        best = from_bytes(raw.read(1 << 16)).best()
    return f". It may be {best.encoding}: try encoding={best.encoding!r} (on the command line --encoding {best.encoding})" if best else ""

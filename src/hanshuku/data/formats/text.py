"""txt: one text a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hanshuku.data.encodings import TextFile
from hanshuku.data.stream import Bad, Row, Source


def text_source(file: TextFile) -> Source:
    """The lines of a text file, column `text`."""
    return Source(str(file.path), partial(_rows, file))


def _rows(file: TextFile) -> Iterator[Row]:
    with file.open(newline="\n") as text:
        for number, line in enumerate(text, 1):
            cell = line.rstrip("\r\n")
            yield number, {"text": cell} if cell.strip() else Bad()

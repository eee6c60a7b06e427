"""txt: one text a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from hanshuku.data.encodings import TextFile
from hanshuku.data.notes import Note
from hanshuku.data.stream import Bad, Row, Source

LOOKED_AT = 200  # lines


def text_source(file: TextFile) -> Source:
    """The lines of a text file, column `text`. Lines that look like columns are noted."""
    with file.open(newline="\n") as text:
        tabs = {line.count("\t") for line in islice(text, LOOKED_AT) if line.strip()}
    if len(tabs) == 1 and 0 not in tabs:
        message = f"each line of {file.path} holds a tab: if those are columns, give format='tsv' and columns=['text', 'label']"
        return Source(str(file.path), partial(_rows, file), (Note("tabs", 0, message, str(file.path)),))
    return Source(str(file.path), partial(_rows, file))


def _rows(file: TextFile) -> Iterator[Row]:
    with file.open(newline="\n") as text:
        for number, line in enumerate(text, 1):
            cell = line.rstrip("\r\n")
            yield number, {"text": cell} if cell.strip() else Bad()

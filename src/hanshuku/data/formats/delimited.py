"""csv and tsv: rows with the line they begin on, also where a quoted cell spans lines. RFC 4180."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from hanshuku.data.encodings import TextFile
from hanshuku.data.notes import Note
from hanshuku.data.stream import Bad, Row, Source
from hanshuku.errors import ConfigError, DataError

DELIMITERS = (",", ";", "\t", "|")
NONE = "\x1f"  # stands for "one column": a mark that text does not hold
MAX_ROW_LINES = 5_000  # a row of more lines is a quote that was never closed
SAMPLE_LINES = 200
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", NONE: "nothing (one column)"}
csv.field_size_limit(1 << 30)  # a long text is legal; the default refuses 131,072 characters


class _Lines:
    """Feeds a csv reader line by line, remembers those of the row at hand, and can take them back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: list[str] = []
        self.row: list[str] = []
        self.number = 0  # of the last line given

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= MAX_ROW_LINES:
            raise csv.Error(f"the row would span more than {MAX_ROW_LINES} lines")
        line = self._back.pop() if self._back else next(self._lines)
        self.number += 1
        self.row.append(line)
        return line

    def take_back(self) -> None:
        """Give all lines of the row again, but the first."""
        self._back.extend(reversed(self.row[1:]))
        self.number -= len(self.row) - 1
        self.row.clear()


def records(lines: Iterable[str], delimiter: str, quoting: int = csv.QUOTE_MINIMAL) -> Iterator[tuple[int, list[str] | Bad]]:
    """The records of delimited text, each with the 1-based line it begins on. After a bad one, reading goes on at the next line."""
    feed = _Lines(lines)
    reader = csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
    while True:
        feed.row.clear()
        start = feed.number + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, Bad(_quote_trouble(str(error), len(feed.row)))
            feed.take_back()
            reader = csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]


def _quote_trouble(error: str, lines: int) -> str:
    span = f" within {lines} lines" if lines > 1 else ""
    return f'the quotes do not close ({error}{span}); a quote inside a quoted cell is written twice: ""'


def delimited_source(file: TextFile, delimiter: str | None, names: Sequence[str] | None) -> Source:
    """The rows of a csv or tsv file.

    Args:
        file: the text.
        delimiter: one character; None: found among comma, semicolon, tab and bar.
        names: columns of a file without a header line; None: the first row is the header.

    Raises:
        ConfigError: the delimiter is not one character.
        DataError: no header, or a name stands twice in it.
    """
    if delimiter is not None and len(delimiter) != 1:
        raise ConfigError(f"delimiter= is one character. Received: {delimiter!r}.")
    found = delimiter or _find_delimiter(file)
    quoting = csv.QUOTE_NONE if found == "\t" and not _is_quoted(file) else csv.QUOTE_MINIMAL
    header = list(names) if names else _header(file, found, quoting)
    note = Note("delimiter", 0, f"{file.path} is separated by {NAMES.get(found, repr(found))}", str(file.path))
    notes = (note,) if delimiter is None and found not in {",", NONE} and file.path.suffix != ".tsv" else ()
    return Source(str(file.path), partial(_rows, file, found, quoting, header, skip_first=not names), notes)


def _find_delimiter(file: TextFile) -> str:
    """The mark that the header has and that gives the most rows of the header's width; NONE where the header has none."""
    with file.open() as text:
        lines = list(islice(text, SAMPLE_LINES))
    scores = []
    for candidate in DELIMITERS:
        widths = [len(record) for _, record in records(lines, candidate) if not isinstance(record, Bad) and record]
        if widths and widths[0] > 1:
            scores.append((sum(width == widths[0] for width in widths) / len(widths), widths[0], candidate))
    if not scores:
        return NONE
    best = max(scores, key=lambda score: (round(score[0], 2), -DELIMITERS.index(score[2])))
    return best[2]


def _is_quoted(file: TextFile) -> bool:
    """Whether quotes in tab-separated text are marks around cells; much of it was written without any such rule.

    They are where some cell opens with one and every record closes its quotes and has the width of the first.
    """
    quoted, width = False, 0
    with file.open() as text:
        for line in text:
            quoted = quoted or line.startswith('"') or '\t"' in line
    if not quoted:
        return False
    with file.open() as text:
        for _, record in records(text, "\t"):
            if isinstance(record, Bad):
                return False
            width = width or len(record)
            if record and len(record) != width:
                return False
    return True


def _header(file: TextFile, delimiter: str, quoting: int) -> list[str]:
    with file.open() as text:
        for line, record in records(text, delimiter, quoting):
            if isinstance(record, Bad):
                raise DataError(f"the header cannot be read: {record.reason}.", str(file.path), line)
            if any(cell.strip() for cell in record):
                names = [cell.strip() or f"column{i}" for i, cell in enumerate(record, 1)]
                twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
                if twice is not None:
                    hint = "If the file has no header line, give the names: columns=['text', 'label']"
                    raise DataError(f"the header has column {twice!r} twice. {hint}.", str(file.path), line)
                return names
    raise DataError("the file holds only blank lines; a header and rows are due.", str(file.path))


def _rows(file: TextFile, delimiter: str, quoting: int, header: list[str], *, skip_first: bool) -> Iterator[Row]:
    width = len(header)
    with file.open() as text:
        for line, record in records(text, delimiter, quoting):
            if isinstance(record, Bad):
                yield line, record
            elif not record or not (width == 1 or any(cell.strip() for cell in record)):
                yield line, Bad()
            elif skip_first:
                skip_first = False
            elif len(record) != width:
                yield line, Bad(_width_trouble(record, header, delimiter))
            else:
                yield line, dict(zip(header, record, strict=True))


def _width_trouble(record: list[Any], header: list[str], delimiter: str) -> str:
    n = len(record)
    advice = f"; a cell that holds {delimiter!r} must stand in double quotes" if n > len(header) and delimiter != "\t" else ""
    return f"{n} cell{'s' if n != 1 else ''} where the header has {len(header)} ({', '.join(header[:6])}){advice}"

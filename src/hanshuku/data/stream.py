"""Stream: rows read lazily, as often as one likes, for what is larger than memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from hanshuku.data.examples import Examples
from hanshuku.data.notes import SHOWN_LINES, Note, of_source, shown_lines
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks.languages import language_called

BATCH = 1024  # rows
PEEK = 200  # rows looked at to learn the columns
SHORT = 64  # characters; shorter cells that repeat are kept once
MEMO = 100_000  # different short cells that are remembered


@dataclass(frozen=True)
class Bad:
    """A row, or a line, that holds no example.

    Attributes:
        reason: what was received and what is legal; "" for a blank line.
    """

    reason: str = ""


Row = tuple[int, "dict[str, Any] | Bad"]  # 1-based line, and what is there


@dataclass(frozen=True)
class Source:
    """A file, or another thing that holds rows, opened anew by each call of `rows`."""

    name: str  # the file, or "rows", "frame", "data set"
    rows: Callable[[], Iterator[Row]]
    notes: tuple[Note, ...] = ()  # what was found on opening: encoding, delimiter
    unit: str = "line"  # what a row's number counts


@dataclass
class _Tally:
    """What was met and left out while rows were read."""

    blank: list[tuple[int, int]] = field(default_factory=list)  # (file, line), the first few
    bad: list[tuple[int, int]] = field(default_factory=list)
    blanks: int = 0
    bads: int = 0
    reason: str = ""  # of the first bad row

    def notes(self, sources: tuple[Source, ...]) -> tuple[Note, ...]:
        notes = []
        for kind, count, seen, words in (
            ("blank_lines", self.blanks, self.blank, "blank"),
            ("bad_rows", self.bads, self.bad, "unreadable and left out"),
        ):
            if count:
                source, lines = sources[seen[0][0]], tuple(line for _, line in seen)
                where = shown_lines(lines, count, source.unit)
                verb = "is" if count == 1 else "are"
                noun = "line" if kind == "blank_lines" else "row"
                reason = f"; the first: {self.reason}" if kind == "bad_rows" else ""
                notes.append(Note(kind, count, f"{of_source(count, noun, source.name)} {verb} {words} ({where}{reason})", source.name, lines))
        return tuple(notes)


def _spread(row: dict[str, Any]) -> dict[str, Any]:
    """The row with a column a language where its translation is an object of languages, {"en": ..., "de": ...}, as data sets of a hub have it."""
    cell = row.get("translation")
    if type(cell) is not dict or len(cell) < 2 or not all(map(language_called, cell)):
        return row
    return {name: value for name, value in row.items() if name != "translation"} | cell


@dataclass(frozen=True, eq=False, repr=False)
class Stream:
    """Rows that are read from their file each time they are asked for; memory holds one batch.

    Attributes:
        sources: where the rows are.
        renames: column wanted -> column of the file.
        bad_rows: "error" or "skip", as `read` takes it.
    """

    sources: tuple[Source, ...]
    renames: Mapping[str, str] = field(default_factory=dict)
    bad_rows: str = "error"

    def __repr__(self) -> str:
        return f"Stream(from {', '.join(source.name for source in self.sources)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the first 200 rows."""
        return self.head(PEEK).names

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.batches():
            yield from batch

    def head(self, n: int) -> Examples:
        """The first n rows; the rest is not read.

        Raises:
            DataError: there is no row at all.
        """
        return next(self.batches(n))

    def read(self) -> Examples:
        """All rows, in memory.

        Raises:
            DataError: a row cannot be read (bad_rows="error"), or there is none.
        """
        return self._collect(self._numbered(), None)

    def batches(self, size: int = BATCH) -> Iterator[Examples]:
        """The rows, `size` at a time; the notes of a batch are of its own rows, those of opening are in the first.

        Raises:
            ConfigError: size < 1.
            DataError: a row cannot be read (bad_rows="error"), or there is none.
        """
        if size < 1:
            raise ConfigError(f"A batch has at least one row. Received: {size}.")
        numbered = self._numbered()
        batch = self._collect(numbered, size)
        yield batch
        while len(batch) == size:
            batch = self._collect(numbered, size, first=False)
            if len(batch) or batch.notes:
                yield batch

    def _numbered(self) -> Iterator[tuple[int, Row]]:
        return ((i, row) for i, source in enumerate(self.sources) for row in source.rows())

    def _collect(self, numbered: Iterator[tuple[int, Row]], size: int | None, *, first: bool = True) -> Examples:
        """Up to `size` rows, column by column; short cells that repeat are stored once."""
        tally = _Tally()
        memo: dict[str, str] = {}
        columns: dict[str, list[Any]] = {}
        begun: dict[str, int] = {}  # column -> rows before the first that had such a key
        lacking: dict[str, array[int]] = {}  # column -> later rows that had none
        lines, files = array("q"), array("i")
        for file, (line, row) in islice(self._good(numbered, tally), size):
            if row.keys() != columns.keys():
                new = {name: [None] * len(lines) for name in row if name not in columns}
                begun.update({name: len(lines) for name in new if lines})
                columns.update(new)
                for name in columns.keys() - row.keys():
                    lacking.setdefault(name, array("q")).append(len(lines))
            for name, cells in columns.items():
                cell = row.get(name)
                if type(cell) is str and len(cell) < SHORT and (len(memo) < MEMO or cell in memo):
                    cells.append(memo.setdefault(cell, cell))
                else:
                    cells.append(cell)
            lines.append(line)
            files.append(file)
        names = tuple(source.name for source in self.sources)
        if first and not lines:
            raise DataError(f"there is no row to read{'; all of them are unreadable: ' + tally.reason if tally.bads else ''}.", names[0])
        opening = tuple(note for source in self.sources for note in source.notes) if first else ()
        absent = {name: np.zeros(len(lines), bool) for name in {**begun, **lacking}}
        for name, missing in absent.items():
            missing[: begun.get(name, 0)] = True
            missing[lacking.get(name, [])] = True
        read = Examples(columns, np.array(lines, np.int64), np.array(files, np.int32), names, opening + tally.notes(self.sources), absent=absent)
        return read.rename(self.renames, strict=first)

    def _good(self, numbered: Iterator[tuple[int, Row]], tally: _Tally) -> Iterator[tuple[int, tuple[int, dict[str, Any]]]]:
        """The readable rows; the others are counted, or refused."""
        for file, (line, row) in numbered:
            if not isinstance(row, Bad):
                yield file, (line, _spread(row))
            elif not row.reason:
                tally.blanks += 1
                tally.blank = tally.blank if len(tally.blank) >= SHOWN_LINES else [*tally.blank, (file, line)]
            elif self.bad_rows == "skip":
                tally.bads += 1
                tally.reason = tally.reason or row.reason
                tally.bad = tally.bad if len(tally.bad) >= SHOWN_LINES else [*tally.bad, (file, line)]
            else:
                advice = 'Mend the row; or leave such rows out, counted: bad_rows="skip"; all of them are listed by `hanshuku check`.'
                raise DataError(f"{row.reason}. {advice}", self.sources[file].name, line)

"""Note: what was counted and said of data, as plain data. Nothing is dropped without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHOWN_LINES = 5  # lines that a note names
MEMORY = {"rows": "", "frame": " of the frame", "data set": " of the data set"}  # names of sources that are no files, and how a note ends of them


@dataclass(frozen=True)
class Note:
    """One thing that was noticed about the rows of a source.

    Attributes:
        kind: what it is, one word for programs: "bad_rows", "empty_rows", "repeated_rows", "unknown_labels", "encoding" ...
        count: how many rows or lines, >= 0.
        message: the same for people, in English.
        file: the file, or "" where the rows are not from one.
        lines: 1-based, the first few of them (at most 5).
    """

    kind: str
    count: int
    message: str
    file: str = ""
    lines: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The note as plain JSON data."""
        return {"kind": self.kind, "count": self.count, "message": self.message, "file": self.file, "lines": list(self.lines)}

    def __str__(self) -> str:
        return self.message


def shown_lines(lines: Iterable[int], count: int, unit: str = "line") -> str:
    """The first few lines in words: "line 3", "lines 3, 7, 9, 12, 15 ..."."""
    first = [str(line) for line, _ in zip(lines, range(SHOWN_LINES), strict=False)]
    more = " ..." if count > len(first) else ""
    return f"{unit if count == 1 else unit + 's'} {', '.join(first)}{more}"


def of_source(count: int, noun: str, source: str) -> str:
    """A count with its noun and where it is from: "2 rows of test.csv"; "2 rows" where they were given as a list."""
    return plural(count, noun) + MEMORY.get(source, f" of {source}")


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 row", "2 rows", "1,000 rows"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

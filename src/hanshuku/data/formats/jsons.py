"""json and jsonl: rows with their line; a JSON array is read piece by piece, so it may be larger than memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from typing import Any

from hanshuku.data.encodings import TextFile
from hanshuku.data.notes import Note
from hanshuku.data.stream import Bad, Row, Source
from hanshuku.errors import DataError

CHUNK = 1 << 20  # characters
MAX_VALUE = 1 << 26  # characters that one value may have
ROW_KEYS = ("data", "rows", "examples", "records", "train")  # keys of a JSON object that may hold the list of rows
_SPACE = " \t\r\n"


def jsonl_source(file: TextFile) -> Source:
    """The rows of a JSON Lines file: one object a line."""
    return Source(str(file.path), partial(_line_rows, file))


def json_source(file: TextFile, split: str | None) -> Source:
    """The rows of a JSON file: a list of objects, an object that holds such a list, or JSON Lines by another name.

    Args:
        file: the text.
        split: key of the list to read, where the object has several.
    """
    if is_lines(file):
        return Source(str(file.path), partial(_line_rows, file))
    return Source(str(file.path), partial(_array_rows, file, split), () if split else _part_read(file))


def _part_read(file: TextFile) -> tuple[Note, ...]:
    """Says that of an object with parts the one to learn from is read alone."""
    with file.open(newline="\n") as text, suppress(DataError):  # which reading the rows will say
        scanner = _Scanner(text, str(file.path))
        if scanner.peek() == "{" and _find_list(scanner, str(file.path), None) == "train":
            return (Note("split", 1, f"the list under 'train' of {file.path} is read; other parts of the file are not", str(file.path)),)
    return ()


def is_lines(file: TextFile) -> bool:
    """Whether the first line that is not blank is a JSON object by itself and another object, or nothing, follows."""
    with file.open(newline="\n") as text:
        given = (line for line in text if line.strip())
        first, second = next(given, ""), next(given, None)
    try:
        value = json.loads(first)
    except ValueError:
        return first.lstrip().startswith("{") and (second or "").lstrip().startswith("{")
    holds_rows = isinstance(value, dict) and any(isinstance(item, list) and item and isinstance(item[0], dict) for item in value.values())
    return isinstance(value, dict) and (second is not None or not holds_rows)


def _line_rows(file: TextFile) -> Iterator[Row]:
    with file.open(newline="\n") as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                yield number, Bad()
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                yield number, Bad(_trouble(line, error))
            except RecursionError:
                yield number, Bad("the JSON is nested too deeply")
            else:
                yield number, row if isinstance(row, dict) else Bad(_not_object(row))


def _trouble(line: str, error: ValueError) -> str:
    if line.lstrip().startswith("["):
        return 'the line opens a JSON list, and one object a line is due; for a file that is one list, give format="json"'
    return f"the line is not JSON ({error}); one object a line is due, such as {{\"text\": ..., \"label\": ...}}"


def _not_object(value: Any) -> str:
    names = {list: "a list", str: "a string", int: "a number", float: "a number", bool: "true or false", type(None): "null"}
    return f"the row is {names.get(type(value), 'not an object')}; an object is due, such as {{\"text\": ..., \"label\": ...}}"


class _Scanner:
    """Reads JSON values one after the other from text that need not fit in memory."""

    def __init__(self, text: TextIOWrapper, path: str) -> None:
        self._text, self._path = text, path
        self._buffer, self._at, self._done = "", 0, False
        self._decoder = json.JSONDecoder()
        self._line, self._counted = 1, 0  # line of the character at `_counted`

    def _refill(self) -> bool:
        self._count()
        part = self._text.read(max(CHUNK, len(self._buffer) - self._at))
        self._buffer, self._at, self._counted, self._done = self._buffer[self._at :] + part, 0, 0, not part
        return bool(part)

    def _count(self) -> None:
        self._line += self._buffer.count("\n", self._counted, self._at)
        self._counted = self._at

    def peek(self) -> str:
        """The next character that is not white space; "" at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._refill():
                return ""

    def number(self) -> int:
        """1-based line of the next character."""
        self.peek()
        self._count()
        return self._line

    def expect(self, mark: str) -> None:
        """Step over the mark.

        Raises:
            DataError: something else stands there.
        """
        found = self.peek()
        if found != mark:
            raise DataError(f"the JSON is broken: {mark!r} is due, not {found or 'the end of the file'!r}.", self._path, self.number())
        self._at += 1

    def value(self) -> Any:
        """The next value.

        Raises:
            DataError: it is not JSON, or has more than 67,108,864 characters.
        """
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                if self._done or len(self._buffer) - self._at > MAX_VALUE or not self._refill():
                    raise DataError(f"the JSON is broken ({error}).", self._path, self.number()) from error
                continue
            if end == len(self._buffer) and not self._done and self._refill():
                continue  # a number may go on in the next piece
            self._at = end
            return value

    def items(self) -> Iterator[tuple[int, Any]]:
        """The values of the list that begins here, each with its line."""
        self.expect("[")
        while self.peek() != "]":
            line = self.number()
            yield line, self.value()
            if self.peek() != "]":
                self.expect(",")
        self.expect("]")


def _array_rows(file: TextFile, split: str | None) -> Iterator[Row]:
    with file.open(newline="\n") as text:
        scanner = _Scanner(text, str(file.path))
        first = scanner.peek()
        if first == "{":
            _find_list(scanner, str(file.path), split)
        elif first != "[":
            raise DataError("this is not a JSON list of objects, nor an object that holds one.", str(file.path), scanner.number())
        for line, row in scanner.items():
            yield line, row if isinstance(row, dict) else Bad(_not_object(row))


def _find_list(scanner: _Scanner, path: str, split: str | None) -> str:
    """Step to the list of rows inside an object; its key."""
    wanted = (split,) if split else ROW_KEYS
    seen = []
    scanner.expect("{")
    while scanner.peek() != "}":
        key = scanner.value()
        scanner.expect(":")
        if key in wanted and scanner.peek() == "[":
            return str(key)
        seen.append(str(key))
        if scanner.peek() == "[":
            for _ in scanner.items():
                pass
        else:
            scanner.value()
        if scanner.peek() != "}":
            scanner.expect(",")
    raise DataError(f"the JSON object holds no list of rows under {' or '.join(map(repr, wanted))}. Received the keys: {', '.join(seen)}.", path)

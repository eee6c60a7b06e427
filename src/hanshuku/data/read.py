"""read: examples from a file, a folder, memory, or a hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from hanshuku.data.encodings import open_bytes, text_file
from hanshuku.data.examples import Examples
from hanshuku.data.formats.delimited import delimited_source
from hanshuku.data.formats.hub import HUB_NAME, hub_source
from hanshuku.data.formats.jsons import json_source, jsonl_source
from hanshuku.data.formats.memory import (
    choose_split,
    columns_source,
    data_set_source,
    frame_source,
    is_data_set,
    is_frame,
    list_source,
)
from hanshuku.data.formats.tables import parquet_source, xlsx_source
from hanshuku.data.formats.text import text_source
from hanshuku.data.notes import Note
from hanshuku.data.stream import Row, Source, Stream
from hanshuku.errors import ConfigError, DataError, UnknownName

SUFFIXES = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "txt", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
FORMATS = ("csv", "tsv", "txt", "jsonl", "json", "parquet", "xlsx")
SPLITS = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
_LEGAL = "Legal: .csv, .tsv, .txt, .jsonl, .json (each also .gz), .parquet, .xlsx, or say format="


@overload
def read(
    source: Any, *, columns: Mapping[str, str] | Sequence[str] | None = ..., format: str | None = ..., encoding: str | None = ...,
    delimiter: str | None = ..., split: str | None = ..., bad_rows: str = ..., stream: Literal[False] = ...,
) -> Examples: ...  # fmt: skip
@overload
def read(
    source: Any, *, columns: Mapping[str, str] | Sequence[str] | None = ..., format: str | None = ..., encoding: str | None = ...,
    delimiter: str | None = ..., split: str | None = ..., bad_rows: str = ..., stream: Literal[True],
) -> Stream: ...  # fmt: skip


def read(
    source: Any,
    *,
    columns: Mapping[str, str] | Sequence[str] | None = None,
    format: str | None = None,  # noqa: A002
    encoding: str | None = None,
    delimiter: str | None = None,
    split: str | None = None,
    bad_rows: str = "error",
    stream: bool = False,
) -> Examples | Stream:
    """Examples from whatever holds rows.

    Args:
        source: a file (csv, tsv, txt with one text a line, jsonl, json, parquet, xlsx; .gz of the text ones), a folder with
            train, validation or test files, a hub data set ("org/name"), a list of dicts or of texts, a dict of columns, a
            pandas frame, a `datasets` data set, Examples or a Stream.
        columns: a mapping, name wanted -> column of the file, such as {"text": "review", "label": "verdict"}; or, for csv,
            tsv and xlsx without a header, the list of the columns' names.
        format: one of FORMATS; None: by the file's suffix, else by its content.
        encoding: of a text file; None: found (UTF-8, byte-order marks, UTF-16, GB18030) and verified over the whole file.
        delimiter: of a csv file; None: found.
        split: which part of a folder, hub data set or JSON object; None: train, and it is noted.
        bad_rows: "error": an unreadable row is refused, by file and line; "skip": it is left out, counted and noted.
        stream: give a Stream, which reads lazily and may be larger than memory.

    Raises:
        DataError: the source cannot be read; names the file and the line.
        ConfigError: an argument is not legal.
        UnknownName: no such column, format or split.
        MissingExtra: the format needs a package that is not installed.
    """
    if bad_rows not in {"error", "skip"}:
        raise ConfigError(f"bad_rows= is 'error' or 'skip'. Received: {bad_rows!r}.")
    names = None if columns is None or isinstance(columns, Mapping) else _names(columns)
    renames = columns if isinstance(columns, Mapping) else {}
    if isinstance(source, (Examples, Stream)):
        return _again(source, renames, stream=stream)
    if isinstance(source, (str, Path)):
        sources = _located(str(source), names, format, encoding, delimiter, split, stream=stream)
    else:
        sources = [_held(source, split)]
        if format or encoding or delimiter or names:
            raise ConfigError("format=, encoding=, delimiter= and a list of columns are for files. Received rows that are in memory.")
    found = Stream(tuple(sources), renames, bad_rows)
    return found if stream else found.read()


def _names(columns: Sequence[str]) -> list[str]:
    if isinstance(columns, str) or not columns or len(set(columns)) != len(columns):
        raise ConfigError(f"columns= is a mapping such as {{'text': 'review'}}, or the names of a file without a header. Received: {columns!r}.")
    return [str(name) for name in columns]


def _again(source: Examples | Stream, renames: Mapping[str, str], *, stream: bool) -> Examples | Stream:
    """Examples and streams pass as they are, their columns renamed where that is asked."""
    if isinstance(source, Stream):
        renamed = Stream(source.sources, {**source.renames, **renames}, source.bad_rows)
        return renamed if stream else renamed.read()
    if not stream:
        return source.rename(renames)
    sources = tuple(Source(name, partial(_rows_of, source, i)) for i, name in enumerate(source.sources))
    return Stream((replace(sources[0], notes=source.notes), *sources[1:]), renames)


def _rows_of(examples: Examples, file: int) -> Iterator[Row]:
    for i in np.flatnonzero(examples.files == file).tolist():
        yield int(examples.lines[i]), examples.row(i)


def _held(source: Any, split: str | None) -> Source:
    """A source for what is in memory."""
    if is_data_set(source):
        return data_set_source(source, split)
    if split is not None:
        raise ConfigError(f"split= is for folders, JSON objects and data sets. Received split={split!r} with a {type(source).__name__}.")
    if is_frame(source):
        return frame_source(source)
    if isinstance(source, Mapping):
        return columns_source(source)
    if isinstance(source, Sequence) and not isinstance(source, (bytes, bytearray)):
        if not source:
            raise DataError("The list of rows is empty.")
        return list_source(source)
    raise DataError(
        f"Rows cannot be read from a {type(source).__name__}. Legal: a path, a hub name, a list of dicts, a dict of columns, a pandas "
        "frame, a `datasets` data set."
    )


def _located(
    source: str, names: list[str] | None, format: str | None, encoding: str | None, delimiter: str | None, split: str | None, *, stream: bool  # noqa: A002
) -> list[Source]:
    """Sources for a path or a hub name."""
    path = Path(source).expanduser()
    if path.is_dir():
        files, notes = _files_in(path, split)
        found = [_file_source(file, names, format, encoding, delimiter, None) for file in files]
        return [Source(found[0].name, found[0].rows, notes + found[0].notes, found[0].unit), *found[1:]]
    if path.exists():
        if not path.is_file():
            raise DataError("this is not a regular file.", source)
        return [_file_source(path, names, format, encoding, delimiter, split)]
    if HUB_NAME.fullmatch(source) and Path(source).suffix not in {*SUFFIXES, ".gz"} and not path.parent.is_dir():
        return [hub_source(source, split, stream=stream)]
    raise DataError(f"there is no such file.{_near(path)}", source)


def _near(path: Path) -> str:
    """The file of the same folder with the nearest name, as a hint."""
    from difflib import get_close_matches

    if not path.parent.is_dir():
        return f" There is no folder {str(path.parent)!r} either."
    here = "" if path.is_absolute() else f" Looked in {str(Path.cwd())!r}."
    close = get_close_matches(path.name, [each.name for each in path.parent.iterdir()], n=1)
    return f" Did you mean {str(path.with_name(close[0]))!r}?" if close else here


def _files_in(folder: Path, split: str | None) -> tuple[list[Path], tuple[Note, ...]]:
    """The files of one split in a folder; several where they are numbered parts."""
    splits: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        stem = re.sub(r"-\d+-of-\d+$", "", path.name.split(".")[0])
        name = next((key for key, stems in SPLITS.items() if stem in stems), stem)
        if path.is_file() and suffix_of(path) in SUFFIXES and (name in SPLITS or name == split):
            splits.setdefault(name, []).append(path)
    if not splits:
        raise DataError("this is a folder without train, validation or test files. Give one file, or a folder that has them.", str(folder))
    asked = next((key for key, stems in SPLITS.items() if split in stems), split)
    files, notes = choose_split(splits, asked, str(folder))
    numbered = all("-of-" in file.name for file in files)
    if len(files) > 1 and not numbered:
        raise DataError(f"the folder has several files for one split: {', '.join(file.name for file in files)}. Give one of them.", str(folder))
    return files, notes


def suffix_of(path: Path) -> str:
    """The suffix that tells the format, lower case: that before .gz."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")


def _file_source(path: Path, names: list[str] | None, format: str | None, encoding: str | None, delimiter: str | None, split: str | None) -> Source:  # noqa: A002
    """The source for one file."""
    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    kind = format or SUFFIXES.get(suffix_of(path)) or _by_content(path)
    if split is not None and kind != "json":
        raise ConfigError(f"split= is for folders, JSON objects and data sets. Received split={split!r} with the {kind} file {path}.")
    if names and kind not in {"csv", "tsv", "xlsx"}:
        raise ConfigError(f"A list of columns is for csv, tsv and xlsx without a header. Received one with the {kind} file {path}.")
    if delimiter is not None and kind not in {"csv", "tsv"}:
        raise ConfigError(f"delimiter= is for csv and tsv. Received: {delimiter!r} with the {kind} file {path}.")
    if path.stat().st_size == 0:
        raise DataError("the file is empty; rows are due.", str(path))
    if kind == "parquet":
        return parquet_source(path)
    if kind == "xlsx":
        return xlsx_source(path, names)
    file = text_file(path, encoding)
    if kind in {"csv", "tsv"}:
        found = delimited_source(file, delimiter or ("\t" if kind == "tsv" else None), names)
    else:
        found = {"txt": text_source, "jsonl": jsonl_source}[kind](file) if kind != "json" else json_source(file, split)
    if encoding is None and not file.encoding.startswith("utf-8"):
        note = Note("encoding", 0, f"{path} is read as {file.encoding.upper()}", str(path))
        return Source(found.name, found.rows, (note, *found.notes), found.unit)
    return found


def _by_content(path: Path) -> str:
    """The format of a file whose suffix does not tell.

    Raises:
        DataError: the content does not tell either.
    """
    if path.stat().st_size == 0:
        raise DataError("the file is empty; rows are due.", str(path))
    with open_bytes(path) as raw:
        head = raw.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        return "json"
    if start.startswith(b"{"):
        try:
            json.loads(start.split(b"\n")[0])
        except ValueError:
            return "json"
        return "jsonl"
    text_file(path, None)  # says so where it is not text at all
    raise DataError(f"the suffix {suffix_of(path)!r} does not tell the format. {_LEGAL}{', '.join(FORMATS)}.", str(path))

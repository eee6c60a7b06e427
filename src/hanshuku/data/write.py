"""write_rows: rows into a file that appears whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hanshuku.data.disk import whole_file
from hanshuku.errors import ConfigError

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv"}


def write_rows(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSON Lines, csv or tsv (by the suffix, each also .gz), UTF-8, and give their number.

    The rows go to a temporary file beside the target, which then takes its name: a crash, a full disk or an error in
    `rows` leaves what was there before. csv has the columns of the first row, and lists in it are JSON.

    Args:
        path: .jsonl, .csv or .tsv, or one of them with .gz.
        rows: what to write; taken one by one.

    Raises:
        ConfigError: another suffix, or a csv row with a column that the first has not.
        StorageError: the folder or the disk does not take it.
    """
    target = Path(path)
    plain = target.with_suffix("") if target.suffix == ".gz" else target
    kind = SUFFIXES.get(plain.suffix.lower())
    if kind is None:
        raise ConfigError(f"Rows are written as .jsonl, .csv or .tsv, each also .gz. Received: {target.name!r}.")
    with whole_file(target) as raw:
        packed = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if target.suffix == ".gz" else raw
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")  # type: ignore[type-var]
        count = _write_lines(text, rows) if kind == "jsonl" else _write_cells(text, rows, "\t" if kind == "tsv" else ",")
        text.detach()
        if packed is not raw:
            packed.close()  # writes gzip's tail; raw stays open
    return count


def _write_lines(text: io.TextIOWrapper, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        text.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def _write_cells(text: io.TextIOWrapper, rows: Iterable[Mapping[str, Any]], delimiter: str) -> int:
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    header: list[str] | None = None
    count = 0
    for count, row in enumerate(rows, 1):
        if header is None:
            header = list(row)
            writer.writerow(header)
        extra = [name for name in row if name not in header]
        if extra:
            raise ConfigError(f"Row {count} has the column {extra[0]!r}, which the first has not: {', '.join(header)}. Write .jsonl instead.")
        writer.writerow([_cell(row.get(name)) for name in header])
    return count


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict, tuple)) else "" if value is None else value

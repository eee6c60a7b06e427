"""write_rows: rows into a file that appears whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from hanshuku.data.disk import whole_file
from hanshuku.data.write_tables import write_parquet, write_xlsx
from hanshuku.errors import ConfigError

SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "tsv", ".txt": "txt", ".parquet": "parquet", ".xlsx": "xlsx"}
TABLES: Mapping[str, Callable[[BinaryIO, list[Mapping[str, Any]]], None]] = {"parquet": write_parquet, "xlsx": write_xlsx}
LEGAL = ".jsonl, .json, .csv, .tsv, .txt (each also .gz), .parquet or .xlsx"
Rows = Iterable[Mapping[str, Any]]


def write_rows(path: str | Path, rows: Rows, columns: Sequence[str] = ()) -> int:
    """Write rows in the format that the suffix says, texts in UTF-8, and give their number.

    The rows go to a temporary file beside the target, which then takes its name: a crash, a full disk or an error in
    `rows` leaves what was there before. A table has all columns, and lists in its cells are JSON; txt has one column, a text a line. In JSON a row
    has the keys that it has and no others, dates are ISO 8601, and what is no number (NaN) is null.

    Args:
        path: .jsonl, .json, .csv, .tsv, .txt, each also with .gz, .parquet or .xlsx.
        rows: what to write; taken one by one, but for parquet and xlsx.
        columns: of a table, where single rows may lack some; (): those of the first row.

    Raises:
        ConfigError: another suffix; a row of a table with a column that the first has not; a cell that the format cannot hold.
        MissingExtra: parquet and xlsx: pyarrow, openpyxl are not installed.
        StorageError: the folder or the disk does not take it.
    """
    target = Path(path)
    is_packed = target.suffix.lower() == ".gz"
    kind = SUFFIXES.get((target.with_suffix("") if is_packed else target).suffix.lower())
    if kind is None or (is_packed and kind in TABLES):
        raise ConfigError(f"Rows are written as {LEGAL}. Received: {target.name!r}.")
    if columns and kind not in {"jsonl", "json"}:
        rows = ({**dict.fromkeys(columns), **row} for row in rows)
    with whole_file(target) as raw:
        if kind in TABLES:
            held: list[Mapping[str, Any]] = list(_even(rows, is_flat=kind != "parquet"))
            TABLES[kind](raw, held)
            return len(held)
        packed = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if is_packed else raw
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")  # type: ignore[type-var]
        count = _write_cells(text, rows, "\t" if kind == "tsv" else ",") if kind in {"csv", "tsv"} else _write_lines(text, rows, kind)
        text.detach()
        if packed is not raw:
            packed.close()  # writes gzip's tail; raw stays open
    return count


def _write_lines(text: io.TextIOWrapper, rows: Rows, kind: str) -> int:
    """jsonl, json (a list, an object a line) and txt."""
    count, line_of = 0, _line if kind == "txt" else _json
    text.write("[\n" if kind == "json" else "")
    for count, row in enumerate(rows, 1):
        text.write((",\n" if kind == "json" and count > 1 else "") + line_of(row, count) + ("" if kind == "json" else "\n"))
    text.write("\n]\n" if kind == "json" else "")
    return count


def _write_cells(text: io.TextIOWrapper, rows: Rows, delimiter: str) -> int:
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    count = 0
    for count, row in enumerate(_even(rows), 1):
        if count == 1:
            writer.writerow(list(row))
        writer.writerow(["" if value is None else value for value in row.values()])
    return count


def _even(rows: Rows, *, is_flat: bool = True) -> Iterator[dict[str, Any]]:
    """Rows of a table: the columns of the first one; flat: lists and objects as JSON."""
    header: list[str] | None = None
    for count, row in enumerate(rows, 1):
        header = list(row) if header is None else header
        extra = [name for name in row if name not in header]
        if extra:
            raise ConfigError(f"Row {count} has the column {extra[0]!r}, which the first has not: {', '.join(header)}. Write .jsonl instead.")
        yield {name: _json(cell, count) if isinstance(cell := row.get(name), (list, dict, tuple)) and is_flat else cell for name in header}


def _line(row: Mapping[str, Any], count: int) -> str:
    """A row of txt."""
    cells = list(row.values())
    if len(cells) != 1 or (isinstance(cells[0], str) and len(cells[0].splitlines()) > 1):
        what = "a line break in its text" if len(cells) == 1 else f"the columns {', '.join(row)}"
        raise ConfigError(f".txt holds one text a line. Row {count} has {what}. Write .jsonl or .csv instead.")
    return str("" if cells[0] is None else cells[0])


def _json(value: Any, count: int) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # NaN or infinity, which JSON has not
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)
    except TypeError as error:
        raise ConfigError(f"Row {count} cannot be written as JSON: {error}.") from error


def _plain(value: Any) -> Any:
    """Dates and times as text, numbers of other libraries as Python's."""
    for name in ("isoformat", "tolist"):
        if hasattr(value, name):
            return getattr(value, name)()
    if type(value).__name__ == "Decimal":
        return str(value)
    raise TypeError(f"it holds a {type(value).__name__}")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

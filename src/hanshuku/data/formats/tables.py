"""parquet and xlsx: tables whose rows have a number."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hanshuku.data.notes import Note
from hanshuku.data.stream import Bad, Row, Source
from hanshuku.errors import DataError, MissingExtra


def parquet_source(path: Path) -> Source:
    """The rows of a parquet file, by row group.

    Raises:
        MissingExtra: pyarrow is not installed.
        DataError: the file is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("pyarrow", "train", "Reading parquet") from error
    try:
        pq.ParquetFile(path).close()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"the parquet file cannot be read: {_first_line(error)}.", str(path)) from error
    return Source(str(path), partial(_parquet_rows, path), unit="row")


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"the parquet file cannot be read: {_first_line(error)}.", str(path), number + 1) from error


def xlsx_source(path: Path, names: list[str] | None) -> Source:
    """The rows of the first sheet of an Excel file; the first row that is not blank is the header.

    Args:
        path: the file.
        names: the columns, where there is no header.

    Raises:
        MissingExtra: openpyxl is not installed.
        DataError: the file is damaged, has no header, or a name stands twice in it.
    """
    sheets, header = _look_into(path)
    columns = names or [str(cell).strip() if cell is not None else f"column{i}" for i, cell in enumerate(header, 1)]
    twice = next((name for i, name in enumerate(columns) if name in columns[:i]), None)
    if twice is not None:
        raise DataError(f"the header has column {twice!r} twice.", str(path), 1)
    more = f"{path} has {len(sheets)} sheets; the first, {sheets[0]!r}, is read"
    notes = (Note("sheets", len(sheets), more, str(path)),) if len(sheets) > 1 else ()
    return Source(str(path), partial(_xlsx_rows, path, columns, skip_first=names is None), notes, unit="row")


def _open(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("openpyxl", "train", "Reading xlsx") from error
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its zip and XML readers do
        raise DataError(f"the Excel file cannot be read: {_first_line(error)}. Legal: .xlsx; save .xls anew.", str(path)) from error


def _look_into(path: Path) -> tuple[list[str], list[Any]]:
    """Names of the sheets, and the first row of the first one that is not blank."""
    book = _open(path)
    try:
        sheet = book.worksheets[0]
        header = next((row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)), None)
        if header is None:
            raise DataError(f"the first sheet, {sheet.title!r}, is empty.", str(path))
        last = max(i for i, cell in enumerate(header) if cell is not None)
        return [each.title for each in book.worksheets], list(header[: last + 1])
    finally:
        book.close()


def _xlsx_rows(path: Path, columns: list[str], *, skip_first: bool) -> Iterator[Row]:
    book = _open(path)
    width = len(columns)
    try:
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            if all(cell is None for cell in cells):
                yield number, Bad()
            elif skip_first:
                skip_first = False
            elif any(cell is not None for cell in cells[width:]):
                yield number, Bad(f"{len(cells)} cells where the header has {width} ({', '.join(columns[:6])})")
            else:
                padded = [*cells[:width], *[None] * (width - len(cells))]
                yield number, dict(zip(columns, padded, strict=True))
    finally:
        book.close()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]

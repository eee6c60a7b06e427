"""parquet and xlsx, written."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, BinaryIO

from hanshuku.errors import ConfigError, MissingExtra

LONGEST = 32_767  # characters of a cell of Excel
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no file of Excel may hold them
Rows = Sequence[Mapping[str, Any]]


def write_parquet(raw: BinaryIO, rows: Rows) -> None:
    """A parquet file; a column of more than one type, such as numbers some of which were masked, becomes text.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("pyarrow", "train", "Writing parquet") from error
    columns = {}
    for name in rows[0] if rows else ():
        cells = [row[name] for row in rows]
        try:
            columns[name] = pa.array(cells)
            pq.write_table(pa.table({name: columns[name][:0]}), io.BytesIO())  # an object without fields cannot be written
        except pa.ArrowException:
            columns[name] = pa.array([None if cell is None else cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False, default=str) for cell in cells])
    pq.write_table(pa.table(columns), raw)


def write_xlsx(raw: BinaryIO, rows: Rows) -> None:
    """An Excel file with one sheet; a text stays a text, "=1+1" and "00123" too.

    Raises:
        MissingExtra: openpyxl is not installed.
        ConfigError: a text is longer than a cell may be.
    """
    try:
        import openpyxl
        from openpyxl.cell.cell import Cell, WriteOnlyCell
    except ImportError as error:
        raise MissingExtra("openpyxl", "train", "Writing xlsx") from error
    lines = [list(rows[0]), *([_held(value, number) for value in row.values()] for number, row in enumerate(rows, 1))] if rows else []
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        cells = [WriteOnlyCell(sheet, ILLEGAL.sub("\ufffd", value)) if isinstance(value, str) else value for value in line]
        for cell in cells:
            if isinstance(cell, Cell):
                cell.data_type = "s"  # and no formula
        sheet.append(cells)
    book.save(raw)


def _held(value: Any, row: int) -> Any:
    """What a cell of Excel holds: numbers, dates and times without a zone as they are, all else as text."""
    if value is None or (isinstance(value, (bool, int, float, date, time)) and getattr(value, "tzinfo", None) is None):
        return value
    if len(text := str(value)) > LONGEST:
        raise ConfigError(f"Row {row} has a text of {len(text):,} characters; a cell of Excel holds {LONGEST:,}. Write .jsonl, .csv or .parquet instead.")
    return text

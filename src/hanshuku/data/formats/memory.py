"""Rows that are in memory already: lists of dicts or of texts, pandas frames, `datasets` data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from hanshuku.data.notes import Note
from hanshuku.data.stream import Bad, Row, Source
from hanshuku.errors import DataError, UnknownName


def is_frame(thing: Any) -> bool:
    """Whether it is a pandas DataFrame; pandas is not imported to find out."""
    return _comes_from(thing, "pandas", "DataFrame")


def is_data_set(thing: Any) -> bool:
    """Whether it is a `datasets` Dataset, IterableDataset, or a dict of them."""
    return any(_comes_from(thing, "datasets", name) for name in ("Dataset", "IterableDataset", "DatasetDict", "IterableDatasetDict"))


def _comes_from(thing: Any, package: str, name: str) -> bool:
    return any(cls.__name__ == name and cls.__module__.split(".")[0] == package for cls in type(thing).__mro__)


def list_source(rows: Sequence[Any]) -> Source:
    """The rows of a list: dicts, or texts (column `text`). Numbers of rows are 1-based."""
    return Source("rows", partial(_list_rows, rows), unit="row")


def _list_rows(rows: Sequence[Any]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            yield number, {str(name): cell for name, cell in row.items()}
        elif isinstance(row, str):
            yield number, {"text": row}
        else:
            yield number, Bad(f"the row is of type {type(row).__name__}; a dict is due, such as {{'text': ..., 'label': ...}}")


def columns_source(columns: Mapping[Any, Any]) -> Source:
    """The rows of a dict of columns.

    Raises:
        DataError: a column is not a list, or they are not of one length.
    """
    odd = [name for name, cells in columns.items() if isinstance(cells, str) or not isinstance(cells, Sequence)]
    lengths = {} if odd else {str(name): len(cells) for name, cells in columns.items()}
    if odd or len(set(lengths.values())) != 1:
        shown = f"{odd[0]!r} is a {type(columns[odd[0]]).__name__}" if odd else ", ".join(f"{k}: {v}" for k, v in lengths.items()) or "none"
        raise DataError(f"A dict of columns needs lists of one length. Received: {shown}. One row alone goes into a list: [{{...}}].")
    names = list(lengths)
    return Source("rows", lambda: ((i, dict(zip(names, row, strict=True))) for i, row in enumerate(zip(*columns.values(), strict=True), 1)), unit="row")


def frame_source(frame: Any) -> Source:
    """The rows of a pandas frame; missing cells are None. Numbers of rows are 1-based positions."""
    return Source("frame", partial(_frame_rows, frame), unit="row")


def _frame_rows(frame: Any) -> Iterator[Row]:
    names = [str(name) for name in frame.columns]
    for start in range(0, len(frame), 4096):
        part = frame.iloc[start : start + 4096].astype(object)
        part = part.where(part.notna(), None)
        for number, cells in enumerate(part.itertuples(index=False, name=None), start + 1):
            yield number, dict(zip(names, cells, strict=True))


def data_set_source(data: Any, split: str | None, name: str = "data set") -> Source:
    """The rows of a `datasets` data set; class numbers become class names.

    Args:
        data: Dataset, IterableDataset, or a dict of them by split.
        split: which of the dict's; None: the only one, else "train", which is noted.
        name: what messages call it.

    Raises:
        UnknownName: no such split.
    """
    notes: tuple[Note, ...] = ()
    if isinstance(data, Mapping):
        data, notes = choose_split(data, split, name)
    casts = {column: cast for column, feature in (data.features or {}).items() if (cast := _class_names(feature))}
    return Source(name, partial(_data_set_rows, data, casts), notes, unit="row")


def choose_split(splits: Mapping[str, Any], split: str | None, name: str) -> tuple[Any, tuple[Note, ...]]:
    """The part of a data set that is asked for; train where nothing is, which is noted.

    Raises:
        UnknownName: no such split.
        DataError: nothing is asked for and there are several, none of them train.
    """
    if split is not None:
        if split not in splits:
            raise UnknownName("split", split, splits)
        return splits[split], ()
    if len(splits) == 1:
        return next(iter(splits.values())), ()
    if "train" not in splits:
        raise DataError(f"there are several splits; say which: split={next(iter(splits))!r}. Known: {', '.join(splits)}.", name)
    others = ", ".join(key for key in splits if key != "train")
    return splits["train"], (Note("split", len(splits), f"the split train of {name} is read; there are also {others}", name),)


def _class_names(feature: Any) -> Callable[[Any], Any] | None:
    """For a ClassLabel, or a list of them: numbers -> names. -1 stands for "no label" there."""
    inner = getattr(feature, "feature", None)
    if isinstance(feature, list) and feature:
        inner = feature[0]
    if inner is not None and (one := _class_names(inner)):
        return lambda cell: cell if cell is None else [one(item) for item in cell]
    names = getattr(feature, "names", None)
    if names is None or type(feature).__name__ != "ClassLabel":
        return None
    return lambda cell: names[cell] if isinstance(cell, int) and cell >= 0 else cell if isinstance(cell, str) else None


def _data_set_rows(data: Any, casts: Mapping[str, Callable[[Any], Any]]) -> Iterator[Row]:
    for number, row in enumerate(data, 1):
        yield number, {name: casts[name](cell) if name in casts else cell for name, cell in row.items()}

"""Rows as users give them: one text per input of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hanshuku.errors import DataError
from hanshuku.tasks import Task, kind_of
from hanshuku.tasks.base import well_formed

Row = str | Sequence[Any] | Mapping[str, Any]  # one text; one value an input; or input name -> value


def bind(task: Task, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """One text per input from the arguments of a call; a chat takes `tools` besides.

    Raises:
        DataError: an input is missing, superfluous or no text.
    """
    names, kind = task.inputs, kind_of(task)
    beside = {name: value for name, value in kwargs.items() if name in getattr(kind, "MORE_INPUTS", ()) and name not in names}
    kwargs = {name: value for name, value in kwargs.items() if name not in beside}
    given = dict(zip(names, args)) | dict(kwargs)  # noqa: B905 - counted below
    if len(args) > len(names) or len(args) + len(kwargs) != len(names) or set(given) != set(names):
        received = [*("a text" for _ in args), *kwargs]
        raise DataError(f"{task.name}() takes {' and '.join(names)}. Received: {', '.join(received) or 'nothing'}.")
    parse = getattr(kind, "parse_input", None)
    given = well_formed(given)
    for name, value in given.items():
        if parse is None and not isinstance(value, str):
            raise DataError(f"{task.name}() takes text for {name!r}. Received: {type(value).__name__}.")
        try:
            given[name] = value if parse is None else parse(task, name, value)
        except ValueError as error:
            raise DataError(f"{task.name}() cannot take this for {name!r}: {error}.") from None
    row = tuple(given[name] for name in names)
    try:
        return kind.shown_beside(row, well_formed(beside)) if beside else row
    except ValueError as error:
        raise DataError(f"{task.name}() cannot take this for {' and '.join(map(repr, beside))}: {error}.") from None

"""A typed Python signature -> Task: the return type is the output, the docstring the instruction."""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union

from hanshuku.errors import TaskError
from hanshuku.tasks.base import Range, Task

LEGAL = (
    "Legal return types: Literal['a', 'b'], an Enum, bool (one label); set[Literal[...]] or list[Literal[...]] (several "
    "labels); Annotated[float, hk.Range(low, high)] (a number)."
)


def task_of(function: Callable[..., Any], scope: Mapping[str, Any] | None = None) -> tuple[Task, Callable[[Any], Any]]:
    """The task that a signature states, and the cast from a prediction's output to the annotated type.

    Args:
        function: every parameter annotated `str`, one or two of them; the return type as LEGAL says. Its docstring is
            the instruction.
        scope: local names of the caller, where annotations are strings that name local types.

    Raises:
        TaskError: the signature is not one that can be learned; the message says what was received and what is legal.
    """
    try:
        hints = typing.get_type_hints(function, localns=dict(scope or {}), include_extras=True)
    except NameError as error:
        raise TaskError(f"The annotations of {function.__name__}() cannot be read: {error}. {LEGAL}") from error
    inputs = _inputs(function, hints)
    if "return" not in hints:
        raise TaskError(f"{function.__name__}() has no return type, so there is nothing to learn. {LEGAL}")
    settings, cast = _output(function.__name__, hints["return"])
    instruction = inspect.cleandoc(function.__doc__ or "")
    return Task(inputs=inputs, instruction=instruction, name=function.__name__, **settings), cast


def _inputs(function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[str, ...]:
    names = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} or hints.get(parameter.name) is not str:
            shown = hints.get(parameter.name, "no annotation")
            raise TaskError(
                f"{function.__name__}() may take one text or a pair of texts, each annotated `str`. Received: "
                f"parameter {parameter.name!r} with {getattr(shown, '__name__', shown)}."
            )
        names.append(parameter.name)
    if not 1 <= len(names) <= 2:
        raise TaskError(f"{function.__name__}() may take one text or a pair of texts. Received: {len(names)} parameters.")
    return tuple(names)


def _output(name: str, hint: Any) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Task fields and cast for a return type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in {set, frozenset, list, tuple} and args and args[-1] in (args[0], Ellipsis):
        settings, cast = _labels(name, args[0])
        return settings | {"several": True}, lambda output: origin(cast(label) for label in output)
    if origin is Annotated:
        ranges = [extra for extra in args[1:] if isinstance(extra, Range)]
        if args[0] in (float, int) and len(ranges) == 1:
            cast_number: Callable[[Any], Any] = round if args[0] is int else float
            return {"kind": "rate", "low": float(ranges[0].low), "high": float(ranges[0].high)}, cast_number
        return _output(name, args[0])
    if hint in (float, int):
        raise TaskError(f"{name}() returns {hint.__name__}; say its range: Annotated[float, hk.Range(0, 5)].")
    return _labels(name, hint)


def _labels(name: str, hint: Any) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Task fields and cast for one label."""
    args = typing.get_args(hint)
    if hint is bool:
        return {"kind": "classify", "labels": ("false", "true"), "returns": "bool"}, lambda output: output == "true"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        members = {str(member.value): member for member in hint}
        return {"kind": "classify", "labels": tuple(members)}, members.__getitem__
    if typing.get_origin(hint) is Literal and args:
        values = {str(value): value for value in args}
        kinds = {type(value) for value in args}
        if kinds in ({str}, {int}) and len(values) == len(args):
            return {"kind": "classify", "labels": tuple(values), "returns": kinds.pop().__name__}, values.__getitem__
    if typing.get_origin(hint) in {Union, types.UnionType}:
        raise TaskError(f"{name}() returns {hint}; a union is not one kind of answer. {LEGAL}")
    raise TaskError(f"{name}() returns {getattr(hint, '__name__', hint)}, which Hanshuku cannot learn. {LEGAL}")


def cast_of(task: Task) -> Callable[[Any], Any]:
    """The cast for a task that came without a signature (a verb, a file, a saved function)."""
    casts: dict[str, Callable[[Any], Any]] = {"bool": lambda label: label == "true", "int": int, "str": str}
    one = casts.get(task.returns, str)
    if task.kind != "classify":
        return float
    if task.several:
        return lambda output: {one(label) for label in output}
    return one

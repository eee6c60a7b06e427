"""The ways to state a function: a typed signature (`function`) or a verb (`classify`, `rate`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from hanshuku.errors import TaskError
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
from hanshuku.tasks.signature import task_of

P = ParamSpec("P")
R = TypeVar("R")


def function(signature: Callable[P, R]) -> Function[P, R]:
    """Make a function from a typed signature: the types are the task, the docstring is the instruction.

    Used as a decorator; the body is never run.

    Args:
        signature: one or two parameters annotated `str`; returns Literal, Enum, bool, set[Literal[...]] or
            Annotated[float, Range(low, high)].

    Raises:
        TaskError: the signature is not one that can be learned; the message says what is legal.
    """
    task, cast = task_of(signature, sys._getframe(1).f_locals)
    made: Function[P, R] = Function(task, cast=cast)
    made.__module__ = signature.__module__
    return made


def classify(
    labels: Sequence[str] | Mapping[str, str],
    *,
    instruction: str = "",
    several: bool = False,
    inputs: Sequence[str] = ("text",),
    name: str = "classify",
) -> Function[..., Any]:
    """Make a function that chooses a label, or several.

    Args:
        labels: at least two; a mapping gives each label a description that zero-shot methods read.
        instruction: what to do, in your words.
        several: an answer is a set of labels, which may be empty.
        inputs: names of its one or two texts.
        name: its Python name.

    Raises:
        TaskError: fewer than two labels, or one twice.
    """
    if isinstance(labels, str):
        raise TaskError(f"classify takes a list of labels. Received the text {labels!r}; did you mean {labels.split(',')}?")
    names, described = tuple(labels), tuple(labels.values()) if isinstance(labels, Mapping) else ()
    return Function(Task("classify", tuple(inputs), names, several, instruction=instruction, descriptions=described, name=name))


def rate(
    low: float, high: float, *, instruction: str = "", inputs: Sequence[str] = ("text",), name: str = "rate"
) -> Function[..., float]:
    """Make a function that gives a number from low to high.

    Args:
        low: least answer.
        high: greatest answer, above low.
        instruction: what to do, in your words.
        inputs: names of its one or two texts.
        name: its Python name.

    Raises:
        TaskError: not low < high.
    """
    return Function(Task("rate", tuple(inputs), low=float(low), high=float(high), instruction=instruction, name=name))

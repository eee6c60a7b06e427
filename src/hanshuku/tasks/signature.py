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
from hanshuku.tasks.outputs import Answer, Message, Ranking, Span
from hanshuku.tasks.schemas import is_structure, schema_text, structure_from

LEGAL = (
    "Legal return types: Literal['a', 'b'], an Enum, bool (one label); set[Literal[...]] or list[Literal[...]] (several "
    "labels); Annotated[float, hk.Range(low, high)] (a number); str (a text); list[hk.Span[Literal[...]]] (entities); hk.Answer "
    "or hk.Answer | None (from question and context); a pydantic model or a dataclass (an object); hk.Ranking (of candidates)."
)
Cast = Callable[[Any], Any]


def task_of(function: Callable[..., Any], scope: Mapping[str, Any] | None = None) -> tuple[Task, Callable[[Any], Any]]:
    """The task that a signature states, and the cast from a prediction's output to the annotated type.

    Args:
        function: every parameter annotated `str` (a conversation list[hk.Message], candidates list[str]), one or two of them,
            for a text as the answer any number; the return type as LEGAL says. Its docstring is the instruction.
        scope: local names of the caller, where annotations are strings that name local types.

    Raises:
        TaskError: the signature is not one that can be learned; the message says what was received and what is legal.
    """
    try:
        hints = typing.get_type_hints(function, localns=dict(scope or {}), include_extras=True)
    except NameError as error:
        raise TaskError(f"The annotations of {function.__name__}() cannot be read: {error}. {LEGAL}") from error
    if "return" not in hints:
        raise TaskError(f"{function.__name__}() has no return type, so there is nothing to learn. {LEGAL}")
    settings, cast = _output(function.__name__, hints["return"])
    names = list(inspect.signature(function).parameters)
    if settings.get("kind") == "generate" and [hints.get(name) for name in names] == [list[Message]]:
        settings["kind"] = "chat"
    inputs = _inputs(function, hints, settings["kind"])
    instruction = inspect.cleandoc(function.__doc__ or "")
    return Task(inputs=inputs, instruction=instruction, name=function.__name__, **settings), cast


def _inputs(function: Callable[..., Any], hints: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    names: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        due = list[Message] if kind == "chat" else list[str] if kind == "rank" and len(names) == 1 else str
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} or hints.get(parameter.name) != due:
            shown = hints.get(parameter.name, "no annotation")
            raise TaskError(
                f"{function.__name__}() may take one text or a pair of texts, each annotated `str`{TAKES.get(kind, '')}. Received: "
                f"parameter {parameter.name!r} with {getattr(shown, '__name__', shown)}."
            )
        names.append(parameter.name)
    least, most = {"answer": (2, 2), "rank": (2, 2), "tag": (1, 1), "chat": (1, 1), "generate": (1, 99), "extract": (1, 99)}.get(kind, (1, 2))
    if not least <= len(names) <= most:
        raise TaskError(f"{function.__name__}() may take one text or a pair of texts{TAKES.get(kind, '')}. Received: {len(names)} parameters.")
    return tuple(names)


TAKES = {
    "answer": "; for hk.Answer: (question: str, context: str)",
    "rank": "; for hk.Ranking: (query: str, candidates: list[str])",
    "tag": "; for hk.Span: one text",
    "chat": "; for a conversation: (messages: list[hk.Message])",
}


def _output(name: str, hint: Any) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    """Task fields and cast for a return type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    found = _language_out(name, hint)
    if found:
        return found
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


def _language_out(name: str, hint: Any) -> tuple[dict[str, Any], Cast] | None:
    """Task fields and cast for a return type whose values are no labels and no numbers; None where it is another."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is str:
        return {"kind": "generate"}, str
    if hint is Ranking:
        return {"kind": "rank"}, lambda output: output
    if hint is Answer:
        return {"kind": "answer"}, lambda output: output
    if origin in {Union, types.UnionType} and set(args) == {Answer, type(None)}:
        return {"kind": "answer", "optional": True}, lambda output: output or None
    if origin in {list, tuple} and args and (args[0] is Span or typing.get_origin(args[0]) is Span):
        label = typing.get_args(args[0])
        if not label or typing.get_origin(label[0]) is not Literal:
            raise TaskError(f"{name}() returns spans; say of which kinds: list[hk.Span[Literal['PER', 'ORG']]].")
        return {"kind": "tag", "labels": tuple(map(str, typing.get_args(label[0])))}, origin
    if isinstance(hint, type) and is_structure(hint):
        return {"kind": "extract", "schema": schema_text(hint)}, lambda output: structure_from(hint, output)
    return None


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
    if task.kind == "rate":
        return float
    if task.kind != "classify":
        return (lambda output: output or None) if task.optional else list if task.kind == "tag" else lambda output: output
    if task.several:
        return lambda output: {one(label) for label in output}
    return one

"""The ways to state a function: a typed signature (`function`) or a verb (`classify`, `rate`, `translate` ...)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from hanshuku.errors import TaskError
from hanshuku.functions.core import Function
from hanshuku.tasks import Answer, Ranking, Span, Task
from hanshuku.tasks.languages import LANGUAGES
from hanshuku.tasks.schemas import is_structure, schema_text, structure_from
from hanshuku.tasks.signature import task_of

P = ParamSpec("P")
R = TypeVar("R")


def function(signature: Callable[P, R]) -> Function[P, R]:
    """Make a function from a typed signature: the types are the task, the docstring is the instruction.

    Used as a decorator; the body is never run.

    Args:
        signature: parameters annotated `str`; returns Literal, Enum, bool, set[Literal[...]], Annotated[float, Range(low, high)],
            str, list[Span[Literal[...]]], Answer, a pydantic model or a dataclass, or Ranking.

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


def generate(instruction: str, *, inputs: Sequence[str] = ("text",), language: str = "", name: str = "generate") -> Function[..., str]:
    """Make a function that writes a text as the instruction says.

    Args:
        instruction: what to write, in your words.
        inputs: names of its texts.
        language: of the answer, "en", "zh", "de" ...; "" where it does not matter.
        name: its Python name.
    """
    return Function(Task("generate", tuple(inputs), instruction=instruction, language=language, name=name))


def translate(to: str, *, source: str = "", name: str = "translate") -> Function[..., str]:
    """Make a function that translates.

    Args:
        to: the language to translate into, as a code: "en", "zh", "de" ...
        source: the language to translate from; "" where it may be any.
        name: its Python name.

    Raises:
        TaskError: `to` is no code of two letters that is known.
    """
    for code in (to, source):
        if code and code not in LANGUAGES:
            raise TaskError(f"A language is one of {', '.join(LANGUAGES)}. Received: {code!r}.")
    words = f"Translate into {LANGUAGES[to]}." if not source else f"Translate from {LANGUAGES[source]} into {LANGUAGES[to]}."
    return Function(Task("translate", ("source",), instruction="请翻译成中文。" if to == "zh" else words, language=to, name=name))


def summarize(instruction: str = "", *, language: str = "", name: str = "summarize") -> Function[..., str]:
    """Make a function that sums up a text or a dialogue.

    Args:
        instruction: how, in your words; "" for the usual ones.
        language: of the summary; "" for that of the text.
        name: its Python name.
    """
    return Function(Task("summarize", ("document",), instruction=instruction, language=language, name=name))


def chat(system: str = "", *, language: str = "", name: str = "chat") -> Function[..., str]:
    """Make a function that gives the next turn of a conversation, a list of ``{"role": ..., "content": ...}``.

    Args:
        system: what the assistant is told before the conversation begins.
        language: of the answers; "" for that of the conversation.
        name: its Python name.
    """
    return Function(Task("chat", ("messages",), instruction=system, language=language, name=name))


def complete_code(instruction: str = "", *, name: str = "complete_code") -> Function[..., str]:
    """Make a function that writes a Python program from its description or its beginning.

    Args:
        instruction: how, in your words; "" for the usual ones.
        name: its Python name.
    """
    return Function(Task("complete_code", ("prompt",), instruction=instruction, name=name))


def answer(*, optional: bool = False, name: str = "answer") -> Function[..., Answer | None]:
    """Make a function that finds the answer to a question in a context: the stretch of characters that says it.

    Args:
        optional: the context may hold no answer; the function then gives None.
        name: its Python name.
    """
    return Function(Task("answer", ("question", "context"), optional=optional, name=name))


def tag(labels: Sequence[str] | Mapping[str, str], *, instruction: str = "", name: str = "tag") -> Function[..., list[Span[str]]]:
    """Make a function that finds entities in a text, as spans of characters.

    Args:
        labels: kinds of entities; a mapping describes each.
        instruction: what to do, in your words.
        name: its Python name.

    Raises:
        TaskError: no label, or one twice.
    """
    if isinstance(labels, str):
        raise TaskError(f"tag takes a list of labels. Received the text {labels!r}; did you mean {labels.split(',')}?")
    described = tuple(labels.values()) if isinstance(labels, Mapping) else ()
    return Function(Task("tag", ("text",), tuple(labels), instruction=instruction, descriptions=described, name=name))


def extract(structure: type[R] | Mapping[str, Any], *, instruction: str = "", name: str = "extract") -> Function[..., R]:
    """Make a function that reads an object out of a text. Its answers always fit the schema.

    Args:
        structure: a pydantic model, a dataclass, or a JSON schema of an object.
        instruction: what to do, in your words.
        name: its Python name.

    Raises:
        TaskError: there is no JSON schema for it.
    """
    task = Task("extract", ("text",), instruction=instruction, schema=schema_text(structure), name=name)
    cast = (lambda output: structure_from(structure, output)) if isinstance(structure, type) and is_structure(structure) else None
    return Function(task, cast=cast)


def rank(instruction: str = "", *, name: str = "rank") -> Function[..., Ranking]:
    """Make a function that puts candidates in the order of how well they fit a query.

    Args:
        instruction: what fits, in your words.
        name: its Python name.
    """
    return Function(Task("rank", ("query", "candidates"), instruction=instruction, name=name))

"""The types that functions return or take besides text, numbers and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

L = TypeVar("L", bound=str)


@dataclass(frozen=True)
class Span(Generic[L]):
    """A stretch of the input text with a label: ``list[hk.Span[Literal["PER", "ORG"]]]`` is a function that tags.

    Attributes:
        start: first character, from 0.
        end: the character behind the last.
        label: kind of entity.
        text: the characters themselves, ``text[start:end]`` of the input.
        confidence: probability that the span and its label are right, 0..1; None where the model cannot say.
    """

    start: int
    end: int
    label: L
    text: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Answer:
    """A stretch of the context that answers a question.

    Attributes:
        text: the answer, as it stands in the context; "" where there is none.
        start: first character in the context, from 0; -1 where there is none.
        end: the character behind the last; -1 where there is none.
    """

    text: str
    start: int = -1
    end: int = -1

    def __bool__(self) -> bool:
        """Whether there is an answer."""
        return bool(self.text)


@dataclass(frozen=True)
class Ranking:
    """Candidates in the order of how well they fit the query.

    Attributes:
        order: positions of the candidates, best first.
        candidates: the candidates in that order.
        scores: one a candidate, in that order; greater is better.
    """

    order: tuple[int, ...]
    candidates: tuple[str, ...]
    scores: tuple[float, ...]


class Message(TypedDict):
    """A turn of a conversation: ``{"role": "system" | "user" | "assistant", "content": "..."}``."""

    role: str
    content: str

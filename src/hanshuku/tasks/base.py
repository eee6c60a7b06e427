"""Task and Prediction: the plain data that every other floor speaks about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from hanshuku.errors import TaskError


@dataclass(frozen=True)
class Range:
    """The numbers a `rate` function may return: ``Annotated[float, Range(0, 5)]``.

    Args:
        low: least value, finite.
        high: greatest value, finite, above low.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (float("-inf") < self.low < self.high < float("inf")):
            raise TaskError(f"Range needs finite numbers low < high. Received: low={self.low}, high={self.high}.")


@dataclass(frozen=True)
class Task:
    """What a function does. All that is known of a task is here, and nowhere else.

    A task is plain data: it can be compared, hashed, printed and written as JSON.
    """

    kind: str  # "classify", "rate", "generate" ...; the names in tasks.KINDS
    inputs: tuple[str, ...] = ("text",)  # names of the inputs, in order; two make a pair
    labels: tuple[str, ...] = ()  # classify: the legal answers, at least two, in a fixed order; tag: the kinds of entities
    several: bool = False  # classify: an answer is a set of labels (multi-label), may be empty
    low: float = 0.0  # rate: least answer
    high: float = 1.0  # rate: greatest answer
    instruction: str = ""  # what to do, in the user's words; the docstring of a decorated function
    descriptions: tuple[str, ...] = ()  # one a label, parallel to labels; () where the labels speak for themselves
    name: str = "function"  # the Python name of the function
    returns: str = "str"  # classify: what a label is cast to: "str", "bool", "int"
    language: str = ""  # of a text that is the answer: "en", "zh", "de" ...; "" where it is not known
    optional: bool = False  # answer: the context may hold none
    schema: str = ""  # extract: the JSON schema of the answer, as JSON text

    def __post_init__(self) -> None:
        if not self.inputs or len(set(self.inputs)) != len(self.inputs):
            raise TaskError(f"A task needs at least one input and no name twice. Received inputs: {self.inputs}.")
        if self.kind == "classify":
            if len(self.labels) < 2 and not (self.several and self.labels):
                raise TaskError(f"To classify, give at least two labels. Received: {self.labels}.")
            if len(set(self.labels)) != len(self.labels):
                raise TaskError(f"Each label may stand once. Received: {self.labels}.")
        if self.kind == "rate":
            Range(self.low, self.high)
        if self.kind == "tag" and (not self.labels or len(set(self.labels)) != len(self.labels)):
            raise TaskError(f"To tag, give at least one kind of entity, none twice. Received: {self.labels}.")
        if self.kind == "extract" and not self.schema:
            raise TaskError("To extract, give a schema: a pydantic model, a dataclass or a JSON schema of an object.")
        if self.descriptions and len(self.descriptions) != len(self.labels):
            raise TaskError(f"Give one description a label ({len(self.labels)}). Received: {len(self.descriptions)}.")

    @property
    def is_pair(self) -> bool:
        """Whether the function reads two texts."""
        return len(self.inputs) == 2

    @property
    def label_texts(self) -> tuple[str, ...]:
        """One text a label that a model can read: the description, else the label with its underscores spaced."""
        spaced = (label.replace("_", " ").replace("-", " ").strip() or label for label in self.labels)
        return self.descriptions or tuple(spaced)

    def to_json(self) -> dict[str, Any]:
        """The task as plain JSON data; `from_json` gives it back equal."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """The task that `to_json` wrote.

        Raises:
            TaskError: a field is missing, unknown or illegal.
        """
        unknown = set(data) - {f.name for f in fields(cls)}
        if unknown or "kind" not in data:
            raise TaskError(f"This is not a task: unknown fields {sorted(unknown)}, kind {data.get('kind')!r}.")
        plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return cls(**plain)


@dataclass(frozen=True)
class Prediction:
    """An output with its confidence.

    Attributes:
        output: what the task's kind says: a label, a tuple of labels in the task's order, a float, a text, an Answer, Spans ...; None where
            the function refuses to answer.
        confidence: probability that the output is right, 0..1, as the model estimates it; None where it cannot say.
        scores: classify: a probability for each label; of other kinds empty.
        reason: why it refuses: "unsure", "out_of_scope", or what its guard says ("input: personal data (email)"); "" where it answers.
        label_set: where the function was calibrated for a coverage: labels, the likeliest first, that hold the right one that often.
    """

    output: Any
    confidence: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    label_set: tuple[str, ...] | None = None

    @property
    def label(self) -> Any:
        """The output, of a function that gives labels; None where it refuses."""
        return self.output

    def __repr__(self) -> str:
        shown = ", ".join(f"{k!r}: {v:.2f}" for k, v in sorted(self.scores.items(), key=lambda kv: -kv[1])[:3])
        more = ", ..." if len(self.scores) > 3 else ""
        confidence = "None" if self.confidence is None else f"{self.confidence:.2f}"
        held = "" if self.label_set is None else f", label_set={self.label_set!r}"
        return f"Prediction({self.output!r}, confidence={confidence}, scores={{{shown}{more}}}{f', reason={self.reason!r}' if self.reason else ''}{held})"

    def to_json(self) -> dict[str, Any]:
        """``{"output": ..., "confidence": ..., "scores": {...}}``, as `call --json` and the server print it.

        A refusal has the output null (of a guarded function that writes texts: its sentence) and a "reason"; "label_set" is there where the function makes such sets.
        """
        found = {"output": plain(self.output), "confidence": self.confidence, "scores": dict(self.scores)}
        return found | ({"reason": self.reason} if self.reason else {}) | ({} if self.label_set is None else {"label_set": list(self.label_set)})


def plain(value: Any) -> Any:
    """Dataclasses as dicts, sets and tuples as lists, all else as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return [plain(item) for item in value] if isinstance(value, (set, frozenset, tuple, list)) else value


HALF = re.compile("[\ud800-\udfff]")  # half of a pair of UTF-16 units, which is no character


def well_formed(value: Any) -> Any:
    """A value in whose texts halves of characters, which JSON can bring and no tokenizer reads, are U+FFFD; all places stay."""
    if isinstance(value, str):
        return value if value.isascii() else HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: well_formed(part) for key, part in value.items()}
    return type(value)(map(well_formed, value)) if type(value) in (list, tuple) else value


def objects(items: Sequence[Any]) -> np.ndarray:
    """(N,) array of any Python objects; numpy by itself would spread tuples of one length over a second axis."""
    found = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        found[i] = item
    return found

"""What a guard is told: plain data, kept in function.json, but for functions and Python code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hanshuku.errors import ConfigError
from hanshuku.safety.folded import fold
from hanshuku.safety.masking import STYLES
from hanshuku.safety.pii import KINDS
from hanshuku.tasks import Task

SIDES = ("input", "output")
ACTIONS = ("mask", "block")
_BAD = re.compile(r"toxic|hate|hateful|offens|abus|insult|threat|obscene|harass|violen|unsafe|harmful|有害|辱骂|仇恨|攻击|侮辱|威胁|违规|不文明|attack|injection|jailbreak|攻击性|注入", re.IGNORECASE)
_GOOD = re.compile(r"^(?:not?|non|un|in)[ _-]|harmless|inoffensive|clean|^normal|^safe|无害|正常|文明$|^非|^不", re.IGNORECASE)


class Judge(Protocol):
    """A function that classifies: a learned Function is one."""

    task: Task

    def predict_rows(self, rows: Sequence[tuple[str, ...]]) -> Sequence[Any]:
        """One prediction a row."""
        ...


def _check_sides(sides: Sequence[str]) -> None:
    if not sides or isinstance(sides, str) or set(sides) - set(SIDES):
        raise ConfigError(f"sides is some of {SIDES}. Received: {sides!r}.")


@dataclass(frozen=True)
class Pii:
    """What is done with personal data."""

    action: str = "mask"  # or "block": the row is refused
    style: str = "label"  # see masking.STYLES
    put_back: bool = False  # style "placeholder": what the user wrote is put back into the answer
    kinds: tuple[str, ...] = KINDS  # what is looked for
    sides: tuple[str, ...] = SIDES  # where
    allow: tuple[str, ...] = ()  # texts that are never masked; "*@example.com": all that end so

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ConfigError(f"What is done with personal data is one of {', '.join(ACTIONS)}. Received: {self.action!r}.")
        if self.style not in STYLES:
            raise ConfigError(f"A style of masking is one of {', '.join(STYLES)}. Received: {self.style!r}.")
        if self.put_back and self.style != "placeholder":
            raise ConfigError(f"Only placeholders can be put back: style='placeholder'. Received: style={self.style!r}.")
        if wrong := [kind for kind in self.kinds if kind not in KINDS]:
            raise ConfigError(f"Kinds of personal data: {', '.join(KINDS)}. Received: {wrong[0]!r}.")
        _check_sides(self.sides)


@dataclass(frozen=True)
class Toxicity:
    """A function that tells what is toxic, and when a text is refused for it.

    Args:
        function: classifies one text.
        labels: the labels for which a text is refused; (): those whose names say so ("toxic", "hate", "true", 有害 ...).
        at_least: probability of those labels together (several labels: of the likeliest) from which a text is refused, above 0 to 1.
        sides: where it is asked.
    """

    function: Judge
    labels: tuple[str, ...] = ()
    at_least: float = 0.5
    sides: tuple[str, ...] = SIDES

    def __post_init__(self) -> None:
        task = getattr(self.function, "task", None)
        if task is None or task.kind != "classify" or len(task.inputs) != 1:
            raise ConfigError(f"A function that tells what is toxic classifies one text. Received: {getattr(task, 'kind', type(self.function).__name__)}.")
        if unknown := set(self.labels) - set(task.labels):
            raise ConfigError(f"The function's labels are {', '.join(task.labels)}. Received: {min(unknown)!r}.")
        if not 0 < self.at_least <= 1:
            raise ConfigError(f"at_least is a probability above 0, at most 1. Received: {self.at_least}.")
        _check_sides(self.sides)
        if not self.labels:
            object.__setattr__(self, "labels", bad_labels(task))

    def scores(self, texts: Sequence[str]) -> list[tuple[float, str]]:
        """For each text the probability of the labels together, and the likeliest of them."""
        found = []
        for prediction in self.function.predict_rows([(text,) for text in texts]) if texts else ():
            held = {label: float(prediction.scores.get(label, 0.0)) for label in self.labels}
            best = max(held, key=lambda label: held[label])
            found.append((held[best] if self.function.task.several else min(1.0, sum(held.values())), best))
        return found


def bad_labels(task: Task) -> tuple[str, ...]:
    """The labels whose names say that a text is refused.

    Raises:
        ConfigError: none or all do.
    """
    found = tuple(label for label in task.labels if (_BAD.search(label) and not _GOOD.search(label)) or (task.returns == "bool" and label == "true"))
    if not found or (len(found) == len(task.labels) and not task.several):
        raise ConfigError(f"Which of the labels {', '.join(task.labels)} mean that a text is refused? Say so: Toxicity(function, labels=(...)).")
    return found


@dataclass(frozen=True)
class Rule:
    """A rule of the user's own: words, a pattern or Python code; exactly one of them.

    Args:
        name: what it is counted and explained under.
        words: words or phrases; case, width and look-alikes do not matter; Latin ones only as whole words.
        pattern: a regular expression.
        call: text -> whether it is refused; a text says why. It cannot be saved.
        action: "block": the row is refused; "mask": what was found becomes [NAME].
        sides: where it holds.
    """

    name: str
    words: tuple[str, ...] = ()
    pattern: str = ""
    call: Callable[[str], Any] | None = None
    action: str = "block"
    sides: tuple[str, ...] = SIDES

    def __post_init__(self) -> None:
        if isinstance(self.words, str) or sum([bool(self.words), bool(self.pattern), self.call is not None]) != 1 or not self.name:
            raise ConfigError(f"A rule has a name and one of words=(...), pattern='...' and call=function. Received: {self!r}.")
        if self.action not in ACTIONS or (self.call is not None and self.action == "mask"):
            raise ConfigError(f"A rule's action is 'block', or, of words and patterns, 'mask'. Received: {self.action!r}.")
        _check_sides(self.sides)
        try:
            object.__setattr__(self, "_form", re.compile(self.pattern or "|".join(map(_word, self.words)), 0 if self.pattern else re.IGNORECASE))
        except re.error as error:
            raise ConfigError(f"The pattern of the rule {self.name!r} is no regular expression: {error}.") from None

    def find(self, text: str) -> list[tuple[int, int]]:
        """The stretches of a text that words or a pattern hit."""
        if self.call is not None:
            return []
        folded = fold(text)
        return [folded.span(*match.span()) for match in self._form.finditer(folded.text) if match.end() > match.start()]  # type: ignore[attr-defined]

    def hits(self, text: str) -> str:
        """Why a text is refused; "" where it is not."""
        if self.call is None:
            return self.name if self.find(text) else ""
        said = self.call(text)
        return f"{self.name}: {said}" if isinstance(said, str) and said else self.name if said else ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data.

        Raises:
            ConfigError: it is Python code.
        """
        if self.call is not None:
            raise ConfigError(f"The rule {self.name!r} is Python code, which is not saved. Write it as words or a pattern, or guard the function after it is loaded.")
        return {"name": self.name, "words": list(self.words), "pattern": self.pattern, "action": self.action, "sides": list(self.sides)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rule:
        """The rule that `to_json` wrote."""
        return cls(data["name"], tuple(data["words"]), data["pattern"], None, data["action"], tuple(data["sides"]))


def _word(word: str) -> str:
    inner = r"\s+".join(map(re.escape, fold(word).text.split()))
    return (r"(?<![0-9A-Za-z_])" if word[:1].isascii() else "") + inner + (r"(?![0-9A-Za-z_])" if word[-1:].isascii() else "")


def rule_of(given: Any) -> Rule:
    """A rule from what a user gives: a Rule, a word or phrase, a compiled regular expression, a function of a text, or the JSON data of a rule.

    Raises:
        ConfigError: it is none of them.
    """
    if isinstance(given, Rule):
        return given
    if isinstance(given, str) and given.strip():
        return Rule(given.strip(), words=(given.strip(),))
    if isinstance(given, re.Pattern):
        flags = "".join(letter for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL)) if given.flags & flag)
        return Rule(given.pattern, pattern=f"(?{flags}){given.pattern}" if flags else given.pattern)
    if callable(given):
        return Rule(getattr(given, "__name__", "rule"), call=given)
    if isinstance(given, Mapping) and "name" in given:
        sides = given.get("sides", SIDES)
        return Rule(given["name"], tuple(given.get("words", ())), given.get("pattern", ""), None, given.get("action", "block"), tuple(sides))
    raise ConfigError(f"A rule is a word, a compiled regular expression, a function of a text or a Rule. Received: {given!r}.")

"""Explanation: what each word of a row did to an answer, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.language import language_of
from hanshuku.explain.remarks import Remark
from hanshuku.explain.words import Word
from hanshuku.tasks.base import plain

if TYPE_CHECKING:
    from rich.console import Console

LOG_ODDS, SCORE, NATS = "log-odds", "score", "nats"  # units of a rating are those of its task: SCORE
TINY = 1e-30  # least probability of a softmax in float32 that is told from 0
EDGE = 1e-6  # the same of a sigmoid, at both ends


@dataclass(frozen=True)
class Contribution:
    """A word with its weight: above 0 it speaks for what is explained, below 0 against it; ``inputs[part][start:end]`` is the word."""

    part: int  # which of the task's inputs, from 0
    start: int  # first character
    end: int  # the character behind the last
    text: str
    weight: float  # in the explanation's unit


@dataclass(frozen=True)
class Share:
    """What the words of a row did to one label, or to one answer.

    Attributes:
        score: of the whole row, in the explanation's unit.
        base: of the row without any of its words, or of what the method compares with.
        weights: one a word.
    """

    score: float
    base: float
    weights: tuple[float, ...]

    @property
    def gap(self) -> float:
        """What the weights leave unexplained: score - base - their sum. About 0 for SHAP and integrated gradients; occlusion and LIME promise no sum."""
        return self.score - self.base - sum(self.weights)


@dataclass(frozen=True)
class Neighbour:
    """A labelled row that the function may have learned from, and what it has to do with the answer.

    Attributes:
        row: position among the rows given, from 0.
        inputs: one text per input.
        target: its label or number.
        similarity: cosine of what the function reads of both rows, -1..1.
        influence: how far one step of learning on that row, at a rate of 1, moves the score explained; None where the function has no
            head that could tell (TracIn on the last layer, Pruthi et al. 2020, arXiv 2002.08484, sections 3.4 and 4.1).
        why: "near", "for" or "against".
        line: of the file that the row came from; 0: of none.
    """

    row: int
    inputs: tuple[str, ...]
    target: Any
    similarity: float
    influence: float | None
    why: str
    line: int = 0


@dataclass(frozen=True)
class Explanation:
    """Why a function answered a row as it did.

    Attributes:
        names: of the task's inputs.
        inputs: the row, one text per input.
        output: what was answered.
        label: what is explained: a label; "" for a number or a text; an entity or an answer with its place.
        method: "integrated_gradients", "occlusion", "shap" or "lime".
        unit: of scores and weights: "log-odds" (of the label against all others), "score" (the number itself) or "nats" (of the
            log-probability of the text that was written).
        spans: the words that have weights, in their order.
        shares: what is explained, by name; `label` is among them.
        neighbours: labelled rows, where some were given.
        notes: what a reader should know; `str` of one is English, `text("zh")` Chinese.
    """

    names: tuple[str, ...]
    inputs: tuple[str, ...]
    output: Any
    label: str
    method: str
    unit: str
    spans: tuple[Word, ...]
    shares: Mapping[str, Share] = field(default_factory=dict)
    neighbours: tuple[Neighbour, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def score(self) -> float:
        """Of the whole row."""
        return self.shares[self.label].score

    @property
    def base(self) -> float:
        """Of the row without its words."""
        return self.shares[self.label].base

    @property
    def words(self) -> tuple[Contribution, ...]:
        """The words with what they did to `label`, in their order."""
        return self.of(self.label)

    def of(self, label: str) -> tuple[Contribution, ...]:
        """The words with what they did to another label that was explained too.

        Raises:
            UnknownName: it was not explained.
        """
        from hanshuku.errors import UnknownName

        if label not in self.shares:
            raise UnknownName("label that was explained", label, self.shares)
        return tuple(Contribution(w.part, w.start, w.end, w.text, x) for w, x in zip(self.spans, self.shares[label].weights, strict=True))

    def top(self, n: int = 10, label: str | None = None) -> tuple[Contribution, ...]:
        """The n words with most weight for or against `label`, or another one that was explained; none that has less than a hundredth of the greatest."""
        ranked = sorted(self.of(self.label if label is None else label), key=lambda word: -abs(word.weight))
        return tuple(word for word in ranked[:n] if abs(word.weight) > 0.01 * abs(ranked[0].weight))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, as `hanshuku explain --json` prints it."""
        return {
            "inputs": dict(zip(self.names, self.inputs, strict=True)), "output": plain(self.output), "label": self.label, "method": self.method,
            "unit": self.unit, "score": self.score, "base": self.base, "words": [plain(word) for word in self.words],
            "labels": {name: {**plain(share), "gap": share.gap} for name, share in self.shares.items()},
            "neighbours": [plain(one) for one in self.neighbours], "notes": list(map(str, self.notes)),
        }  # fmt: skip

    def render(self, console: Console, *, language: str = "en", n: int = 10) -> None:
        """Print it: the text with its words coloured, the n words with most weight, and the neighbours.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.explain.render import render_explanation

        render_explanation(self, console, language, n)

    def to_html(self, *, language: str = "en") -> str:
        """A self-contained piece of HTML.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.explain.html import explanation_html

        return explanation_html(self, language)

    def _repr_html_(self) -> str:
        """What a notebook shows, in the language of the row."""
        return self.to_html(language=spoken(self.inputs))


def spoken(texts: Iterable[str]) -> str:
    """The language in which texts are explained where none is named: "zh" where most are Chinese, else "en"."""
    return "zh" if language_of(texts) == "zh" else "en"


def log_odds(chances: np.ndarray, *, several: bool) -> np.ndarray:
    """(N, L) probabilities as log-odds, float64: of each label against all others, or of each by itself (several)."""
    chances = np.asarray(chances, dtype=np.float64)
    if several or chances.shape[1] == 1:
        clipped = chances.clip(EDGE, 1 - EDGE)
        return np.log(clipped / (1 - clipped))
    # the sum of the others, not one minus the label: near 1 that is all rounding
    rest = np.stack([np.delete(chances, i, axis=1).sum(axis=1) for i in range(chances.shape[1])], axis=1)
    return np.log(np.maximum(chances, TINY)) - np.log(np.maximum(rest, TINY))

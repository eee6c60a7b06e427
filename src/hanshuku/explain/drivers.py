"""Drivers: over many rows, which words speak for each label, and how surely."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.errors import ConfigError
from hanshuku.explain.base import LOG_ODDS, spoken
from hanshuku.explain.explain import explain_rows, resolved
from hanshuku.explain.remarks import Remark
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.metrics.base import LEVEL
from hanshuku.metrics.intervals import mean_metric, t_tail
from hanshuku.metrics.paired import holm
from hanshuku.tasks.base import plain
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from rich.console import Console

ROWS = 200  # that are explained, drawn by the seed where there are more
FEWEST = 5  # rows that a word stands in: of fewer a mean says little
LABELS = 20  # of which words are looked at; of more those that were answered most
NO_ERROR = 1e-9  # a spread below this is rounding


@dataclass(frozen=True)
class Driver:
    """A word, and what it does to a label on average where it stands."""

    word: str  # in small letters
    mean: float  # of its weight over the rows that it stands in, in log-odds or in the number's unit
    low: float  # 95% interval over those rows
    high: float
    n: int  # rows that it stands in
    p: float  # two-sided, of a mean of 0, by Holm for all words and labels that were looked at

    @property
    def is_sure(self) -> bool:
        """Whether it stands out among all that were looked at, at the level of the intervals."""
        return self.p < 1 - LEVEL


@dataclass(frozen=True)
class Drivers:
    """Which words drive each label.

    Attributes:
        labels: label -> all its words that were tested, those for it first; of a number the one label is "".
        method: of explaining.
        unit: of the means.
        rows: that were explained.
        tested: pairs of word and label that were looked at and corrected for.
        notes: what a reader should know; `str` of one is English, `text("zh")` Chinese.
    """

    labels: Mapping[str, tuple[Driver, ...]] = field(default_factory=dict)
    method: str = "occlusion"
    unit: str = LOG_ODDS
    rows: int = 0
    tested: int = 0
    notes: tuple[Remark, ...] = ()

    def sure(self, label: str) -> tuple[Driver, ...]:
        """The words of a label that stand out after correction, strongest for it first.

        Raises:
            UnknownName: the label was not looked at.
        """
        from hanshuku.errors import UnknownName

        if label not in self.labels:
            raise UnknownName("label that was looked at", label, self.labels)
        return tuple(driver for driver in self.labels[label] if driver.is_sure)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        labels = {label: [{**plain(driver), "is_sure": driver.is_sure} for driver in own] for label, own in self.labels.items()}
        return {"labels": labels, "method": self.method, "unit": self.unit, "rows": self.rows, "tested": self.tested, "notes": list(map(str, self.notes))}

    def render(self, console: Console, *, language: str = "en", n: int = 10) -> None:
        """Print the n strongest words for each label, and the n strongest against it.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.explain.render_drivers import render_drivers

        render_drivers(self, console, language, n)

    def to_html(self, *, language: str = "en", n: int = 10) -> str:
        """A self-contained piece of HTML.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.explain.render_drivers import drivers_html

        return drivers_html(self, language, n)

    def _repr_html_(self) -> str:
        """What a notebook shows, in the language of the words."""
        return self.to_html(language=spoken(driver.word for own in self.labels.values() for driver in own))


def drivers(
    predictor: Predictor, inputs: Inputs, *, rows: int = ROWS, method: str = "auto", samples: int = 0, seed: int = 0,
    report: Callable[[Step], None] = silent,
) -> Drivers:  # fmt: skip
    """Which words speak for each label: the mean of their weights over rows, with intervals, corrected for how many were looked at.

    Each row counts once for a word, with the sum of what the word does there. Words are told apart without their case; numbers, signs
    and emoji count, punctuation does not.

    Args:
        predictor: of a function that classifies or rates.
        inputs: rows, labelled or not; what the function does is explained, not what is true.
        rows: most rows that are explained, drawn by the seed.
        method: as in `explain_rows`.
        samples: as in `explain_rows`.
        seed: of the draws.
        report: called with progress.

    Raises:
        ConfigError: the function does neither, or the method cannot explain it.
    """
    task = predictor.task
    if task.kind not in {"classify", "rate"}:
        raise ConfigError(f"Drivers are of labels and numbers; {task.name}() is of kind {task.kind!r}. Explain single rows instead.")
    method = resolved(predictor, method, samples)
    distinct = list(dict.fromkeys(tuple(row) for row in inputs))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(distinct))[:rows])
    texts = [distinct[i] for i in chosen.tolist()]
    labels, notes = _labels(predictor, texts)
    found = explain_rows(predictor, texts, method=method, label=labels or None, samples=samples, seed=seed, report=report)
    weights: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in found:
        for key, share in each.shares.items():
            own: dict[str, float] = defaultdict(float)
            for word, weight in zip(each.spans, share.weights, strict=True):
                own[word.text.casefold()] += weight
            for text, weight in own.items():
                if _says_something(text):
                    weights[key, text].append(weight)
    by_label, tested = _summed(weights, labels or [""])
    notes += () if tested else (Remark("rare_words", {"fewest": FEWEST}),)
    if len(labels) < len(task.labels) == 2:
        other = tuple(replace(one, mean=-one.mean, low=-one.high, high=-one.low) for one in reversed(by_label[labels[0]]))
        by_label = {task.labels[0]: other, **by_label}
    return Drivers(by_label, method, found[0].unit if found else LOG_ODDS, len(found), tested, notes)


def _labels(predictor: Predictor, texts: Sequence[tuple[str, ...]]) -> tuple[list[str], tuple[Remark, ...]]:
    """The labels that are looked at, and what is said of those left out."""
    task = predictor.task
    if task.kind == "rate":
        return [], ()
    if len(task.labels) == 2 and not task.several:
        return [task.labels[1]], ()  # what speaks for the one speaks against the other
    if len(task.labels) <= LABELS or not texts:
        return list(task.labels), ()
    outputs = np.asarray(predictor.outputs(texts))
    often = np.argsort(-outputs.sum(axis=0), kind="stable")[:LABELS]
    return [task.labels[i] for i in sorted(often.tolist())], (Remark("some_labels", {"shown": LABELS, "labels": len(task.labels)}),)


def _says_something(text: str) -> bool:
    """Letters, numbers and emoji, but no punctuation."""
    return any(character.isalnum() or unicodedata.category(character) == "So" for character in text)


def _summed(weights: Mapping[tuple[str, str], list[float]], labels: Sequence[str]) -> tuple[dict[str, tuple[Driver, ...]], int]:
    """The words of each label, those for it first, and how many pairs of word and label were tested."""
    tested = [(key, text, np.array(own)) for (key, text), own in weights.items() if len(own) >= FEWEST]
    corrected = holm([_p(own) for _, _, own in tested])
    by_label: dict[str, list[Driver]] = {label: [] for label in labels}
    for (key, text, own), p in zip(tested, corrected, strict=True):
        metric = mean_metric(own)
        by_label[key].append(Driver(text, metric.value, metric.low, metric.high, metric.n, p))
    return {label: tuple(sorted(own, key=lambda driver: -driver.mean)) for label, own in by_label.items()}, len(tested)


def _p(own: np.ndarray) -> float:
    """Two-sided p of Student's test that the mean is 0."""
    error = float(own.std(ddof=1)) / len(own) ** 0.5
    if error < NO_ERROR:
        return 1.0 if abs(float(own.mean())) < NO_ERROR else 0.0
    return t_tail(float(own.mean()) / error, len(own) - 1)

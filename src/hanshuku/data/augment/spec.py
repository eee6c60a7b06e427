"""The way augmentation is asked for, as text: "synonyms,typos:0.2,casing+noise"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from hanshuku.data.augment import AUGMENTERS
from hanshuku.data.augment.base import Augmenter
from hanshuku.errors import ConfigError, UnknownName

EDA = ("synonyms", "insert", "swap", "delete")  # Wei & Zou 2019, arXiv 1901.11196


@dataclass(frozen=True)
class Step:
    """One augmenter with the share of words or characters that it changes (None: its own), and the model that proposes words ("": none)."""

    name: str
    share: float | None = None
    model: str = ""

    @property
    def augmenter(self) -> Augmenter:
        """What it does."""
        plain = AUGMENTERS[self.name]
        if not self.model:
            return plain
        from hanshuku.data.augment.filling import filled

        return replace(plain, propose=partial(filled, self.model), check=self._check)

    def _check(self) -> None:
        from hanshuku.data.augment.filling import filler

        AUGMENTERS[self.name].check()
        filler(self.model)


def parse_spec(spec: str) -> tuple[tuple[Step, ...], ...]:
    """Ways to make a new row, each of one step or of several that follow one another.

    Args:
        spec: names of AUGMENTERS with commas between them; NAME:SHARE sets the share of the words or characters that change,
            above 0 and at most 1; NAME+NAME does both to one row; masked@MODEL lets a masked language model propose the words;
            eda stands for synonyms,insert,swap,delete.

    Raises:
        UnknownName: no augmenter has that name.
        ConfigError: a share is no number in its range, or nothing is named.
    """
    asked = (way for way in str(spec).split(",") if way.strip())
    ways = tuple(steps for way in asked for steps in product(*(_steps(step) for step in way.split("+"))))
    if not ways:
        raise ConfigError(f"Say how to augment: one or more of {', '.join((*AUGMENTERS, 'eda'))}, with commas between them. Received: {spec!r}.")
    if len(set(ways)) != len(ways):
        raise ConfigError(f"Each way to augment is named once; times= says how many rows are made. Received: {spec!r}.")
    return ways


def _steps(text: str) -> list[Step]:
    """What a name stands for, each of which is a way of its own."""
    name, colon, share = text.partition(":")
    return [_step(f"{each}{colon}{share}") for each in EDA] if name.strip() == "eda" else [_step(text)]


def _step(text: str) -> Step:
    name, at, rest = (part.strip() for part in text.partition("@"))
    if at:
        return _with_model(name, rest, text)
    name, colon, share = (part.strip() for part in text.partition(":"))
    if name in {"back_translate", "paraphrase", "generate"}:
        raise ConfigError(f"{name} needs a function that writes, and stands alone: examples.augment({name!r}, by=...), hanshuku augment --with {name} --by ...; then learn from what it gives.")
    if name not in AUGMENTERS:
        raise UnknownName("augmenter", name, (*AUGMENTERS, "eda"))
    return Step(name, _share(share, text)) if colon else Step(name)


def _with_model(name: str, rest: str, text: str) -> Step:
    """masked@MODEL or masked@MODEL:SHARE.

    Raises:
        ConfigError: another augmenter is given a model, or none is named.
    """
    head, colon, tail = rest.rpartition(":")
    has_share = bool(colon) and tail.replace(".", "", 1).strip().isdigit()
    model = (head if has_share else rest).strip()
    if name != "masked" or not model:
        raise ConfigError(f"A model proposes words for masked alone: masked@MODEL, a folder with a masked language model and its head. Received: {text.strip()!r}.")
    return Step(name, _share(tail, text) if has_share else None, model)


def _share(share: str, text: str) -> float:
    try:
        value = float(share)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ConfigError(f"{text.partition(':')[0].strip()}:SHARE is the share of the words or characters that change, above 0 and at most 1. Received: {text.strip()!r}.")
    return value


"""The way augmentation is asked for, as text: "synonyms,typos:0.2,casing+noise"."""

from __future__ import annotations

from dataclasses import dataclass

from hanshuku.data.augment import AUGMENTERS
from hanshuku.errors import ConfigError, UnknownName


@dataclass(frozen=True)
class Step:
    """One augmenter with the share of words or characters that it changes; None: its own."""

    name: str
    share: float | None = None


def parse_spec(spec: str) -> tuple[tuple[Step, ...], ...]:
    """Ways to make a new row, each of one step or of several that follow one another.

    Args:
        spec: names of AUGMENTERS with commas between them; NAME:SHARE sets the share of the words or characters that change,
            above 0 and at most 1; NAME+NAME does both to one row.

    Raises:
        UnknownName: no augmenter has that name.
        ConfigError: a share is no number in its range, or nothing is named.
    """
    ways = tuple(tuple(_step(step) for step in way.split("+")) for way in str(spec).split(",") if way.strip())
    if not ways:
        raise ConfigError(f"Say how to augment: one or more of {', '.join(AUGMENTERS)}, with commas between them. Received: {spec!r}.")
    if len(set(ways)) != len(ways):
        raise ConfigError(f"Each way to augment is named once; times= says how many rows are made. Received: {spec!r}.")
    return ways


def _step(text: str) -> Step:
    name, colon, share = (part.strip() for part in text.partition(":"))
    if name in {"back_translate", "paraphrase", "generate"}:
        raise ConfigError(f"{name} needs a function that writes, and stands alone: examples.augment({name!r}, by=...), hanshuku augment --with {name} --by ...; then learn from what it gives.")
    if name not in AUGMENTERS:
        raise UnknownName("augmenter", name, AUGMENTERS)
    if not colon:
        return Step(name)
    try:
        value = float(share)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ConfigError(f"{name}:SHARE is the share of the words or characters that change, above 0 and at most 1. Received: {text.strip()!r}.")
    return Step(name, value)


"""Parts of a report beside the metrics, each one file here; to add one: the file, one line in PARTS, its words, its section of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.evaluation.parts import robustness
from hanshuku.evaluation.parts.base import Part, Seen, Wanted

__all__ = ["PARTS", "measure_parts"]

PARTS: dict[str, Part] = {
    "robustness": Part(robustness.measure, robustness.suits, asks_again=True),
}


def measure_parts(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """Plain JSON data of every part that was asked for and suits the task, by name.

    Args:
        seen: the rows and what the function answered.
        wanted: which parts, and what they look at.

    Raises:
        UnknownName: a part has no such name.
        ConfigError: a part that was named does not suit the task.
    """
    names = [name for name, part in PARTS.items() if part.asked(seen, wanted)] if wanted.checks is None else _named(wanted.checks, seen)
    found = {name: PARTS[name].measure(seen, wanted) for name in names}
    return {name: data for name, data in found.items() if data is not None}


def _named(checks: Sequence[str], seen: Seen) -> list[str]:
    for name in checks:
        if name not in PARTS:
            raise UnknownName("check", name, PARTS)
        if not PARTS[name].suits(seen.encoded.task):
            raise ConfigError(f"The check {name!r} does not suit a function of kind {seen.encoded.task.kind!r}. Leave it out.")
    return [name for name in PARTS if name in checks or (not PARTS[name].asks_again and PARTS[name].asked(seen, Wanted()))]

"""Parts of a report beside the metrics, each one file here; to add one: the file, one line in PARTS, its words, its section of the page."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.evaluation.parts import (
    attack,
    behaviours,
    calibration,
    fairness,
    groups,
    mistakes,
    out_of_domain,
    refusal,
    robustness,
    slices,
)
from hanshuku.evaluation.parts.base import Part, Seen, Wanted
from hanshuku.tasks import Task

__all__ = ["PARTS", "check_named", "measure_parts", "within_patience"]

ASKED = 20  # times wanted.rows that a part asks again, about
WARM = 16  # rows that are asked again where the first answers were slow
PATIENCE_S = 120.0  # that parts take which nobody named
PARTS: dict[str, Part] = {
    "slices": Part(slices.measure, lambda _task: True),
    "mistakes": Part(mistakes.measure, lambda _task: True),
    "calibration": Part(calibration.measure, calibration.suits),
    "refusal": Part(refusal.measure, refusal.suits),
    "robustness": Part(robustness.measure, robustness.suits, asks_again=True),
    "out_of_domain": Part(out_of_domain.measure, out_of_domain.suits, asks_again=True, is_asked=lambda wanted: bool(wanted.ood), needs=out_of_domain.NEEDS),
    "attack": Part(attack.measure, attack.suits, asks_again=True, is_asked=lambda _wanted: False),
    "behaviours": Part(behaviours.measure, behaviours.suits, asks_again=True, is_asked=lambda wanted: bool(wanted.behaviours), needs=behaviours.NEEDS),
    "fairness": Part(fairness.measure, fairness.suits, asks_again=True),
    "groups": Part(groups.measure, groups.suits, is_asked=lambda wanted: bool(wanted.groups), needs=groups.NEEDS),
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
    if wanted.checks is None:
        names = [name for name, part in PARTS.items() if part.asked(seen, wanted)]
    else:
        check_named(wanted, seen.encoded.task)
        names = [name for name, part in PARTS.items() if name in wanted.checks or ((not part.asks_again or part.given(wanted)) and part.asked(seen, wanted))]
    found = {name: PARTS[name].measure(seen, wanted) for name in names}
    return {name: data for name, data in found.items() if data is not None}


def within_patience(seen: Seen, wanted: Wanted, seconds_per_row: float) -> tuple[Wanted, str]:
    """What is wanted without the parts that nobody named and that would take too long with a slow function, and a note on them, "" where none is.

    Args:
        seen: the rows and what the function answered.
        wanted: which parts, and what they look at.
        seconds_per_row: that answering took; measured once more on a few rows before anything is left out.
    """
    asked = [name for name, part in PARTS.items() if part.asked(seen, wanted)] if wanted.checks is None else []
    long = [name for name in asked if PARTS[name].asks_again and not PARTS[name].given(wanted)]
    times = len(long) * ASKED * wanted.rows
    if times * seconds_per_row > PATIENCE_S:
        seconds_per_row = min(seconds_per_row, _warm(seen))
    seconds = times * seconds_per_row
    if seconds <= PATIENCE_S:
        return wanted, ""
    note = (
        f"not measured, as it would take about {seconds / 60:,.0f} min at {1 / seconds_per_row:,.2g} rows a second: {', '.join(long)}. "
        f"Name them (checks=[...], --checks {','.join(long)}) to have them, or lower rows= (--rows)"
    )
    return replace(wanted, checks=()), note


def _warm(seen: Seen) -> float:
    """Seconds a row now that all is loaded: the first answers to a few rows take as long as reading a model does."""
    rows = seen.encoded.inputs[:WARM]
    start = time.perf_counter()
    seen.predictor.outputs(rows)
    return (time.perf_counter() - start) / len(rows)


def check_named(wanted: Wanted, task: Task) -> None:
    """Refuse named parts that cannot be measured.

    Raises:
        UnknownName: a part has no such name.
        ConfigError: a part does not suit the task, or what it looks at was not given.
    """
    for name in wanted.checks or ():
        if name not in PARTS:
            raise UnknownName("check", name, PARTS)
        if not PARTS[name].suits(task):
            raise ConfigError(f"The check {name!r} does not suit a function of kind {task.kind!r}. Leave it out.")
        if PARTS[name].needs and not PARTS[name].is_asked(wanted):
            raise ConfigError(PARTS[name].needs)

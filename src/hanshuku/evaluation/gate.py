"""gate: conditions that a report must meet, for continuous integration. Read by a small parser; nothing is evaluated as code."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hanshuku.errors import ConfigError, GateError, UnknownName

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
CONDITION = re.compile(r"\s*(?P<path>[^<>=!≥≤]+?)\s*(?P<sign>>=|<=|==|!=|>|<|≥|≤)\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<percent>%?)\s*")
NARROW = str.maketrans("＞＜＝！％．　", "><=!%. ")  # as a Chinese keyboard writes them
STEP = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([^.\"']+?))\s*(?:\.|$)")
EXAMPLE = '"accuracy.low >= 0.9", "ece <= 0.05", "per_label.refund.recall.low >= 0.8"'
PARTS_OF_PARTS = ("name", "label")  # by which the items of a list are known


@dataclass(frozen=True)
class Outcome:
    """What came of one condition."""

    condition: str  # as it was given
    value: float | None  # what the report says; None where it is not defined
    passed: bool

    def __str__(self) -> str:
        shown = "not defined" if self.value is None else f"{self.value:.4g}"
        return f"{self.condition}: {'passed' if self.passed else 'failed'}, it is {shown}"

    def to_json(self) -> dict[str, Any]:
        """``{"condition": ..., "value": ..., "passed": ...}``."""
        return asdict(self)


def gate(report: Report | Mapping[str, Any], *conditions: str) -> tuple[Outcome, ...]:
    """Require conditions of a report: ``gate(report, "accuracy.low >= 0.9", "ece <= 0.05")``.

    A condition compares (>=, <=, >, <, ==, !=) one number of the report with a number, which may be a percentage. The number is named as in
    the report's JSON, steps joined by dots: a metric (`accuracy` is its value, `accuracy.low` the lower end of its interval), a label
    (`per_label.refund.recall.low`), a field (`ece`, `cost.rows_per_second`) or anything within a part (`slices.worst.low`,
    `robustness.typos.accuracy.low`). A step that holds a dot stands in quotes. A number that is not defined fails.

    Args:
        report: a Report, or the object that its `to_json` gave.
        *conditions: at least one.

    Returns:
        One outcome a condition, all passed.

    Raises:
        GateError: one or more are not met; names each with the number that was measured.
        UnknownName: the report holds no such number.
        ConfigError: a condition cannot be read.
    """
    found = outcomes(report, conditions)
    failed = [outcome for outcome in found if not outcome.passed]
    if failed:
        raise GateError(f"{len(failed)} of {len(found)} conditions failed. " + "; ".join(map(str, failed)) + ".")
    return found


def outcomes(report: Report | Mapping[str, Any], conditions: Sequence[str]) -> tuple[Outcome, ...]:
    """What came of each condition, those that failed among them; see `gate`."""
    read = [parsed(condition) for condition in conditions]
    if not read:
        raise ConfigError(f"A gate needs at least one condition, such as {EXAMPLE}.")
    data: Mapping[str, Any] = report if isinstance(report, Mapping) else report.to_json()
    found = []
    for condition, (path, sign, number) in zip(conditions, read, strict=True):
        value = _number(data, path, condition)
        found.append(Outcome(condition.strip(), value, value is not None and COMPARE[sign](value, number)))
    return tuple(found)


def parsed(condition: str) -> tuple[list[str], str, float]:
    """The steps, the sign and the number of a condition.

    Raises:
        ConfigError: it cannot be read.
    """
    match = CONDITION.fullmatch(condition.translate(NARROW)) if isinstance(condition, str) else None
    steps = list(_steps(match["path"])) if match else []
    if match is None or not steps:
        raise ConfigError(f"A condition is a name, a sign ({', '.join(COMPARE)}) and a number, such as {EXAMPLE}. Received: {condition!r}.")
    sign = {"≥": ">=", "≤": "<="}.get(match["sign"], match["sign"])
    return steps, sign, float(match["number"]) / (100 if match["percent"] else 1)


def _steps(path: str) -> Iterator[str]:
    at, found = 0, []
    while at < len(path):
        match = STEP.match(path, at)
        if match is None:
            return
        found.append(next(part for part in match.groups() if part is not None))
        at = match.end()
    if not path.rstrip().endswith("."):
        yield from found


def _number(data: Mapping[str, Any], path: list[str], condition: str) -> float | None:
    """What stands at the end of a path: None where it is not defined."""
    metrics, parts = data.get("metrics") or {}, data.get("parts") or {}
    here: Any = {**{name: value for name, value in data.items() if name not in {"metrics", "parts"}}, **parts, **metrics, "metrics": metrics, "parts": parts}
    metric = ""
    for place, step in enumerate(path):
        inside = dict(_inside(here, metric))
        if step not in inside:
            if not place:
                known = [*metrics, *parts, *(name for name, value in data.items() if isinstance(value, (int, float)) and not isinstance(value, bool)), "per_label", "cost"]
                raise UnknownName("metric, part or number of the report", step, known)
            raise UnknownName(f"number in {'.'.join(path[:place])}", step, [name for name in inside if name])
        here = inside[step]
        metric = here["metric"] if isinstance(here, Mapping) and isinstance(here.get("metric"), str) else metric
    if isinstance(here, Mapping) and "value" in here:
        here = here["value"]
    if here is None:
        return None
    if isinstance(here, (bool, int, float)):
        return float(here) if math.isfinite(here) else None
    within = sorted({name for name, _ in _inside(here, metric) if name})
    raise ConfigError(f"{'.'.join(path)} is no number, in the condition {condition!r}. " + (f"Name one within it: {', '.join(within)[:300]}." if within else f"Name a number, such as {EXAMPLE}."))


def _inside(here: Any, metric: str) -> Iterator[tuple[str, Any]]:
    """What a step may lead to: keys, items of lists by their name, and, by the metric's name, what was measured of it."""
    if isinstance(here, Mapping):
        for value in here.values():
            if isinstance(value, (list, tuple)):
                yield from _items(value)
        if metric:
            yield metric, here.get("after", here)
        yield from here.items()
    elif isinstance(here, (list, tuple)):
        yield from _items(here)


def _items(items: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for item in reversed(items):
        if isinstance(item, Mapping):
            yield from ((str(item[key]), item) for key in PARTS_OF_PARTS if item.get(key))

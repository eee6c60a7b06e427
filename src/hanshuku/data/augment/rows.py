"""New rows from one row: its texts changed, its labelled spans where they then lie. No row depends on another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hanshuku.data.augment.base import changed
from hanshuku.data.augment.edits import Span
from hanshuku.data.augment.spec import Step, parse_spec
from hanshuku.errors import ConfigError

MOST_TIMES = 1000  # new rows a row; more is a slip of the hand
TRIES = 4  # times that another row is drawn where one came out that is there already
SIDES = ("one", "both", "first", "second")


@dataclass(frozen=True)
class Marked:
    """A text with the stretches that bear labels."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Copy:
    """A row made from another one.

    Attributes:
        texts: one a task input, with the spans where they lie now.
        way: what was done, as the specification names it: "typos", "casing+noise".
    """

    texts: tuple[Marked, ...]
    way: str


@dataclass(frozen=True)
class Plan:
    """How rows are augmented.

    Attributes:
        ways: what may be done to a row, see `parse_spec`; the ways of a row take turns, in an order drawn for the row.
        times: most new rows a row.
        seed: same seed, same row: same new rows.
        sides: which text of a row of two changes: "one" (drawn for each new row), "both", "first" or "second".
    """

    ways: tuple[tuple[Step, ...], ...]
    times: int = 1
    seed: int = 0
    sides: str = "one"

    def __post_init__(self) -> None:
        if self.sides not in SIDES:
            raise ConfigError(f"sides is one of {', '.join(SIDES)}. Received: {self.sides!r}.")
        if isinstance(self.times, bool) or not isinstance(self.times, int) or not 1 <= self.times <= MOST_TIMES:
            raise ConfigError(f"times is how many new rows a row may have, a whole number from 1 to {MOST_TIMES}. Received: {self.times!r}.")

    def copies(self, row: Sequence[Marked]) -> list[Copy]:
        """At most `times` new rows, all different and none the row itself; fewer where the ways find no more to change."""
        key = "\x1f".join([str(self.seed), *(marked.text for marked in row)])
        order = list(self.ways)
        Random(key).shuffle(order)  # noqa: S311
        seen = {tuple(marked.text for marked in row)}
        found: list[Copy] = []
        for number in range(self.times):
            copy = self._new(row, order[number % len(order) :] + order[: number % len(order)], f"{key}\x1f{number}", seen)
            if copy is None:
                break
            seen.add(tuple(marked.text for marked in copy.texts))
            found.append(copy)
        return found

    def _new(self, row: Sequence[Marked], order: Sequence[tuple[Step, ...]], key: str, seen: set[tuple[str, ...]]) -> Copy | None:
        """A row that is not among the seen ones, by the first way that gives one."""
        for way in order:
            for attempt in range(TRIES):
                texts = self._varied(row, way, Random(f"{key}\x1f{attempt}"))  # noqa: S311 - no secret
                if texts is None:
                    break
                if tuple(marked.text for marked in texts) not in seen:
                    return Copy(texts, "+".join(step.name for step in way))
        return None

    def _varied(self, row: Sequence[Marked], way: Sequence[Step], rng: Random) -> tuple[Marked, ...] | None:
        """The row after every step of a way on the sides that are to change; None where no step changed anything."""
        both = range(len(row))
        places = {"first": [0], "second": [len(row) - 1], "both": list(both)}.get(self.sides) or rng.sample(both, len(row))
        texts = list(row)
        is_changed = False
        for place in places:
            for step in way:
                new = changed(step.augmenter, texts[place].text, texts[place].spans, step.share, rng)
                if new is not None:
                    texts[place], is_changed = Marked(new[0], tuple(new[1])), True
            if is_changed and self.sides == "one":
                break
        return tuple(texts) if is_changed else None


def plan_of(spec: str, times: int, seed: int, sides: str) -> Plan:
    """A plan whose augmenters are all at hand; see `parse_spec` for the specification.

    Raises:
        UnknownName: no augmenter has that name.
        ConfigError: a value is outside its range.
        MissingExtra: a package that an augmenter needs is not installed.
    """
    plan = Plan(parse_spec(spec), times, seed, sides)
    for way in plan.ways:
        for step in way:
            step.augmenter.check()
    return plan

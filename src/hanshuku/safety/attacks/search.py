"""The search, the same for every attack: greedy, the words that matter most first. One row is one generator that yields texts and is sent margins,
so that a round of many rows is one batch.

Which words matter is found by leaving each out, as DeepWordBug and TextFooler do (Gao et al. 2018, https://arxiv.org/abs/1801.04354; Jin et al. 2020,
https://arxiv.org/abs/1907.11932). Of several texts that turn the answer the one most like the original is taken.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from hanshuku.data.augment.edits import Edit, apply, overlaps
from hanshuku.safety.attacks.base import How, Unit

Texts = tuple[str, ...]
Search = Generator[list[Texts], np.ndarray, "Found"]  # yields texts to ask; is sent the margin of each, below 0: the answer is wrong


@dataclass
class Found:
    """Where a search has come to.

    Attributes:
        texts: of the row, as far as they are changed.
        is_turned: whether the answer is wrong.
        queries: texts that were asked.
        edits: what was done, by side.
        similarity: the least around an edit; None where none is asked for.
    """

    texts: Texts
    is_turned: bool = False
    queries: int = 0
    edits: dict[int, list[Edit]] = field(default_factory=dict)
    similarity: float | None = None

    @property
    def count(self) -> int:
        """Edits in all."""
        return sum(map(len, self.edits.values()))


def search(row: Texts, how: How, kept: frozenset[str], queries: int, rng: Random) -> Search:
    """Look for texts near the row's that turn its answer.

    Args:
        row: texts that are answered rightly.
        how: which stretches change, and into what.
        kept: words, in small letters, that stay: those of the labels.
        queries: most texts that are asked.
        rng: all that is drawn comes from it.
    """
    state = Found(row)
    units = _units(row, how, kept)
    if len(units) >= queries // 2:  # of a text too long for its queries only some words are looked at
        units = sorted(rng.sample(units, max(1, queries // 2)), key=lambda unit: (unit.side, unit.start))
    most = max(1, int(how.share * sum(map(how.size, row))))
    start = yield from _ask(state, [row])
    without = yield from _ask(state, [_with(row, state.edits, unit, "") for unit in units])
    margin = float(start[0])
    state.is_turned = margin < 0
    for place in np.argsort(without, kind="stable").tolist():
        if state.is_turned or state.count >= most or state.queries >= queries:
            break
        margin = yield from _change(row, units[place], how, state, margin, queries, rng)
    return state


def _change(row: Texts, unit: Unit, how: How, state: Found, margin: float, queries: int, rng: Random) -> Generator[list[Texts], np.ndarray, float]:
    """Put the best candidate in one place, where one lowers the margin; the margin then."""
    text = row[unit.side]
    if overlaps(Edit(unit.start, unit.end, ""), state.edits.get(unit.side, ())):
        return margin
    news = [new for new in how.candidates(text, unit.start, unit.end, rng) if new != text[unit.start : unit.end]]
    tried = [_with(row, state.edits, unit, new) for new in news]
    similar: Sequence[float] = [1.0] * len(news)
    if how.alike is not None and news:
        similar = how.alike(text, [apply(text, [*state.edits.get(unit.side, ()), Edit(unit.start, unit.end, new)]) for new in news], unit.start, unit.end).tolist()
    places = [i for i in range(len(news)) if similar[i] >= how.least][: queries - state.queries]
    if not places:
        return margin
    margins = yield from _ask(state, [tried[i] for i in places])
    turned = [k for k in range(len(places)) if margins[k] < 0]
    best = max(turned, key=lambda k: (similar[places[k]], -margins[k])) if turned else int(np.argmin(margins))
    if not turned and margins[best] >= margin:
        return margin
    chosen = places[best]
    state.edits.setdefault(unit.side, []).append(Edit(unit.start, unit.end, news[chosen]))
    state.texts, state.is_turned = tried[chosen], bool(turned)
    if how.alike is not None:
        state.similarity = min(similar[chosen], 1.0 if state.similarity is None else state.similarity)
    return float(margins[best])


def _ask(state: Found, texts: list[Texts]) -> Generator[list[Texts], np.ndarray, np.ndarray]:
    if not texts:
        return np.zeros(0)
    state.queries += len(texts)
    return np.asarray((yield texts))


def _units(row: Texts, how: How, kept: frozenset[str]) -> list[Unit]:
    return [Unit(side, start, end) for side, text in enumerate(row) for start, end in how.units(text) if text[start:end].casefold() not in kept]


def _with(row: Texts, edits: dict[int, list[Edit]], unit: Unit, new: str) -> Texts:
    """The row with its edits and one more; one that leaves a word out takes a blank beside it away too."""
    text, end = row[unit.side], unit.end
    if not new and text[unit.end : unit.end + 1] == " " and text[unit.start - 1 : unit.start] in {"", " "}:
        end += 1
    changed = {**edits, unit.side: [*edits.get(unit.side, ()), Edit(unit.start, end, new)]}
    return tuple(apply(part, changed.get(side, ())) for side, part in enumerate(row))

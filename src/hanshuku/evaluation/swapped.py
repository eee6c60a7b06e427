"""The same rows in the words of each group of people: which rows a family of words can be exchanged in, and which get a frame."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanshuku.data.language import script_of
from hanshuku.safety.swaps import LANGUAGES, Family, neutral_words

ENOUGH = 30  # rows that hold a word of the family; with fewer, a frame is put around others
FEWEST = 10  # rows without which nothing is said
NEUTRAL_SHARE = 10  # one row in so many is asked with the neutral words too


@dataclass(frozen=True, eq=False)
class Asked:
    """The rows of a family in the words of each group.

    Attributes:
        family: whose words.
        groups: G names.
        how: "own" (the rows hold words of the family) or "frame" (a frame says who wrote them).
        rows: N x G rows, the groups of one row together.
        again: N rows of one group each with another name of that group, or none.
        clusters: (N,) which rows hold the same names; words: each row by itself.
        left: rows that hold such words and could not be changed without a mistake.
    """

    family: Family
    groups: tuple[str, ...]
    how: str
    rows: list[tuple[str, ...]]
    again: list[tuple[str, ...]]
    clusters: np.ndarray
    left: int = 0

    @property
    def n(self) -> int:
        """N."""
        return len(self.clusters)


def by_language(inputs: Sequence[tuple[str, ...]]) -> dict[str, list[int]]:
    """Places of the rows in English and in Chinese, where there are enough of them."""
    found: dict[str, list[int]] = {language: [] for language in LANGUAGES}
    for i, row in enumerate(inputs):
        language = script_of(" ".join(row))[:2]
        if language in found:
            found[language].append(i)
    return {language: rows for language, rows in found.items() if len(rows) >= FEWEST}


def make(family: Family, rows: Sequence[tuple[str, ...]], most: int, seed: int) -> Asked | None:
    """The rows of a family in the words of each group; None where there are too few.

    Args:
        family: whose words.
        rows: rows in the family's language.
        most: about half of the texts that may be asked.
        seed: of the choice of rows.
    """
    rng = np.random.default_rng([seed, zlib.crc32(f"{family.language}.{family.name}".encode())])
    holds = [i for i, row in enumerate(rows) if len({hit.group for text in row for hit in family.find(text)} & set(family.own_groups)) == 1]
    if len(holds) >= ENOUGH:
        made = _own(family, [rows[i] for i in rng.permutation(holds).tolist()], _count(most, len(family.own_groups)))
        if made.n >= ENOUGH:
            return made
    bare = [i for i, row in enumerate(rows) if not any(family.find(text) for text in row)]
    chosen = rng.permutation(bare)[: _count(most, len(family.groups))].tolist()
    return _framed(family, [rows[i] for i in chosen]) if len(chosen) >= FEWEST else None


def make_neutral(language: str, rows: Sequence[tuple[str, ...]], most: int, seed: int) -> Asked:
    """Some rows with each of the neutral words; see `make`."""
    chosen = np.random.default_rng([seed, 0]).permutation(len(rows))[: max(FEWEST, most // NEUTRAL_SHARE)]
    return _framed(neutral_words(language), [rows[i] for i in chosen.tolist()])


def _count(most: int, groups: int) -> int:
    return max(min(most, 2 * most // groups), FEWEST)


def _own(family: Family, rows: Sequence[tuple[str, ...]], count: int) -> Asked:
    made: list[tuple[str, ...]] = []
    again: list[tuple[str, ...]] = []
    clusters: list[int] = []
    left = 0
    for row in rows:
        if len(clusters) == count:
            break
        changed = [[family.swapped(text, group) for text in row] for group in family.own_groups]
        if any(text is None for texts in changed for text in texts):
            left += 1
            continue
        made.extend(tuple(str(text) for text in texts) for texts in changed)
        first = next(hit for text in row for hit in family.find(text))
        if family.kind == "names":
            again.append(tuple(str(family.swapped(text, first.group, place=first.place + 1)) for text in row))
        clusters.append(first.place if family.kind == "names" else len(clusters))
    return Asked(family, family.own_groups, "own", made, again, np.array(clusters, dtype=np.int64), left)


def _framed(family: Family, rows: Sequence[tuple[str, ...]]) -> Asked:
    is_names, names = family.kind == "names", len(next(iter(family.phrases.values())))
    made = [tuple(family.framed(text, group, i) for text in row) for i, row in enumerate(rows) for group in family.groups]
    # another name in the same frame: two places on, as there are two frames
    again = [tuple(family.framed(text, family.groups[i % len(family.groups)], i + len(family.frames)) for text in row) for i, row in enumerate(rows)] if is_names else []
    return Asked(family, family.groups, "frame", made, again, np.arange(len(rows)) % names if is_names else np.arange(len(rows)))

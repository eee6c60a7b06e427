"""What is wrong with the labels: missing, misspelt, rare, uneven."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from hanshuku.data.findings import SHOWN, Finding, Place, Places
from hanshuku.data.infer import MANY_LABELS, number_of
from hanshuku.errors import MissingExtra
from hanshuku.tasks import Task
from hanshuku.tasks.classify import label_text, split_labels

MAX_LABELS = 20_000  # different ones that are counted; more are no labels
MAX_COMPARED = 2_000  # different ones that are compared for typos, pair by pair
UNEVEN = 10  # times that the commonest label is commoner than the rarest, from which on it is said


class LabelCheck:
    """Counts labels, with the lines of the rare ones.

    Args:
        several: whether a cell may hold several labels.
        task: whose labels are the legal ones; None: all are.
    """

    def __init__(self, *, several: bool, task: Task | None) -> None:
        self._several, self._task = several, task
        self.counts: Counter[str] = Counter()
        self._first: dict[str, list[Place]] = {}  # as written in the file: where first
        self._written: Counter[str] = Counter()
        self._missing = Places()
        self._uncounted = 0

    def add(self, cells: Sequence[Any], places: Sequence[Place]) -> list[str]:
        """Count a batch; gives each row's label as text, to compare rows by."""
        keys = []
        for cell, place in zip(cells, places, strict=True):
            labels = split_labels(cell) if self._several else [label_text(cell)]
            keys.append("|".join(sorted(labels)))
            if not self._several and not labels[0]:
                self._missing.add(place)
                continue
            for label in labels:
                self._count(label, cell if isinstance(cell, str) and not self._several else label, place)
        return keys

    def _count(self, label: str, written: str, place: Place) -> None:
        if label not in self.counts and len(self.counts) >= MAX_LABELS:
            self._uncounted += 1
            return
        self.counts[label] += 1
        self._written[written] += 1
        first = self._first.setdefault(written, [])
        if len(first) < SHOWN:
            first.append(place)

    def findings(self, other: LabelCheck | None = None) -> list[Finding]:
        """What was found; `other` are the labels of the file that this one is compared with."""
        found = self._missing.finding("error", "missing_labels", "{rows} no label")
        rows = sum(self.counts.values()) + self._uncounted
        if (len(self.counts) > MANY_LABELS and 2 * len(self.counts) > rows) or self._uncounted:
            more = "more than " if self._uncounted else ""
            message = f"the answers have {more}{len(self.counts):,} different values in {rows:,} rows: those are no labels"
            return [*found, Finding("error", "too_many_labels", len(self.counts), message)]
        if len(self.counts) == 1 and not self._several:
            label = next(iter(self.counts))
            found.append(Finding("error", "one_label", 1, f"there is one label only, {label!r}; to classify, at least two are due"))
        found += self._unknown() + self._variants() + self._typos() + self._once() + self._uneven()
        return found + (self._only_here(other) if other else [])

    def _unknown(self) -> list[Finding]:
        if self._task is None or not self._task.labels:
            return []
        strange = [label for label in self.counts if label not in self._task.labels]
        rows = sum(self.counts[label] for label in strange)
        return [Finding("error", "unknown_labels", rows, f"labels that the task does not have: {_shown(strange)}", self._at(strange))] if strange else []

    def _variants(self) -> list[Finding]:
        """Labels that are the same but for case, space or width."""
        groups: dict[str, list[str]] = {}
        for written in self._written:
            groups.setdefault(_same(written), []).append(written)
        found = []
        for group in groups.values():
            if len(group) > 1:
                shown = " and ".join(f"{label!r} ({self._written[label]:,})" for label in group)
                harmless = len({label.strip() for label in group}) == 1
                tail = ", which is ignored on reading" if harmless else "; to a learner they are different labels"
                what = "white space at the ends" if harmless else "case, space or width"
                message = f"labels {shown} differ only by {what}{tail}"
                found.append(Finding("info" if harmless else "warning", "label_variants", len(group), message, self._at(_rarest(group, self._written))))
        return found

    def _typos(self) -> list[Finding]:
        """Rare labels that are a letter away from a common one."""
        if not 2 <= len(self.counts) <= MAX_COMPARED:
            return []
        try:
            from rapidfuzz.distance import OSA
        except ImportError as error:
            raise MissingExtra("rapidfuzz", "train", "Looking for misspelt labels") from error
        same = {label: _same(label) for label in self.counts}
        found = []
        for a, b in combinations(self.counts, 2):
            rare, common = (a, b) if self.counts[a] <= self.counts[b] else (b, a)
            if not _may_be_typo(rare, common, self.counts) or same[a] == same[b]:
                continue
            allowed = 2 if min(len(a), len(b)) >= 10 else 1
            if OSA.distance(same[a], same[b], score_cutoff=allowed) <= allowed:
                n, m = self.counts[rare], self.counts[common]
                message = f"label {rare!r} ({n:,}) may be a typo of {common!r} ({m:,})"
                found.append(Finding("warning", "similar_labels", n, message, self._at([rare])))
        return found

    def _once(self) -> list[Finding]:
        once = [label for label, n in self.counts.items() if n == 1]
        if not once or len(self.counts) < 2:
            return []
        noun = "label is" if len(once) == 1 else "labels are"
        message = f"{len(once):,} {noun} seen once: {_shown(once)}; they can be learned or measured, not both"
        return [Finding("warning", "labels_seen_once", len(once), message, self._at(once))]

    def _uneven(self) -> list[Finding]:
        if len(self.counts) < 2:
            return []
        (most, n), (least, m) = self.counts.most_common()[0], self.counts.most_common()[-1]
        if n < UNEVEN * m:
            return []
        message = f"classes are uneven: {most!r} has {n:,} rows, {least!r} {m:,}; read macro-F1 beside accuracy, and try class_weights"
        return [Finding("info", "uneven_classes", n // max(m, 1), message)]

    def _only_here(self, other: LabelCheck) -> list[Finding]:
        found = []
        here = [label for label in self.counts if label not in other.counts]
        there = [label for label in other.counts if label not in self.counts]
        if there:
            message = f"labels of the other file that this one never has: {_shown(there)}; a function learned here cannot give them"
            rows = sum(other.counts[label] for label in there)
            found.append(Finding("warning", "unlearned_labels", rows, message, other._at(there)))
        if here:
            found.append(Finding("info", "unmeasured_labels", len(here), f"labels that the other file never has: {_shown(here)}"))
        return found

    def _at(self, labels: Iterable[str]) -> tuple[Place, ...]:
        return tuple(Place(place.file, place.line, label) for label in labels for place in self._first.get(label, [])[:2])[:SHOWN]


class NumberCheck:
    """Looks at answers that are numbers.

    Args:
        task: whose range they must keep to; None: any finite number will do.
    """

    def __init__(self, task: Task | None) -> None:
        self._task = task
        self._wrong, self._outside = Places(), Places()
        self.low, self.high = math.inf, -math.inf

    def add(self, cells: Sequence[Any], places: Sequence[Place]) -> list[str]:
        """Look at a batch; gives each row's answer as text, to compare rows by."""
        for cell, place in zip(cells, places, strict=True):
            number = number_of(cell)
            if number is None or not math.isfinite(number):
                self._wrong.add(Place(place.file, place.line, repr(cell)))
                continue
            self.low, self.high = min(self.low, number), max(self.high, number)
            if self._task is not None and not self._task.low <= number <= self._task.high:
                self._outside.add(Place(place.file, place.line, repr(cell)))
        return [label_text(cell) for cell in cells]

    def findings(self) -> list[Finding]:
        """What was found."""
        found = self._wrong.finding("error", "not_a_number", "{rows} no number where one is due")
        if self._task is not None:
            found += self._outside.finding("error", "out_of_range", f"{{rows}} a number outside {self._task.low:g} to {self._task.high:g}")
        if self.low == self.high:
            found.append(Finding("error", "one_value", 1, f"all numbers are {self.low:g}: there is nothing to learn"))
        return found


def _same(label: str) -> str:
    """A label as it is compared: without case, width, spaces, hyphens and underscores."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    return "".join(char for char in plain if not char.isspace() and char not in "-_")


def _may_be_typo(rare: str, common: str, counts: Mapping[str, int]) -> bool:
    """Whether the two are long enough to judge, the one much rarer, and the difference no number or negation."""
    if min(len(rare), len(common)) < (4 if not rare.isascii() else 5) or abs(len(rare) - len(common)) > 2:
        return False
    if counts[rare] > max(2, 0.1 * counts[common]) or counts[rare] == counts[common] > 1:
        return False
    return [char for char in rare if char.isdigit()] == [char for char in common if char.isdigit()]


def _rarest(labels: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    return sorted(labels, key=lambda label: counts[label])


def _shown(labels: Sequence[str]) -> str:
    return ", ".join(map(repr, labels[:SHOWN])) + (" ..." if len(labels) > SHOWN else "")

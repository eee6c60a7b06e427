"""Repeated rows, and rows of one file that stand, or nearly stand, in another.

Repeats: 18 bytes a row (a 64-bit hash, label, line, file) are kept and sorted at the end; nothing else of a row is.
Near-duplicates: MinHash signatures (Broder 1997, https://doi.org/10.1109/SEQUEN.1997.666900) in a locality-sensitive index of the
smaller file, at most 50,000 rows of it (about 2 kB each); every candidate is verified by the true Jaccard similarity.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from hanshuku.data.findings import SHOWN, Finding, Place, Places
from hanshuku.data.language import HAN
from hanshuku.data.split import normal_text
from hanshuku.errors import MissingExtra

PERMUTATIONS = 64
MAX_INDEXED = 50_000  # rows of the other file that near-duplicates are looked for among
MAX_LENGTH = 20_000  # characters of a text that are compared
RECALL = 0.1  # the index looks this much below the similarity asked for, so that few are missed


class Repeats:
    """Finds rows that repeat an earlier one, and those that contradict it."""

    def __init__(self) -> None:
        self._keys, self._labels, self._lines, self._files = array("q"), array("i"), array("I"), array("h")
        self._codes: dict[str, int] = {}
        self._names: dict[str, int] = {}

    def add(self, rows: Sequence[tuple[str, ...]], labels: Sequence[str], places: Sequence[Place]) -> None:
        """Remember a batch. Empty texts are not compared."""
        for row, label, place in zip(rows, labels, places, strict=True):
            key = key_of(row)
            if key is not None:
                self._keys.append(key)
                self._labels.append(self._codes.setdefault(label, len(self._codes)) if len(self._codes) < 1 << 20 else hash(label) % (1 << 30))
                self._lines.append(min(place.line, 2**32 - 1))
                self._files.append(self._names.setdefault(place.file, len(self._names)))

    def _place(self, i: int, note: str = "") -> Place:
        return Place(list(self._names)[self._files[i]], self._lines[i], note)

    def findings(self) -> list[Finding]:
        """What was found."""
        keys, labels = np.frombuffer(self._keys, np.int64), np.frombuffer(self._labels, np.int32)
        if not len(keys):
            return []
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        again = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1  # places in `order` of rows that have an equal one before them
        rows, firsts = order[again], order[np.searchsorted(ordered, ordered[again])]
        differ = labels[rows] != labels[firsts]
        found = []
        for severity, kind, chosen, words in (
            ("warning", "repeated_rows", ~differ, "the same text and answer as an earlier row"),
            ("warning", "contradicting_rows", differ, "the text of an earlier row with another answer"),
        ):
            pairs = sorted(zip(rows[chosen].tolist(), firsts[chosen].tolist(), strict=True))
            seen = Places()
            for row, earlier in pairs[:SHOWN]:
                seen.add(self._place(row, f"as {self._place(earlier)}"))
            seen.count = len(pairs)
            found += seen.finding(severity, kind, "{rows} " + words)
        return found

    def leaked(self, other: Repeats) -> list[Finding]:
        """Rows of `other` whose text stands here too."""
        keys, theirs = np.frombuffer(self._keys, np.int64), np.frombuffer(other._keys, np.int64)
        if not len(keys) or not len(theirs):
            return []
        order = np.argsort(keys, kind="stable")
        at = np.minimum(np.searchsorted(keys, theirs, sorter=order), len(keys) - 1)
        rows = np.flatnonzero(keys[order[at]] == theirs)
        seen = Places()
        for row in rows[:SHOWN].tolist():
            seen.add(other._place(row, f"as {self._place(int(order[at[row]]))}"))
        seen.count = len(rows)
        return seen.finding("warning", "leaked_rows", "of the other file, {rows} a text that stands in this one too: measured on them, a function looks better than it is")


class NearRepeats:
    """Finds rows that are nearly the same as one of an indexed file.

    Args:
        threshold: Jaccard similarity of shingles from which on two texts are nearly the same, 0 < threshold < 1.

    Raises:
        MissingExtra: datasketch is not installed.
    """

    def __init__(self, threshold: float) -> None:
        try:
            from datasketch import MinHash, MinHashLSH
        except ImportError as error:
            raise MissingExtra("datasketch", "train", "Looking for near-duplicates") from error
        self._threshold = threshold
        self._empty = MinHash(num_perm=PERMUTATIONS, hashfunc=zlib.crc32)
        self._index = MinHashLSH(threshold=max(threshold - RECALL, 0.1), num_perm=PERMUTATIONS)
        self._texts: list[str] = []
        self._places: list[Place] = []
        self._step, self._offered = 1, 0
        self._near: dict[int, tuple[float, Place]] = {}  # indexed row -> its best likeness

    def offer(self, rows: Sequence[tuple[str, ...]], places: Sequence[Place]) -> None:
        """Rows to index; of more than 50,000 every 2nd, 4th ... is taken."""
        for row, place in zip(rows, places, strict=True):
            if self._offered % self._step == 0:
                if len(self._texts) == MAX_INDEXED:
                    self._texts, self._places, self._step = self._texts[::2], self._places[::2], self._step * 2
                self._texts.append(comparable(row))
                self._places.append(place)
            self._offered += 1

    def build(self) -> None:
        """Index the offered rows."""
        with self._index.insertion_session() as session:
            for i, text in enumerate(self._texts):
                if text:
                    session.insert(str(i), self._signature(shingles(text)))

    def look(self, rows: Sequence[tuple[str, ...]], places: Sequence[Place]) -> None:
        """Compare a batch of the other file with the index. Equal texts are not counted here."""
        for row, place in zip(rows, places, strict=True):
            text = comparable(row)
            if not text:
                continue
            own = shingles(text)
            for name in self._index.query(self._signature(own)):
                i = int(name)
                theirs = self._texts[i]
                if theirs != text:
                    likeness = jaccard(own, shingles(theirs))
                    if likeness >= self._threshold and likeness > self._near.get(i, (0.0, place))[0]:
                        self._near[i] = (likeness, place)

    def _signature(self, parts: Iterable[bytes]) -> object:
        signature = self._empty.copy()
        signature.update_batch(list(parts))
        return signature

    def findings(self) -> list[Finding]:
        """What was found."""
        if not self._near:
            return []
        best = sorted(self._near.items())
        places = [Place(self._places[i].file, self._places[i].line, f"{share:.2f} like {place}") for i, (share, place) in best[:SHOWN]]
        looked = f"; {len(self._texts):,} of its {self._offered:,} rows were compared" if self._step > 1 else ""
        rows = "1 row is" if len(best) == 1 else f"{len(best):,} rows are"
        message = f"of the other file, {rows} nearly the same as one of this file (similarity at least {self._threshold:g}){looked}"
        return [Finding("warning", "near_duplicates", len(best), message, tuple(places))]


def key_of(row: tuple[str, ...]) -> int | None:
    """A 64-bit number that is the same for rows with the same texts (case, width and white space aside); None for no text.

    Of a million different rows two share one with a probability of 3e-8. It holds for this process only.
    """
    texts = tuple(map(normal_text, row))
    return hash(texts) if any(texts) else None


def comparable(row: tuple[str, ...]) -> str:
    """The texts of a row as one, as near-duplicates are compared: no case, width, or runs of white space."""
    return normal_text("\n".join(text[:MAX_LENGTH] for text in row))


def shingles(text: str) -> set[bytes]:
    """The pieces by which two texts are compared: 5 characters each where there is Chinese, else 3 words.

    Short texts have smaller pieces (3 characters below 30, 2 words below 12), and one that is shorter still is one piece.
    """
    if HAN.search(text):
        plain = "".join(text.split())
        n = 5 if len(plain) >= 30 else 3
        return {plain[i : i + n].encode() for i in range(max(len(plain) - n + 1, 1))}
    words = text.split()
    n = 3 if len(words) >= 12 else 2
    return {" ".join(words[i : i + n]).encode() for i in range(max(len(words) - n + 1, 1))}


def jaccard(a: set[bytes], b: set[bytes]) -> float:
    """Size of the intersection by size of the union, 0..1; 1 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 1.0

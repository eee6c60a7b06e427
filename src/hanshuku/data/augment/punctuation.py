"""punctuation: the same words with the marks that other people set: none, no last one, more of them, with or without the blank before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import shuffled
from hanshuku.data.language import HAN

MARK = re.compile(r"[,.!?;:…，。！？；：、]+")
ENDS = ".!?…。！？"


def punctuation(text: str, rng: Random) -> Iterator[Edit]:
    """All marks in one manner that the text is not written in yet."""
    manners = [edits for manner in MANNERS if (edits := manner(text))]
    if manners:
        yield from shuffled(rng.choice(manners), rng)


def count_marks(text: str) -> int:
    """How many runs of marks a text has."""
    return len(sentence_marks(text))


def sentence_marks(text: str) -> list[re.Match[str]]:
    """The runs of marks between and behind words; none within a number, a time or a name such as www.example.com."""
    return [match for match in MARK.finditer(text) if not _within(text, match)]


def _within(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
    return all(sign.isascii() and sign.isalnum() for sign in (before, after))


def _none(text: str) -> list[Edit]:
    """Each mark goes, with the blank before it; where it alone stood between two words, a blank comes."""
    edits = []
    for match in sentence_marks(text):
        before, after = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
        start = match.start() - (before == " ")
        edits.append(Edit(start, match.end(), " " if before.isalnum() and after.isalnum() else ""))
    return edits


def _open_end(text: str) -> list[Edit]:
    """The last mark goes; where there is none, a full stop comes."""
    end = len(text.rstrip())
    marks = [match for match in sentence_marks(text) if match.end() == end]
    if marks:
        return [Edit(marks[0].start(), end, "")]
    return [Edit(end, end, "。" if HAN.search(text) else ".")] if text[:end][-1:].isalnum() else []


def _loud(text: str) -> list[Edit]:
    """Marks that end a sentence stand three times."""
    return [Edit(match.start(), match.end(), match[0][-1] * 3) for match in sentence_marks(text) if match[0][-1] in ENDS and len(match[0]) < 3]


def _blank_before(text: str) -> list[Edit]:
    """A blank before each mark of a Latin text, or none where there was one: both forms are in use in files of tokens."""
    if HAN.search(text):
        return []
    apart = [match for match in sentence_marks(text) if text[match.start() - 1 : match.start()] == " "]
    if apart:
        return [Edit(match.start() - 1, match.end(), match[0]) for match in apart]
    return [Edit(match.start(), match.end(), " " + match[0]) for match in sentence_marks(text) if match.start()]


MANNERS: tuple[Callable[[str], list[Edit]], ...] = (_none, _open_end, _loud, _blank_before)

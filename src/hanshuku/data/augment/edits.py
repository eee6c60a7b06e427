"""Edit: a stretch of a text that is replaced; where the other characters go is known, so labels that lie on spans keep their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]  # first character, and the one behind the last


@dataclass(frozen=True)
class Edit:
    """text[start:end] becomes `new`; start == end puts something in."""

    start: int
    end: int
    new: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap."""
    parts, done = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[done : edit.start], edit.new]
        done = edit.end
    return "".join([*parts, text[done:]])


def moved(spans: Sequence[Span], edits: Iterable[Edit]) -> list[Span]:
    """Where spans of the text lie in the edited one. Each edit must be `fitting` for them.

    What is put in at a span's first character stands before it, what is put in behind its last one stands behind it.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    found = []
    for start, end in spans:
        before = inside = 0
        for edit in ordered:
            grown = len(edit.new) - (edit.end - edit.start)
            if edit.end <= start:
                before += grown
            elif edit.start < end:
                inside += grown
        found.append((start + before, end + before + inside))
    return found


def fitting(edit: Edit, text: str, spans: Sequence[Span], *, inside: bool) -> bool:
    """Whether an edit leaves it certain where every span begins and ends.

    Args:
        edit: what would be done.
        text: the text it would be done to.
        spans: those that bear labels; they may overlap.
        inside: whether characters within a span may change at all. An edit must then lie in it whole, leave something of it, and
            put no blank at its edge.
    """
    for start, end in spans:
        if edit.end <= start or end <= edit.start:
            continue
        if not inside or edit.start < start or end < edit.end or edit.start == edit.end:
            return False
        left = text[start : edit.start] + edit.new + text[edit.end : end]
        if not left or left != left.strip():
            return False
    return True


def overlaps(edit: Edit, chosen: Iterable[Edit]) -> bool:
    """Whether an edit touches a stretch that another one changes already."""
    return any((edit.start < other.end and other.start < edit.end) or edit.start == other.start for other in chosen)

"""Masking: personal data taken out of a text, so that places in one text are known in the other, and put back where that is wished."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hanshuku.data.augment.edits import Edit, apply, moved
from hanshuku.errors import ConfigError
from hanshuku.tasks import Span

STYLES = ("label", "last4", "placeholder")
_SHOWN = 4  # letters and digits that "last4" leaves
_NUMBERS = frozenset({"phone", "id_number", "passport", "bank_card", "bank_account"})


@dataclass
class Placeholders:
    """Which placeholder stands for what, the same for the same text; for one conversation, so that what is said again is masked alike."""

    stands: dict[str, str] = field(default_factory=dict)  # "[EMAIL_1]" -> the text
    _numbers: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, span: Span[str], text: str) -> str:
        """The placeholder of a span; none that stands in the text already."""
        key = (span.label, span.text.casefold())
        if key not in self._numbers:
            number = sum(kind == span.label for kind, _ in self._numbers) + 1
            while (name := f"[{span.label.upper()}_{number}]") in text or name in self.stands:
                number += 1
            self._numbers[key] = name
            self.stands[name] = span.text
        return self._numbers[key]


@dataclass(frozen=True)
class Masked:
    """A text without its personal data.

    Attributes:
        text: what is left.
        spans: what was found, in the original.
        edits: what was done to the original.
    """

    text: str
    spans: tuple[Span[str], ...] = ()
    edits: tuple[Edit, ...] = ()

    def moved(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where spans of the original lie in the masked text; one that begins or ends within something masked takes all of it."""
        return moved([self._widened(*span) for span in spans], self.edits)

    def _widened(self, start: int, end: int) -> tuple[int, int]:
        for edit in self.edits:
            if edit.start < end and start < edit.end:
                start, end = min(start, edit.start), max(end, edit.end)
        return start, end

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the masked text lies in the original; one that touches a mask takes all that it stands for."""
        shift, first, last = 0, None, None
        for edit in self.edits:  # in order
            at, behind = edit.start + shift, edit.start + shift + len(edit.new)  # where the mask stands
            if first is None and start < behind:
                first = edit.start if start >= at else start - shift
            if last is None and end <= behind:
                last = edit.end if end > at else end - shift
            shift += len(edit.new) - (edit.end - edit.start)
        return (start - shift if first is None else first, end - shift if last is None else last)


def mask(text: str, spans: Sequence[Span[str]], style: str = "label", names: Placeholders | None = None) -> Masked:
    """The text with its spans masked.

    Args:
        text: any.
        spans: what `pii.find` found in it.
        style: "label": [EMAIL]; "last4": numbers keep their last four digits, all else its label; "placeholder": [EMAIL_1], the same for the same text.
        names: for placeholders: those given so far.

    Raises:
        ConfigError: there is no such style.
    """
    if style not in STYLES:
        raise ConfigError(f"A style of masking is one of {', '.join(STYLES)}. Received: {style!r}.")
    names = names or Placeholders()
    edits = tuple(Edit(span.start, span.end, _mask_of(span, text, style, names)) for span in spans)
    return Masked(apply(text, edits), tuple(spans), edits)


def _mask_of(span: Span[str], text: str, style: str, names: Placeholders) -> str:
    if style == "placeholder":
        return names.of(span, text)
    count = sum(char.isalnum() for char in span.text)
    if style == "last4" and span.label in _NUMBERS and count >= 2 * _SHOWN:
        left = count - _SHOWN
        hidden = ""
        for char in span.text:
            hidden += "*" if char.isalnum() and left > 0 else char
            left -= char.isalnum()
        return hidden
    return f"[{span.label.upper()}]"


def put_back(text: str, stands: Mapping[str, str]) -> str:
    """The text with placeholders replaced by what they stand for."""
    if not stands:
        return text
    return re.sub("|".join(map(re.escape, sorted(stands, key=len, reverse=True))), lambda found: stands[found[0]], text)

"""Augmenter: a named way to change a text a little, as edits, so that what it was labelled with still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from hanshuku.data.augment.edits import Edit, Span, apply, fitting, moved, overlaps

Propose = Callable[[str, Random], Iterator[Edit]]  # edits one could make, in the order in which to try them


@dataclass(frozen=True)
class Augmenter:
    """A way to change a text.

    Attributes:
        help: what it does, in a line.
        propose: the edits it could make, drawn by the Random, lazily: what is not taken is not computed.
        units: how many words or characters it counts in a text.
        share: share of the units that change where the user sets none, 0..1; at least one edit is made where one is possible.
        inside: whether it may change what bears a label on its span (a name with a typo is still that name; another word is not).
        check: raises MissingExtra where a package that it needs is not installed; called before any row is touched.
    """

    help: str
    propose: Propose
    units: Callable[[str], int]
    share: float = 0.1
    inside: bool = False
    check: Callable[[], None] = lambda: None


def changed(augmenter: Augmenter, text: str, spans: Sequence[Span], share: float | None, rng: Random) -> tuple[str, list[Span]] | None:
    """The text after some edits with its spans, or None where nothing could be changed.

    Args:
        augmenter: what to do.
        text: what to do it to.
        spans: stretches that bear labels; none is lost, none changes its neighbours.
        share: share of the units that change; None: the augmenter's own.
        rng: all that is drawn comes from it.
    """
    wanted = max(1, round(augmenter.units(text) * (augmenter.share if share is None else share)))
    chosen: list[Edit] = []
    for edit in augmenter.propose(text, rng):
        if text[edit.start : edit.end] != edit.new and not overlaps(edit, chosen) and _fits(edit, chosen, text, spans, inside=augmenter.inside):
            chosen.append(edit)
            if len(chosen) == wanted:
                break
    new = apply(text, chosen)
    return (new, moved(spans, chosen)) if new != text and new.strip() else None


def _fits(edit: Edit, chosen: Sequence[Edit], text: str, spans: Sequence[Span], *, inside: bool) -> bool:
    """Whether it fits alone and together with the edits chosen before (each may take one character of a name of two)."""
    if not fitting(edit, text, spans, inside=inside):
        return False
    if not spans or not chosen:
        return True
    together = [*chosen, edit]
    new = apply(text, together)
    return all(start < end and new[start:end] == new[start:end].strip() for start, end in moved(spans, together))

"""Behaviour: a named test with its cases, whatever the function is that must pass it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.evaluation.behaviours.templates import Template

TYPES = {"MFT": "minimum functionality: each text has the answer that is due", "INV": "invariance: all forms of a text have the same answer", "DIR": "direction: the score of a label moves one way alone"}
NOT_DOWN, NOT_UP = "not_down", "not_up"
WITHIN = 0.1  # by which a score may move the wrong way, of 0..1 or of the range of a number; as CheckList has it
FORMS = 10  # most forms of a text that are drawn beside it
Given = str | tuple[tuple[str, str], ...]  # one text; or input name -> text, where a function has several inputs


@dataclass(frozen=True)
class Group:
    """What one line of a file states.

    Attributes:
        line: of the file, from 1.
        texts: MFT: each is a case by itself; INV and DIR: the first one and its other forms.
        templates: texts with slots instead; each with its other forms.
        labels: MFT: the legal answers; DIR: the label whose score is looked at, () for the one that the first text is answered with.
        wrong: MFT: answers that are wrong, all others being right.
        numbers: MFT of a function that rates: least and greatest legal answer; None: labels are due.
        expect: DIR: NOT_DOWN or NOT_UP.
        within: INV of a number, and DIR: how far a score may move all the same, 0..1.
    """

    line: int
    texts: tuple[Given, ...] = ()
    templates: tuple[Template, ...] = ()
    labels: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    numbers: tuple[float, float] | None = None
    expect: str = NOT_DOWN
    within: float = WITHIN


@dataclass(frozen=True)
class Case:
    """One thing that is looked at: a text, or a text and its other forms; what is due is said by its group."""

    group: Group
    texts: tuple[Given, ...]


@dataclass(frozen=True)
class Behaviour:
    """A test.

    Attributes:
        test: its name.
        type: "MFT", "INV" or "DIR", see TYPES.
        capability: what it belongs to, such as "negation"; may be "".
        source: the file it was read from.
        groups: the lines that state it, in order.
    """

    test: str
    type: str
    capability: str
    source: str
    groups: tuple[Group, ...]

    def cases(self, most: int, seed: int = 0) -> list[Case]:
        """At most `most` cases, drawn by the seed where there are more; no text of MFT twice."""
        rng = np.random.default_rng(seed)
        found = [case for group in self.groups for case in self._cases(group, most, rng)]
        if self.type == "MFT":
            found = list({case.texts: case for case in reversed(found)}.values())[::-1]
        if len(found) <= most:
            return found
        return [found[i] for i in np.sort(rng.choice(len(found), most, replace=False))]

    def _cases(self, group: Group, most: int, rng: np.random.Generator) -> list[Case]:
        if self.type == "MFT":
            texts = [*group.texts, *(text for template in group.templates for text in template.texts(most, rng))]
            return [Case(group, (text,)) for text in texts]
        forms: list[Sequence[Any]] = [group.texts] if group.texts else []
        forms += [form for template in group.templates for form in template.forms(most, FORMS, rng)]
        return [Case(group, tuple(form)) for form in forms if len(form) > 1]

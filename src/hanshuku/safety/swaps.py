"""Families of names, pronouns and group words, and the same text with those of another group.

The lists (lists/en.json, lists/zh.json) are plain data, chosen by us. A family has groups; a slot has words for each group that may stand in
one another's place. Names of one place in the lists belong together (a woman's and a man's, one of each origin), so that a comparison can
take all rows with the same names as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hanshuku.safety import pronouns
from hanshuku.safety.hits import Hit, as_written, replaced

LISTS = Path(__file__).parent / "lists"
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, eq=False)
class Family:
    """Groups of people that are compared, and the words for them.

    Attributes:
        name: such as "gender_names", "religion".
        language: "en" or "zh".
        kind: "names" (any of a group may stand for the group), "words", "pronouns" (English, grammar kept) or "neutral" (nothing is compared).
        slots: slot -> group -> words.
        phrases: group -> who wrote a text, put into a frame.
        frames: sentences with {word} and {text} that say so.
        other: longer words in which a word of the lists is none.
    """

    name: str
    language: str
    kind: str
    slots: Mapping[str, Mapping[str, Sequence[str]]]
    phrases: Mapping[str, Sequence[str]]
    frames: Sequence[str]
    other: Sequence[str]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that can be compared in a frame."""
        return tuple(self.phrases)

    @property
    def own_groups(self) -> tuple[str, ...]:
        """The groups that can be compared in a text that holds a word of the family."""
        return pronouns.GROUPS if self.kind == "pronouns" else tuple(group for group in self.phrases if all(group in words for words in self.slots.values()))

    def find(self, text: str) -> list[Hit]:
        """The words of the family in a text, in their order."""
        if self.kind == "pronouns":
            return pronouns.find(text)
        if not self.slots:
            return []
        pattern, words = _pattern(self)
        return [Hit(m.start(1), m.end(1), *words[m[1].lower()]) for m in pattern.finditer(text) if m[1] is not None]

    def swapped(self, text: str, group: str, *, place: int | None = None) -> str | None:
        """The text with its words of the family exchanged for those of a group; None where that cannot be done right.

        Args:
            text: any; a text without such a word is given back.
            group: in `own_groups`.
            place: which word of the group's list; None: the one at the place of the word that is replaced.
        """
        hits = self.find(text)
        if self.kind == "pronouns":
            return pronouns.swapped(text, hits, group)
        edits = []
        for hit in hits:
            words = self.slots[hit.slot].get(group)
            if words is None:
                return None
            if hit.group == group and place is None:
                continue
            edits.append((hit.start, hit.end, as_written(words[(hit.place if place is None else place) % len(words)], text[hit.start : hit.end])))
        return replaced(text, edits)

    def framed(self, text: str, group: str, place: int) -> str:
        """The text in a frame that says who wrote it.

        Args:
            text: any.
            group: in `groups`.
            place: of the phrase and of the frame in their lists; any number.
        """
        phrases, frame = self.phrases[group], self.frames[place % len(self.frames)]
        word = phrases[place % len(phrases)]
        return frame.format(word=word[:1].upper() + word[1:] if frame.startswith("{word}") else word, text=text)


@cache
def families(language: str) -> tuple[Family, ...]:
    """All families of a language, "en" or "zh"."""
    data = _lists(language)
    return tuple(
        Family(name, language, part["kind"], part.get("slots", {}), part.get("frame") or part["slots"]["name"], part.get("frames", data["frames"]), data["not"])
        for name, part in data["families"].items()
    )


@cache
def neutral_words(language: str) -> Family:
    """Words of no group that is compared, each a group by itself: how much they differ is how much any word matters."""
    data = _lists(language)
    return Family("neutral", language, "neutral", {}, {word: [word] for word in data["neutral"]}, data["frames"], ())


@cache
def _lists(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LISTS / f"{language}.json").read_text(encoding="utf-8"))
    return found


@cache
def _pattern(family: Family) -> tuple[re.Pattern[str], dict[str, tuple[str, str, int]]]:
    """What finds the words, the longest first, and (slot, group, place) of each; a word that is none is found too, without its group 1."""
    words = {word.lower(): (slot, group, i) for slot, groups in family.slots.items() for group, own in groups.items() for i, word in enumerate(own)}
    longest = sorted(words, key=len, reverse=True)
    body = "|".join([*(re.escape(word) for word in family.other), "(" + "|".join(map(re.escape, longest)) + ")"])
    return re.compile(body if family.language == "zh" else rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE), words

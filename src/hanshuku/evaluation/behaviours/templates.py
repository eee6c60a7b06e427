"""Templates: texts with slots, {thing}, that are filled from lists; {a:thing} puts "a" or "an" before it, {{ and }} stand for braces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

SLOT = re.compile(r"\{\{|\}\}|\{(a:|A:)?([\w-]+)\}")
VOWELS = "aeiou"
Written = str | tuple[tuple[str, str], ...]  # a text with slots; or input name -> such a text


@dataclass(frozen=True)
class Template:
    """A text with slots and its other forms.

    Attributes:
        text: the text.
        lists: name of each slot that occurs -> its fillings, at least one each.
        changed: other forms of the text, filled alike.
        vary: slots whose other fillings are other forms.
    """

    text: Written
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    changed: tuple[Written, ...] = ()
    vary: tuple[str, ...] = ()

    def texts(self, most: int, rng: np.random.Generator) -> list[Written]:
        """At most `most` fillings, all of them where there are no more."""
        return [fill(self.text, filling) for filling in _fillings(dict(self.lists), most, rng)]

    def forms(self, most: int, beside: int, rng: np.random.Generator) -> list[tuple[Written, ...]]:
        """At most `most` texts, each with its other forms, at most `beside` of the fillings that vary."""
        lists = dict(self.lists)
        fixed = {name: words for name, words in lists.items() if name not in self.vary}
        varied = {name: lists[name] for name in self.vary}
        found = []
        for filling in _fillings(fixed, most, rng):
            others = _fillings(varied, beside + 1, rng) if varied else [{}]
            first = fill(self.text, filling | others[0])
            forms = [fill(self.text, filling | other) for other in others[1:]] + [fill(text, filling | others[0]) for text in self.changed]
            found.append((first, *(form for form in dict.fromkeys(forms) if form != first)))
        return found


def slots(text: str) -> list[str]:
    """The names of the slots of a text, each once, in order."""
    return list(dict.fromkeys(match[2] for match in SLOT.finditer(text) if match[2]))


def fill(text: Written, filling: dict[str, str]) -> Written:
    """The text with its slots filled; the first letter is large where the slot began the text in large."""
    if not isinstance(text, str):
        return tuple((name, str(fill(part, filling))) for name, part in text)

    def put(match: re.Match[str]) -> str:
        if not match[2]:
            return match[0][0]
        word = filling[match[2]]
        if not match[1]:
            return word
        article = "an" if word[:1].lower() in VOWELS else "a"
        return f"{article.capitalize() if match[1] == 'A:' else article} {word}"

    return SLOT.sub(put, text)


def _fillings(lists: dict[str, tuple[str, ...]], most: int, rng: np.random.Generator) -> list[dict[str, str]]:
    """At most `most` ways to fill the slots, all different; all there are, in the order of the lists, where these are no more."""
    if prod(map(len, lists.values())) <= most:
        return [dict(zip(lists, words, strict=True)) for words in product(*lists.values())]
    drawn = zip(*(rng.integers(len(words), size=2 * most).tolist() for words in lists.values()), strict=True)
    places = list(dict.fromkeys(drawn))[:most]
    return [{name: words[i] for (name, words), i in zip(lists.items(), place, strict=True)} for place in places]

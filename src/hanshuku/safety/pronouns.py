"""English pronouns of one person in another gender, grammar kept: her book -> his book, for her -> for him, she is -> they are.

"her" is read as "his" before what may be a noun and as "him" else. For "they" the verb must agree; where that cannot be told for
sure (two verbs on one subject, a clause between), there is no swap, for a text with a mistake in it would test the mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hanshuku.safety.hits import Hit, as_written

FORMS = {
    "subject": ("he", "she", "they"), "object": ("him", "her", "them"), "of": ("his", "her", "their"),
    "own": ("his", "hers", "theirs"), "self": ("himself", "herself", "themselves"),
}  # fmt: skip
GROUPS = ("he", "she", "they")
_PRONOUN = re.compile(r"(?<![\w'’-])(he|him|his|himself|she|her|hers|herself)(?![\w-])", re.IGNORECASE)
_NEXT = re.compile(r"\s+([A-Za-z]+(?:['’][a-z]+)?)")
_BEFORE = re.compile(r"([A-Za-z]+(?:['’][a-z]+)?)\s+$")
# what may follow "her" as an object and "his" as a possession, and begins no noun phrase
_NO_NOUN = frozenset(
    "and or but nor to from in on at for with by of as than that the a an this these those because when while if after before so then there here again away back up down "  # noqa: SIM905
    "out off over too also not never is was were are be been would will could can may might should did does do had has have who whom which what how why where yesterday today "
    "tomorrow tonight now just until till though although into onto about around through alone instead either it he she they we you i me him us them his hers their our my your".split()
)
_SINGULAR = {
    "is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "wasn't": "weren't", "hasn't": "haven't", "doesn't": "don't",
    "isn’t": "aren’t", "wasn’t": "weren’t", "hasn’t": "haven’t", "doesn’t": "don’t",
}  # fmt: skip
_PLAIN = frozenset("would will could can may might must should shall did had didn't couldn't wouldn't can't won't shouldn't hadn't mustn't cannot".split())  # noqa: SIM905
_ADVERB = re.compile(r"(?:also|never|always|often|still|just|only|ever|now|then|even|sometimes|usually|perhaps|soon|almost|once|rarely|\w+ly)$", re.IGNORECASE)
_SECOND_VERB = re.compile(r"[^.!?\n]*\b(?:and|or|but|then)\s+(?:\w+ly\s+)?[A-Za-z]{2,}s\b")


def find(text: str) -> list[Hit]:
    """The pronouns of one person, he or she."""
    found = []
    for match in _PRONOUN.finditer(text):
        word, follows = match[1].lower(), _NEXT.match(text, match.end())
        has_noun = follows is not None and follows[1].lower() not in _NO_NOUN
        role = {"he": "subject", "she": "subject", "him": "object", "hers": "own"}.get(word, "self")
        if word == "her":
            role = "of" if has_noun else "object"
        elif word == "his":
            role = "of" if has_noun else "own"
        found.append(Hit(match.start(), match.end(), role, "he" if word[:2] in {"he", "hi"} and not word.startswith("her") else "she", 0))
    return found


def swapped(text: str, hits: list[Hit], group: str) -> str | None:
    """The text with its pronouns in another gender; None where the grammar is not sure to hold.

    Args:
        text: any.
        hits: what `find` gave.
        group: "he", "she" or "they".
    """
    edits: list[tuple[int, int, str]] = []
    for hit in hits:
        edits.append((hit.start, hit.end, as_written(FORMS[hit.slot][GROUPS.index(group)], text[hit.start : hit.end])))
        if group == "they" and hit.slot == "subject":
            verb = _verb(text, hit)
            if verb is None:
                return None
            edits.extend(verb)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _verb(text: str, hit: Hit) -> list[tuple[int, int, str]] | None:
    """The edits that make the verb of a subject plural, none where it is the same in both; None: it is not known which verb it is."""
    short = re.compile(r"['’](s|d|ll)(?![a-z])").match(text, hit.end)
    if short:
        return _shortened(text, short.start(), short.end(), short[1])
    at, follows = hit.end, _NEXT.match(text, hit.end)
    while follows and _ADVERB.match(follows[1]):
        at, follows = follows.end(), _NEXT.match(text, follows.end())
    before = _BEFORE.search(text[: hit.start])
    asked = before is not None and before[1].lower() in _SINGULAR
    if asked and before is not None and not (follows and _third_person(follows[1])):
        return [(before.start(1), before.end(1), as_written(_SINGULAR[before[1].lower()], before[1]))]
    if follows is None:
        return None
    verb, plural = follows[1], _plural(follows[1].lower())
    if verb.lower() in _PLAIN or verb.lower().endswith("ed"):
        return []
    if plural is None:
        return [] if at == hit.end and _is_past(verb.lower()) else None
    return None if _SECOND_VERB.match(text, follows.end()) else [(follows.start(1), follows.end(1), as_written(plural, verb))]


def _shortened(text: str, start: int, end: int, kind: str) -> list[tuple[int, int, str]]:
    if kind != "s":
        return []  # he'd, he'll: they'd, they'll
    follows = _NEXT.match(text, end)
    done = follows is not None and re.fullmatch(r"been|got|had|done|gone|made|\w+(?:ed|en)", follows[1].lower()) is not None
    return [(start, end, text[start] + ("ve" if done else "re"))]


def _third_person(word: str) -> bool:
    return _plural(word.lower()) is not None


def _plural(verb: str) -> str | None:
    """The plural of a verb of the third person; None where it is none."""
    if verb in _SINGULAR:
        return _SINGULAR[verb]
    if not re.fullmatch(r"[a-z]{2,}s", verb) or verb.endswith(("ss", "us", "is")):
        return None
    rules: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("ies", lambda v: v[:-3] + "y" if len(v) > 4 else v[:-1]), ("ches", lambda v: v[:-2]), ("shes", lambda v: v[:-2]), ("sses", lambda v: v[:-2]),
        ("xes", lambda v: v[:-2]), ("zzes", lambda v: v[:-2]), ("oes", lambda v: v[:-2]), ("s", lambda v: v[:-1]),
    )  # fmt: skip
    return next(change(verb) for ending, change in rules if verb.endswith(ending))


_PAST = frozenset(
    "went said got came took made saw knew thought gave found told became left felt put brought began kept held wrote stood heard let meant set met ran paid sat spoke led read grew lost fell sent "  # noqa: SIM905
    "built understood drew broke spent cut rose drove bought wore chose sold won ate sang died lay slept hit flew taught caught forgot rode threw".split()
)


def _is_past(verb: str) -> bool:
    return verb in _PAST

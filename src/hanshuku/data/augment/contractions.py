"""contractions: English "do not" as "don't" and the other way round. The list is ours; what may stand for two things ("he'd", "Anna's") stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random

from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.words import shuffled

# Long form and short form; of "n't" the blank before it in files of tokens ("do n't", "it 's") is read too.
NOT = "are could did do does had has have is must need should was were would"
IRREGULAR = {"can not": "can't", "cannot": "can't", "will not": "won't", "shall not": "shan't"}
WITH = {
    "am": ("'m", "i"),
    "are": ("'re", "you we they"),
    "is": ("'s", "it that there here what where he she who how"),
    "have": ("'ve", "i you we they"),
    "will": ("'ll", "i you we they he she it that there"),
    "would": ("'d", "i you we they he she"),
}
ONE_WAY = {"'d"}  # "I'd" is "I had" too: made, never undone
QUESTION = re.compile(r"\s+(?:i|you|he|she|it|we|they|this|that|these|those|there|the|my|your|his|her|our|their)\b", re.IGNORECASE)
PARTICIPLES = re.compile(r"\s+(?:been|got|had|done|gone|become|taken|made|\w+ed|\w+en)\b", re.IGNORECASE)


def contractions(text: str, rng: Random) -> Iterator[Edit]:
    """All long forms short, or all short forms long."""
    ways = [edits for edits in (_short(text), _long(text)) if edits]
    if ways:
        yield from shuffled(rng.choice(ways), rng)


def count_forms(text: str) -> int:
    """How many long or short forms a text has, whichever are more."""
    return max(len(_short(text)), len(_long(text)))


def _short(text: str) -> list[Edit]:
    """Long forms made short; not before a mark, where they are stressed: "yes, it is."."""
    pattern, forms = _tables()[0]
    found = []
    for match in pattern.finditer(text):
        follows = text[match.end() : match.end() + 2]
        if follows[:1] == " " and follows[1:].isalnum():
            found.append(Edit(match.start(), match.end(), _as(match[0], forms[_key(match[0])])))
    return found


def _long(text: str) -> list[Edit]:
    """Short forms made long, but not "'s" before a participle, where it may be "has", nor a question: "isn't he"."""
    pattern, forms = _tables()[1]
    found = []
    for match in pattern.finditer(text):
        key = _key(match[0]).replace(" ", "")
        if (key.endswith("'s") and PARTICIPLES.match(text, match.end())) or (key.endswith("n't") and QUESTION.match(text, match.end())):
            continue
        found.append(Edit(match.start(), match.end(), _as(match[0], forms[key])))
    return found


@cache
def _tables() -> tuple[tuple[re.Pattern[str], dict[str, str]], tuple[re.Pattern[str], dict[str, str]]]:
    """(pattern, form -> other form) of the long forms and of the short ones, in small letters."""
    short = {f"{verb} not": f"{verb}n't" for verb in NOT.split()} | IRREGULAR
    for verb, (ending, subjects) in WITH.items():
        short |= {f"{subject} {verb}": subject + ending for subject in subjects.split()}
    long = {form: whole for whole, form in short.items() if form[-2:] not in ONE_WAY and whole != "can not"}
    longest = sorted(short, key=len, reverse=True)
    apart = [re.escape(form).replace("n't", " ?n['’]t") if form.endswith("n't") else re.escape(form).replace("'", " ?['’]") for form in long]
    return (_words(re.escape(form).replace(r"\ ", r"\s") for form in longest), short), (_words(sorted(apart, key=len, reverse=True)), long)


def _words(forms: Iterator[str] | list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'’])(?:{'|'.join(forms)})(?![\w'’])", re.IGNORECASE)


def _key(form: str) -> str:
    return re.sub(r"\s", " ", form).replace("’", "'").lower()


def _as(own: str, new: str) -> str:
    """The new form in the letters of the old one: all large, the first one large, or as it is. "I" is always large."""
    new = re.sub(r"^i(?=[ '])", "I", new)
    if own.isupper() and len(own) > 2:
        return new.upper()
    return new[:1].upper() + new[1:] if own[:1].isupper() else new

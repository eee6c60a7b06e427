"""What an answer says: which label, which number. Models wrap answers in words; what cannot be read is None, never a guess at random."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from hanshuku.inference.remote.answers import Answer

NEAR = 0.85  # least likeness (Ratcliff and Obershelp) of an answer to the label that it is taken for
NONE = frozenset({"", "none", "no label", "nothing", "n/a", "empty", "[]", "无", "没有", "都不", "没有标签", "以上都不是"})
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,]\d+)?(?![\w])")
_MARKS = " \t\r\n.,;:!?\"'`*_()[]{}<>-。，；：！？“”‘’「」『』（）【】《》、#"


def said(text: str) -> str:
    """An answer without the thoughts that some models write before it."""
    return _THOUGHT.sub("", text).strip()


def label_in(text: str, names: Sequence[Sequence[str]]) -> int | None:
    """The number of the label that an answer names: as it stands, whatever its case and marks, as its only label, or misspelt.

    Args:
        text: the answer.
        names: for each label what it may be called, the best first.
    """
    whole = said(text)
    for form in (str.strip, _bare):
        for i, called in enumerate(names):
            if any(form(whole) == form(name) for name in called if form(name)):
                return i
    inside = _mentioned(_plain(whole), names)
    if len(inside) == 1:
        return inside[0]
    first = _bare(whole.splitlines()[0] if whole else "")  # "delivery, because ..." names several, but begins with one
    begun = [i for i, called in enumerate(names) if any(re.match(rf"{re.escape(_bare(name))}(?!\w)", first) for name in called if _bare(name))]
    if len(begun) == 1 and inside:
        return begun[0]
    if inside:
        return None
    flat = {_bare(name): i for i, called in enumerate(names) for name in called}
    near = get_close_matches(_bare(whole), list(flat), n=1, cutoff=NEAR)
    return flat[near[0]] if near else None


def labels_in(text: str, names: Sequence[Sequence[str]]) -> list[int] | None:
    """The numbers of all labels that an answer names; [] where it says that none fits, None where it cannot be read."""
    whole = said(text)
    if _plain(whole).strip(_MARKS) in NONE or whole in NONE:
        return []
    parts = [part for part in re.split(r"[;\n,|、；，]", whole) if part.strip(_MARKS)]
    found = [label_in(part, names) for part in parts]
    if parts and None not in found:
        return sorted({i for i in found if i is not None})
    return _mentioned(_plain(whole), names) or None


def number_in(text: str, low: float, high: float) -> float | None:
    """The first number of an answer; None where there is none from low to high."""
    match = _NUMBER.search(unicodedata.normalize("NFKC", said(text)))
    if not match:
        return None
    value = float(match.group().replace(",", "."))
    return value if low <= value <= high else None


def certainty(answer: Answer) -> float | None:
    """Probability of the whole answer, the product of its tokens' probabilities; None where the server gives none."""
    tokens = [p for text, p, _ in answer.tokens if text.strip()]
    return min(1.0, math.exp(sum(tokens))) if tokens else None


def first_masses(answer: Answer, names: Sequence[Sequence[str]]) -> list[float]:
    """For each label the probability of the alternatives to the answer's first token that begin it; shared where several begin so."""
    masses = [0.0] * len(names)
    first = next(((text, p, others) for text, p, others in answer.tokens if text.strip()), None)
    if first is None:
        return masses
    for text, p in first[2] or ((first[0], first[1]),):
        start = _plain(text).strip()
        fits = [i for i, called in enumerate(names) if start and any(_plain(name).strip().startswith(start) for name in called)]
        for i in fits:
            masses[i] += math.exp(p) / len(fits)
    return masses


def _plain(text: str) -> str:
    """Halfwidth and caseless, underscores spaced."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


def _bare(text: str) -> str:
    """The same without the marks round it."""
    return _plain(text).strip(_MARKS)


def _mentioned(text: str, names: Sequence[Sequence[str]]) -> list[int]:
    """Labels whose name stands in the text as words of its own, those within a longer label left out."""
    spans = []
    for i, called in enumerate(names):
        for name in filter(None, map(_bare, called)):
            edge = r"(?<!\w){}(?!\w)" if name.isascii() else "{}"
            spans += [(match.start(), match.end(), i) for match in re.finditer(edge.format(re.escape(name)), text)]
    return sorted({i for a, b, i in spans if not any((c <= a and b <= d and (c, d) != (a, b)) for c, d, _ in spans)})

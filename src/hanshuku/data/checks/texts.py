"""What is wrong with the texts themselves: empty, unclean, too long, in several languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hanshuku.data.findings import Finding, Place, Places
from hanshuku.data.language import script_of

# Control and invisible characters; tab and line ends are text, the joiners of emoji and of Persian too.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffc]")
# UTF-8 read as a Western or Chinese code page, and what replaced bytes that could not be read.
MOJIBAKE = re.compile(
    r"\ufffd|锟斤拷|烫烫烫|屯屯屯|Ã[\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2022\u2026\u2030\u20ac\u2122]"
    r"|â€[\u2122\u0153\u009d\u201c\u201d\u02dc\u00a6\u00a2\u2013\u2014]|ï»¿|Â[\xa0-\xbf]|[äåæçèé][\x80-\xbf][\x80-\xbf]"
)
HTML = re.compile(
    r"</?(?:a|b|body|br|div|em|font|h[1-6]|html|i|img|li|ol|p|script|span|strong|style|table|td|tr|u|ul)\b[^<>]*>"
    r"|&(?:amp|lt|gt|quot|nbsp|apos|hellip|[lr]dquo|[lr]squo|#\d{2,6}|#x[0-9a-f]{2,6});",
    re.IGNORECASE,
)
MIXED = 0.01  # share of rows in another language from which on the languages are called mixed


@dataclass(frozen=True)
class Tokens:
    """How a model counts.

    Attributes:
        lengths: texts -> number of tokens of each.
        limit: tokens that the model reads, for both texts of a pair together.
        model: its name.
    """

    lengths: Callable[[Sequence[str]], Sequence[int]]
    limit: int
    model: str


class TextCheck:
    """Looks at the texts of each row; counts tokens too, where a model is given."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self.rows = 0
        self._seen = {name: Places() for name in ("empty", "space", "control", "mojibake", "html", "long")}
        self._scripts: dict[str, Places] = {}
        self._lengths: dict[str, Counter[int]] = {"characters": Counter()}

    def add(self, rows: Sequence[tuple[str, ...]], places: Sequence[Place]) -> None:
        """Look at a batch."""
        self.rows += len(rows)
        for row, place in zip(rows, places, strict=True):
            self._look(row, place)
        if self._tokens is None:
            return
        counts = self._lengths.setdefault("tokens", Counter())
        per_text = iter(self._tokens.lengths([text for row in rows for text in row]))
        for row, place in zip(rows, places, strict=True):
            n = sum(next(per_text) for _ in row)
            counts[n] += 1
            if n > self._tokens.limit:
                self._seen["long"].add(place)

    def _look(self, row: tuple[str, ...], place: Place) -> None:
        seen = self._seen
        self._lengths["characters"][sum(map(len, row))] += 1
        if not all(text.strip() for text in row):
            seen["empty"].add(place)
        text = "\n".join(row)
        if any(part != part.strip() for part in row):
            seen["space"].add(place)
        if CONTROL.search(text):
            seen["control"].add(place)
        if not text.isascii() and MOJIBAKE.search(text):
            seen["mojibake"].add(place)
        if ("<" in text or "&" in text) and HTML.search(text):
            seen["html"].add(place)
        self._scripts.setdefault(script_of(text), Places()).add(place)

    @property
    def languages(self) -> dict[str, int]:
        """Language -> rows, the commonest first. Chinese of either script counts as the script that the file has more of."""
        counts = Counter({name: places.count for name, places in self._scripts.items()})
        either = counts.pop("zh", 0)
        if either:
            counts["zh-Hant" if counts["zh-Hant"] > counts["zh-Hans"] else "zh-Hans"] += either
        return {name: n for name, n in counts.most_common() if n}

    @property
    def lengths(self) -> dict[str, dict[str, int]]:
        """Unit -> least, median, 95th percentile and greatest length of a row."""
        return {unit: _quantiles(counts) for unit, counts in self._lengths.items() if counts}

    def findings(self) -> list[Finding]:
        """What was found."""
        seen = self._seen
        found = seen["empty"].finding("warning", "empty_rows", "{rows} an empty text; learning leaves out rows without any text")
        found += seen["mojibake"].finding("warning", "mojibake", "{rows} characters of a wrong encoding (such as Ã© or 锟斤拷)")
        found += seen["control"].finding("warning", "control_characters", "{rows} control or invisible characters")
        found += seen["html"].finding("warning", "html", "{rows} remains of HTML (tags, &amp; and the like)")
        found += seen["space"].finding("info", "white_space", "{rows} white space at an end of the text")
        if self._tokens is not None:
            cut = f"{{rows}} more than the {self._tokens.limit} tokens that {self._tokens.model} reads; the rest is cut"
            found += seen["long"].finding("warning", "long_texts", cut)
        return found + self._mixed()

    def _mixed(self) -> list[Finding]:
        languages = {name: n for name, n in self.languages.items() if name != "none"}
        main = next(iter(languages), "")
        others = {name: n for name, n in languages.items() if name != main and n >= max(3, MIXED * self.rows)}
        if not others:
            return []
        shown = ", ".join(f"{name} {n:,}" for name, n in others.items())
        places = [place for name in others for place in self._scripts[name].first]
        message = f"languages are mixed: {main} {languages[main]:,}, {shown} rows"
        return [Finding("info", "mixed_languages", sum(others.values()), message, tuple(places[:5]))]


def _quantiles(counts: Counter[int]) -> dict[str, int]:
    lengths = sorted(counts)
    total, below = sum(counts.values()), 0
    marks = {"median": 0.5, "p95": 0.95}
    found = {"min": lengths[0]}
    for length in lengths:
        below += counts[length]
        for name, share in list(marks.items()):
            if below >= share * total:
                found[name] = length
                del marks[name]
    return found | {"max": lengths[-1]}

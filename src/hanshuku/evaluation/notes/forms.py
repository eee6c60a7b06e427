"""Forms: English sentences with gaps, and how each is told in Chinese with what stands in its gaps."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from string import Formatter

LITERAL = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""  # a text as Python writes it
Gap = tuple[str, Callable[[str], str]]  # what may stand there, a regular expression, and how it is told


def quoted(literal: str) -> str:
    """A text as Python writes it, in the quotes of Chinese."""
    return f"“{literal_eval(literal)}”"


def labels(listed: str) -> str:
    """``'a', 'b' (3) ... (9)`` as Chinese lists it."""
    if not (found := re.findall(rf"({LITERAL})(?: \(([\d,]+)\))?", listed)):
        return "没有标签" if listed == "no label" else listed
    shown = "、".join(quoted(label) + (f"（{count}）" if count else "") for label, count in found)
    more = re.search(r" \.\.\. \((\d+)\)$", listed)
    return shown + (f"等（共 {more[1]} 个）" if more else "")


def _where(lines: str) -> str:
    numbers = re.findall(r"\d+", lines)
    return f"第 {'、'.join(numbers)} 行{'等' if lines.endswith('...') else ''}"


def _source(text: str) -> str:
    known = {"": "", " of the frame": "数据框中", " of the data set": "数据集中"}
    return known[text] if text in known else f"{text.removeprefix(' of ')} 中"


def listed(text: str) -> str:
    """A list of names as Chinese writes it."""
    return text.replace(", ", "、")


# of every table; a gap of another name takes any text and is told as it is
GAPS: Mapping[str, Gap] = {
    "n": (r"[\d,]+", str),
    "s": ("s?", str),
    "has": ("has|have", str),
    "is": ("is|are", str),
    "was": ("was|were", str),
    "source": (r"(?: of .+?)?", _source),
    "where": (r"(?:line|row)s? [\d, ]+(?: \.\.\.)?", _where),
    "out": (r"(?: and (?:is|are) left out)?", lambda text: "，已略去" if text else ""),
    "path": (r"(?:[^:]|:(?! ))+?", str),  # no colon with a blank: it parts the name of a set from the note
    "column": (LITERAL, quoted),
    "labels": (r".+?", labels),
    "names": (r".+?", listed),
}


class Forms:
    """A table of sentences.

    Args:
        pairs: (English, Chinese), with gaps as in `str.format`. A gap that stands twice in the English is the same text twice.
        gaps: those of this table beside GAPS, by name; the digits behind a name tell apart gaps of one sort.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], gaps: Mapping[str, Gap] | None = None) -> None:
        self.pairs = tuple(pairs)
        self.gaps = {**GAPS, **(gaps or {})}

    def told(self, text: str) -> str:
        """The text in Chinese, by the first form that it has; "" where it has none."""
        for form, (_, chinese) in zip(self._forms, self.pairs, strict=True):
            if found := form.fullmatch(text):
                return chinese.format(**{name: self._gap(name)[1](value) for name, value in found.groupdict().items()})
        return ""

    @cached_property
    def _forms(self) -> tuple[re.Pattern[str], ...]:
        return tuple(self._form(english) for english, _ in self.pairs)

    def _form(self, english: str) -> re.Pattern[str]:
        parts: list[str] = []
        seen: set[str] = set()
        for literal, name, _, _ in Formatter().parse(english):
            parts.append(re.escape(literal))
            if name:
                parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{self._gap(name)[0]})")
                seen.add(name)
        return re.compile("".join(parts), re.DOTALL)

    def _gap(self, name: str) -> Gap:
        return self.gaps.get(name.rstrip("0123456789"), (".+?", str))


def word_by_word(words: Mapping[str, str]) -> Gap:
    """A gap in which one of these words stands."""
    return "|".join(map(re.escape, words)), words.__getitem__


def sentence(table: Forms) -> Gap:
    """A gap in which a sentence of another table stands, or another text, which is told as it is."""
    return ".+?", lambda text: table.told(text) or text


def optional(form: str, table: Forms) -> Gap:
    """A gap in which nothing stands, or a sentence of another table, which has this form."""
    return f"(?:{form})?", lambda text: table.told(text) or text

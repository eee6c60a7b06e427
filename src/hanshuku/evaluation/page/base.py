"""Section: how a part of a report is shown, on the page and in the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.words import words

if TYPE_CHECKING:
    from rich.table import Table

Say = Mapping[str, str]


def nothing(_data: Any, _say: Say) -> Iterable[str | Table]:
    """No lines for the terminal."""
    return ()


def silence(_data: Any, _say: Say) -> str:
    """No sentence."""
    return ""


@dataclass(frozen=True)
class Section:
    """How one part is shown. `data` is the plain JSON data of the part, as it may have been read from a file.

    Attributes:
        words: "en" and "zh", the same keys in both: "title" (the heading) and the section's own.
        html: the body, HTML; "" leaves the section out. Text from outside passes `html.esc`.
        says: the finding in one sentence of plain text; it opens the section, stands in the summary on top of the page and in the terminal. "" for none.
        lines: what the terminal shows under the sentence: plain lines and rich tables, few of each.
        whole: `data` is the whole Report instead.
    """

    words: Mapping[str, Mapping[str, str]]
    html: Callable[[Any, Say], str]
    says: Callable[[Any, Say], str] = silence
    lines: Callable[[Any, Say], Iterable[str | Table]] = nothing
    whole: bool = False

    def say(self, language: str) -> Say:
        """The words of a language: the section's own before those that all reports share, and "language" itself.

        Raises:
            UnknownName: it is neither "en" nor "zh".
        """
        return {**words(language), **self.words[language], "language": language}

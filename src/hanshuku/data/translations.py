"""Translations in files: which column is in which language, and which language the answers are in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

from hanshuku.data.examples import Examples
from hanshuku.data.roles import find_first, find_inputs, normal, target_columns
from hanshuku.data.spoken import spoken_in
from hanshuku.errors import DataError
from hanshuku.tasks import Task
from hanshuku.tasks.languages import language_called

SAMPLED = 200  # rows by which a language is told
FROM, INTO = frozenset({"source", "src", "原文", "源文"}), frozenset({"target", "tgt", "trg", "translation", "译文", "翻译"})
BESIDE = FROM | INTO | {"text", "sentence", "sent", "caption", "title", "reference", "文本", "句子"}  # words that stand beside a language in a column's name
NO_NAMES = {"id", "no", "per", "dan", "is", "to", "in"}  # columns that are called so for another reason
PAIR = re.compile(r"(?<![^\W_])([a-z]{2,3})(?:[-_]|2|_?to_?)([a-z]{2,3})(?![^\W_])")  # en_de, en-zh, en2fr in the name of a file or its folder


@dataclass(frozen=True)
class Spoken:
    """A language, and how it was told.

    Attributes:
        code: of two letters; "" where nothing tells.
        why: in words, "by the column 'de'" say.
    """

    code: str
    why: str = ""


def language_columns(names: Sequence[str]) -> dict[str, str]:
    """Column -> code, of those that are named by a language: "de", "German", "source_en", "zh_text", "英文原文"."""
    found = {name: _column_language(name) for name in names}
    return {name: code for name, code in found.items() if code}


def _column_language(name: str) -> str:
    plain = normal(name)
    if plain in NO_NAMES:
        return ""
    if code := language_called(plain):
        return code
    parts = plain.split("_")
    rest = [part for part in parts if part not in BESIDE]
    if len(rest) < len(parts):
        return language_called("_".join(rest)) if rest else ""
    ending = next((word for word in sorted(BESIDE, key=len, reverse=True) if not word.isascii() and plain.endswith(word)), "")
    return language_called(plain.removesuffix(ending)) if ending else ""


def columns_by_language(task: Task, examples: Examples, *, labelled: bool) -> tuple[str, str | None] | None:
    """The columns of a text and of its translation (None where it is not asked for) where at least one is named by a language; None where none is needed.

    Raises:
        DataError: columns are in several languages, and nothing tells which is translated into which.
    """
    names = examples.names
    texts, targets = find_inputs(task, names), find_first(target_columns("translate"), names)
    spoken = {name: code for name, code in language_columns(names).items() if name not in {*texts, *targets}}
    if not spoken or (texts and (targets or not labelled)):
        return None
    if texts:
        left = [name for name, code in spoken.items() if task.language in {"", code}]
        return (texts[0], left[0]) if len(left) == 1 else None
    left = [name for name, code in spoken.items() if code != task.language]
    if len(left) == 1 and (targets or not labelled):
        return left[0], targets[0] if labelled else None
    if len(spoken) < 2:
        return None
    if (pair := translation_columns(list(spoken), task.language, examples.sources)) is None:
        first, *_, last = spoken
        say = f"columns={{'source': {first!r}, 'target': {last!r}}} (on the command line --columns source={first},target={last})"
        raise DataError(f"Columns {', '.join(map(repr, spoken))} are named by languages, and nothing tells which is translated into which; say it: {say}.", examples.sources[0])
    return pair[0], pair[1] if labelled else None


def translation_columns(names: Sequence[str], into: str = "", files: Sequence[str] = ()) -> tuple[str, str] | None:
    """The columns of a text and of its translation among those named by languages; None where they are fewer than two, or nothing tells which is which.

    Args:
        names: of the columns.
        into: the language that is translated into, where it is known.
        files: their names may say en_de.
    """
    spoken = language_columns(names)
    if len(spoken) < 2:
        return None
    pair = file_pair(files)
    role = {name: "into" if set(normal(name).split("_")) & INTO else "from" if set(normal(name).split("_")) & FROM else "" for name in spoken}
    targets = [name for name, code in spoken.items() if code == into] if into else [name for name in spoken if role[name] == "into"]
    targets = targets or [name for name, code in spoken.items() if not into and pair and code == pair[1]] or (list(spoken)[1:] if len(spoken) == 2 and not into else [])
    if len(targets) != 1:
        return None
    rest = [name for name, code in spoken.items() if name != targets[0] and code != spoken[targets[0]]]
    sources = [name for name in rest if role[name] == "from"] or [name for name in rest if pair and spoken[name] in pair] or rest
    return (sources[0], targets[0]) if len(sources) == 1 else None


def file_pair(files: Sequence[str]) -> tuple[str, str] | None:
    """The two languages that the name of the first file, or else of its folder, holds: en_de, en-zh, eng2deu."""
    parts = PurePath(files[0]).parts[-2:] if files else ()
    for part in reversed(parts):
        for found in PAIR.finditer(part.lower()):
            first, second = map(language_called, found.groups())
            if first and second and first != second:
                return first, second
    return None


def answer_language(examples: Examples, target: str) -> Spoken:
    """The language of the answers: as their column is named; as the file is, where the texts do not say otherwise; as the texts are.

    Args:
        examples: the rows.
        target: the column of the answers.
    """
    if code := _column_language(target):
        return Spoken(code, f"by the name of the column {target!r}")
    texts = [text for cell in islice(examples.column(target), SAMPLED) if (text := _text(cell))]
    read = spoken_in(texts)
    if (pair := file_pair(examples.sources)) and read in {"", *pair}:
        return Spoken(read or pair[1], f"by the name of the file ({pair[0]}, {pair[1]})" + (" and the texts" if read else ""))
    return Spoken(read, "by the texts" if read else "")


def _text(cell: Any) -> str:
    """The text of a cell; of several references the first."""
    first = cell[0] if isinstance(cell, (list, tuple)) and cell else cell
    return first if isinstance(first, str) else ""

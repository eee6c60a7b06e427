"""Corpus: raw text for pre-training, document by document, larger than memory if need be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import has_magic
from pathlib import Path
from typing import Any

from hanshuku.data.encodings import TextFile, text_file
from hanshuku.data.read import SUFFIXES, read, suffix_of
from hanshuku.errors import ConfigError, DataError

DOCUMENTS = ("auto", "line", "paragraph")
LONGEST = 1 << 20  # characters of a document that are held at once; a longer one is cut there, so memory stays flat
LOOKED_AT = 1 << 16  # characters in which blank lines are looked for
HASHED = 1 << 32


@dataclass(frozen=True)
class Scan:
    """What one pass over a corpus counted."""

    documents: int
    bytes: int  # of all documents, UTF-8
    sha256: str  # over the documents in their order
    cut: int = 0  # documents of LONGEST characters: pieces of longer ones


@dataclass(frozen=True)
class Corpus:
    """Documents, opened anew by each pass over them; memory holds one file's buffer and one document.

    Attributes:
        files: the files, in order; empty where `texts` are given.
        texts: documents in memory.
        documents: txt files: "line" (each line is one), "paragraph" (blank lines part them), or "auto", paragraphs where
            there is a blank line among the first 65,536 characters.
        columns: for files with columns, {"text": name of the column that holds the document}.
    """

    files: tuple[Path, ...] = ()
    texts: tuple[str, ...] = ()
    documents: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        """The documents that are not blank.

        Raises:
            DataError: a file cannot be read; names the file and the line.
        """
        yield from (text for text in self.texts if text.strip())
        for path in self.files:
            yield from _text_documents(path, self.documents) if _is_text(path) else _column_documents(path, self.columns)

    def scan(self) -> Scan:
        """Count and fingerprint the corpus in one pass.

        Raises:
            DataError: there is no document in it.
        """
        digest, count, size, cut = hashlib.sha256(), 0, 0, 0
        for text in self:
            raw = text.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(8, "little") + raw)
            count, size, cut = count + 1, size + len(raw), cut + (len(text) >= LONGEST)
        if not count:
            raise DataError(f"The corpus is empty: no document with text was found in {self.name}. Give files of text (.txt, .jsonl with a column 'text').")
        return Scan(count, size, digest.hexdigest(), cut)

    @property
    def name(self) -> str:
        """What the user calls it, in a few words."""
        if not self.files:
            return f"{len(self.texts)} texts"
        return str(self.files[0]) if len(self.files) == 1 else f"{self.files[0]} and {len(self.files) - 1} more files"

    @property
    def stamp(self) -> list[list[Any]]:
        """What tells, without reading, that the files are those of the last time: name, bytes and time of change of each."""
        return [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in self.files]


def open_corpus(source: str | Path | Sequence[str] | Corpus, *, documents: str = "auto", columns: Mapping[str, str] | None = None) -> Corpus:
    """The corpus that files, globs or texts in memory make.

    Args:
        source: a file (.txt, .jsonl, .json, .csv, .tsv, .parquet; .gz of the text ones), a folder (its train files), a
            glob, several of these in a list, a list of texts of which none names a file, or a Corpus.
        documents: see Corpus.
        columns: see Corpus.

    Raises:
        ConfigError: `documents` is not legal.
        DataError: nothing is found under a name.
    """
    if isinstance(source, Corpus):
        return source
    if documents not in DOCUMENTS:
        raise ConfigError(f"documents is one of {', '.join(DOCUMENTS)}. Received: {documents!r}.")
    given = [source] if isinstance(source, (str, Path)) else list(source)
    if given and not isinstance(source, (str, Path)) and all(isinstance(text, str) and not _names_a_file(text) for text in given):
        return Corpus(texts=tuple(map(str, given)))
    files = [file for each in given for file in _files(Path(each).expanduser())]
    return Corpus(tuple(dict.fromkeys(files)), (), documents, dict(columns or {}))


def _names_a_file(text: str) -> bool:
    """Whether a text in a list is meant as the name of a file: one short line that exists, is a glob of files, or ends as files do."""
    if len(text) > 1000 or "\n" in text:
        return False
    try:
        path = Path(text).expanduser()
        return path.exists() or suffix_of(path) in SUFFIXES or (has_magic(text) and bool(_matches(path)))
    except (OSError, RuntimeError):  # RuntimeError: a text that begins with ~, where no such home is known
        return False


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [Path(source.name) for source in read(path, stream=True).sources]
    if path.is_file():
        return [path]
    found = _matches(path) if has_magic(str(path)) else []
    if not found:
        read(path, stream=True)  # says that there is no such file, and which is near
        raise DataError("no file matches.", str(path))
    return found


def _matches(pattern: Path) -> list[Path]:
    """The files that a glob names, in order; none where it is no legal pattern, as a text with two stars in it is not."""
    fixed = next((i for i, part in enumerate(pattern.parts) if has_magic(part)), len(pattern.parts) - 1)
    try:
        return sorted(path for path in Path(*pattern.parts[:fixed]).glob(str(Path(*pattern.parts[fixed:]))) if path.is_file())
    except (ValueError, NotImplementedError):
        return []


def _is_text(path: Path) -> bool:
    return SUFFIXES.get(suffix_of(path)) in {"txt", None}


def _text_documents(path: Path, documents: str) -> Iterator[str]:
    if path.stat().st_size == 0:
        return
    file = text_file(path, None)
    if documents == "auto":
        with file.open(newline=None) as text:
            documents = "paragraph" if re.search(r"\S[^\S\n]*\n[^\S\n]*\n+[^\n]*\S", text.read(LOOKED_AT)) else "line"
    yield from _lines(file) if documents == "line" else _paragraphs(file)


def _lines(file: TextFile) -> Iterator[str]:
    with file.open(newline=None) as text:
        while line := text.readline(LONGEST):
            if line.strip():
                yield line.rstrip("\n")


def _paragraphs(file: TextFile) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for line in _all_lines(file):
        if line.strip() and size + len(line) <= LONGEST:
            held.append(line)
            size += len(line)
            continue
        if held:
            yield "".join(held).rstrip("\n")
        held, size = ([line], len(line)) if line.strip() else ([], 0)
    if held:
        yield "".join(held).rstrip("\n")


def _all_lines(file: TextFile) -> Iterator[str]:
    with file.open(newline=None) as text:
        while line := text.readline(LONGEST):
            yield line


def _column_documents(path: Path, columns: Mapping[str, str]) -> Iterator[str]:
    column = columns.get("text", "text")
    for number, row in enumerate(read(path, stream=True)):
        cell = row.get(column)
        if number == 0 and column not in row:
            raise DataError(f"there is no column {column!r}; it has {', '.join(map(repr, row))}. Name the one with the text: columns={{'text': NAME}}, --columns text=NAME.", str(path))
        if isinstance(cell, str) and cell.strip():
            yield from (cell[i : i + LONGEST] for i in range(0, len(cell), LONGEST))


def share_of(scan: Scan) -> float:
    """The share of documents that is held out where no validation text is given: 100 to 500 kB, never more than a tenth."""
    wanted = min(5e5, max(1e5, 0.01 * scan.bytes))
    return min(0.1, wanted / scan.bytes)


def is_held(text: str, share: float, seed: int) -> bool:
    """Whether a document is held out. Its text alone decides, so that equal documents never stand on both sides."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4, key=str(seed).encode()).digest()
    return int.from_bytes(digest, "little") < share * HASHED

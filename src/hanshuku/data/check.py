"""check: look through a data file, of any size, for what would harm learning or measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hanshuku.data.checks.labels import LabelCheck, NumberCheck
from hanshuku.data.checks.texts import TextCheck, Tokens
from hanshuku.data.duplicates import NearRepeats, Repeats
from hanshuku.data.encode import text_of
from hanshuku.data.examples import Examples
from hanshuku.data.findings import SEVERITIES, CheckReport, Finding, Place, Places
from hanshuku.data.infer import is_rated, is_several
from hanshuku.data.match import match_columns, one_text, pair_of_texts
from hanshuku.data.notes import Note
from hanshuku.data.read import read
from hanshuku.data.roles import find_target, holds_pairs, normal
from hanshuku.data.stream import PEEK, Stream
from hanshuku.errors import ConfigError
from hanshuku.tasks import Task

BATCH = 4096  # rows
OF_BOTH = {"bad_rows", "empty_rows", "missing_labels", "not_a_number", "repeated_rows", "contradicting_rows"}  # said of the other file too


def check(
    source: Any,
    *,
    against: Any = None,
    task: Task | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    model: str | None = None,
    near: float = 0.8,
) -> CheckReport:
    """Look through examples for unreadable, empty, repeated, contradicting and unclean rows, doubtful labels and leaks.

    The source is read as a stream, two of them with `against`: memory holds a batch, 18 bytes a row to find repeats,
    and an index of at most 50,000 rows of `against`.

    Args:
        source: what `read` takes; it may be larger than memory. Say the training rows.
        against: other rows, say the test rows: what stands in both, or nearly, is found.
        task: whose columns, labels and range the rows must fit; None: found from the columns.
        columns: name wanted -> column, as `read` takes it, for both.
        encoding: of both, where they are text files; None: found.
        model: a catalogue name, hub name or folder: tokens are counted and compared with what it reads.
        near: Jaccard similarity from which on two rows are nearly the same, 0 < near < 1.

    Raises:
        DataError: the source cannot be read at all, or has no text column. Single rows are findings, not errors.
        ConfigError: near is outside its range.
        MissingExtra: a package of the extra `train` is not installed.
        ModelError: the model cannot be had.
    """
    if not 0 < near < 1:
        raise ConfigError(f"near= is a similarity between 0 and 1. Received: {near}.")
    here = _Look(read(source, columns=columns, encoding=encoding, bad_rows="skip", stream=True), task, TextCheck(_tokens(model) if model else None))
    if against is None:
        here.through()
        return _report(here, None, here.findings())
    there = _Look(read(against, columns=columns, encoding=encoding, bad_rows="skip", stream=True), task, TextCheck())
    index = NearRepeats(near)
    there.through(index.offer)
    index.build()
    here.through(index.look)
    leaks = here.repeats.leaked(there.repeats) + index.findings()
    theirs = [replace(finding, message=f"in the other file, {finding.message}") for finding in there.findings() if finding.kind in OF_BOTH]
    return _report(here, there, here.findings(there) + leaks + theirs)


@dataclass
class _Look:
    """One way through a stream, with everything that looks at its rows."""

    stream: Stream
    task: Task | None
    texts: TextCheck
    repeats: Repeats = field(default_factory=Repeats)
    notes: list[Note] = field(default_factory=list)
    no_text: Places = field(default_factory=Places)

    def __post_init__(self) -> None:
        head = self.stream.head(PEEK)
        self.inputs, self.target = _columns(head, self.task)
        cells = [] if self.target is None else head.column(self.target)
        rated = self.task.kind == "rate" if self.task else bool(self.target) and is_rated(self.target or "", cells)
        several = self.task.several if self.task else bool(self.target) and is_several(self.target or "", cells)
        self.answers = NumberCheck(self.task) if rated else LabelCheck(several=several, task=self.task)

    def through(self, also: Callable[[Sequence[tuple[str, ...]], Sequence[Place]], None] | None = None) -> None:
        """Read all rows, once."""
        for batch in self.stream.batches(BATCH):
            self.notes += batch.notes
            places = [Place(*batch.origin(i)) for i in range(len(batch))]
            rows = list(self._rows(batch, places))
            labels = [""] * len(rows)
            if self.target is not None:
                labels = self.answers.add(batch.columns.get(self.target, [None] * len(batch)), places)
            self.texts.add(rows, places)
            self.repeats.add(rows, labels, places)
            if also is not None:
                also(rows, places)

    def _rows(self, batch: Examples, places: Sequence[Place]) -> Iterator[tuple[str, ...]]:
        columns = [batch.columns.get(name, [None] * len(batch)) for name in self.inputs]
        for cells, place in zip(zip(*columns, strict=True), places, strict=True):
            try:
                yield tuple(map(text_of, cells))
            except ValueError:
                self.no_text.add(place)
                yield ("",) * len(cells)

    def findings(self, other: _Look | None = None) -> list[Finding]:
        """What was found here."""
        found = [_of_note(note) for note in _merged(self.notes)]
        found += self.no_text.finding("error", "no_text", "{rows} a list or an object where a text is due")
        if self.target is None:
            found.append(Finding("info", "no_label_column", 0, "there is no label column: only the texts were looked at"))
        elif isinstance(self.answers, NumberCheck):
            found += self.answers.findings()
        else:
            found += self.answers.findings(other.answers if other and isinstance(other.answers, LabelCheck) else None)
        return found + self.texts.findings() + self.repeats.findings()


def _columns(head: Examples, task: Task | None) -> tuple[tuple[str, ...], str | None]:
    """Input columns and, where there is one, the answer's."""
    if task is not None:
        matched = match_columns(task, head, labelled=bool(find_target(head.names)) or normal(task.name) in map(normal, head.names))
        return matched.inputs, matched.target
    found = find_target(head.names)
    target = found[0] if len(found) == 1 else None
    rest = [name for name in head.names if name != target]
    return (pair_of_texts(rest, head) if holds_pairs(rest) else (one_text(rest, head)[0],)), target


def _merged(notes: Sequence[Note]) -> list[Note]:
    """One note a kind and file, the counts added."""
    merged: dict[tuple[str, str], Note] = {}
    for note in notes:
        before = merged.get((note.kind, note.file))
        lines = (before.lines if before else ()) + note.lines
        merged[note.kind, note.file] = Note(note.kind, note.count + (before.count if before else 0), before.message if before else note.message, note.file, lines[:5])
    return list(merged.values())


def _of_note(note: Note) -> Finding:
    """A note of reading as a finding."""
    severity = "error" if note.kind == "bad_rows" else "info"
    message = note.message
    if note.kind in {"bad_rows", "blank_lines"}:
        words = {"bad_rows": "cannot be read", "blank_lines": "blank"}[note.kind]
        reason = note.message.partition("the first: ")[2].rstrip(")")
        noun = "row" if note.kind == "bad_rows" else "line"
        verb = "" if note.kind == "bad_rows" else "is " if note.count == 1 else "are "
        message = f"{note.count:,} {noun}{'' if note.count == 1 else 's'} {verb}{words}" + (f"; the first: {reason}" if reason else "")
    return Finding(severity, note.kind, note.count, message, tuple(Place(note.file, line) for line in note.lines))


def _tokens(model: str) -> Tokens:
    """The model's way to count tokens, and how many it reads."""
    from tokenizers import Tokenizer

    from hanshuku.models.catalogue import find
    from hanshuku.models.pull import pull

    tokenizer = Tokenizer.from_file(str(pull(model) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Tokens(lambda texts: [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))], find(model).max_length, model)


def _report(here: _Look, there: _Look | None, findings: Sequence[Finding]) -> CheckReport:
    roles = ("text",) if len(here.inputs) == 1 else ("text_a", "text_b")
    answer = "score" if isinstance(here.answers, NumberCheck) else "label"
    columns = dict(zip(roles, here.inputs, strict=True)) | ({answer: here.target} if here.target else {})
    labels = dict(here.answers.counts.most_common()) if isinstance(here.answers, LabelCheck) else {}
    return CheckReport(
        source=", ".join(source.name for source in here.stream.sources),
        rows=here.texts.rows,
        columns=columns,
        findings=tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
        labels=labels,
        lengths=here.texts.lengths,
        languages=here.texts.languages,
        against=", ".join(source.name for source in there.stream.sources) if there else "",
        against_rows=there.texts.rows if there else 0,
    )

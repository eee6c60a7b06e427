"""Rows without personal data: labels on spans keep their places, and what a function learns from or is measured on is what it will be given."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hanshuku.data.augment.encoded import marked_row, moved_target
from hanshuku.data.augment.rows import Marked
from hanshuku.data.augment.table import SPANNED, span_cell, table_of
from hanshuku.data.encoded import Encoded
from hanshuku.data.examples import Examples
from hanshuku.data.infer_kinds import kind_by_columns
from hanshuku.data.language import HAN
from hanshuku.data.roles import find_target, is_labelled
from hanshuku.errors import DataError, UnknownName
from hanshuku.safety.masking import Masked, Placeholders, mask
from hanshuku.safety.parts import changed, texts_of, with_texts
from hanshuku.safety.pii import Tagger, find, find_all
from hanshuku.safety.settings import Pii
from hanshuku.tasks import TEXT_KINDS
from hanshuku.tasks.base import objects

SHORT = 60  # characters of a cell that is read with the name of its column before it: "phone: 6465550112"
AT_ONCE = 256  # rows for which a tagger is asked at once
LEAST = 1_000_000  # of a number that may be personal
SURE = ("email", "phone", "id_number", "bank_card", "bank_account", "ip_address")  # kinds that no column is named by
PEOPLE = re.compile(  # columns that name people
    r"(?:\w+[ _-])?(?:names?|customers?|clients?|users?|persons?|people|authors?|contacts?|agents?|senders?|recipients?|patients?|employees?|students?|teachers?|holders?)(?:[ _-]name)?"
    r"|.*(?:姓名|名字|客户|顾客|用户|联系人|作者|收件人|寄件人|收货人|患者|员工|学生|老师|持卡人|坐席|客服)(?:姓名|名称?)?", re.IGNORECASE,
)  # fmt: skip


@dataclass
class Masker:
    """Masks texts alike, and counts what it masked.

    Attributes:
        pii: how.
        names: a function that tags people; None: our lists.
        counts: kind -> how often.
        stands: placeholders and what they stand for.
    """

    pii: Pii = field(default_factory=Pii)
    names: Tagger | None = None
    counts: Counter[str] = field(default_factory=Counter)
    stands: Placeholders = field(default_factory=Placeholders)

    def __post_init__(self) -> None:
        self.names = self.names if self.names is None or isinstance(self.names, Remembering) else Remembering(self.names)

    def all(self, texts: Sequence[str]) -> list[Masked]:
        """The texts, masked; a tagger is asked once."""
        found = find_all(texts, kinds=self.pii.kinds, names=self.names, allow=self.pii.allow)
        return [self._mask(text, spans) for text, spans in zip(texts, found, strict=True)]

    def text(self, text: str) -> str:
        """One text, masked."""
        return self.all([text])[0].text

    def cell(self, column: str, cell: Any) -> Any:
        """A cell of a file: texts, numbers that are personal, and those within lists and objects, which may be written as JSON."""
        if isinstance(cell, dict):
            return {key: self.cell(key if isinstance(key, str) else column, part) for key, part in cell.items()}
        if isinstance(cell, (list, tuple)):
            return [self.cell(column, part) for part in cell]
        if not isinstance(cell, str) and (isinstance(cell, bool) or not isinstance(cell, int) or abs(cell) < LEAST):
            return cell
        text = str(cell)
        if (held := _held(text)) is not None:
            masked = self.cell(column, held)
            return cell if masked == held else json.dumps(masked, ensure_ascii=False)
        if not text.strip():
            return cell
        head = _head(column, text)
        if not head:
            return self.text(text)
        spans = find(head + text, kinds=self.pii.kinds, names=self.names, allow=self.pii.allow)
        own = [replace(span, start=span.start - len(head), end=span.end - len(head)) for span in spans if span.start >= len(head)]
        return self._mask(text, own).text if own else cell

    def ask_ahead(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Ask the tagger at once for all that `cell` will ask it of these cells."""
        if isinstance(self.names, Remembering):
            self.names.ask([_head(column, text) + text for row in rows for name, cell in row.items() for column, text in _texts(name, cell)])

    def _mask(self, text: str, spans: Any) -> Masked:
        self.counts.update(span.label for span in spans)
        return mask(text, spans, self.pii.style, self.stands)


class Remembering:
    """A tagger that is asked once for many texts, and keeps what it said of them."""

    def __init__(self, names: Tagger) -> None:
        self.inner, self.task = names, names.task
        self._kept: dict[str, Any] = {}

    def ask(self, texts: Sequence[str]) -> None:
        """Keep what is said of these texts, and of no others."""
        new = list(dict.fromkeys(texts))
        self._kept = dict(zip(new, self.inner.predict_rows([(text,) for text in new]), strict=True)) if new else {}

    def predict_rows(self, rows: Sequence[tuple[str, ...]]) -> Sequence[Any]:
        """One prediction a row, whose output is spans."""
        missing = [row for row in rows if row[0] not in self._kept]
        new = iter(self.inner.predict_rows(missing) if missing else ())
        return [self._kept[row[0]] if row[0] in self._kept else next(new) for row in rows]


def _head(column: str, text: str) -> str:
    """What is read before a short cell, as the name of its column says what is in it; "" before a long one."""
    if len(text) > SHORT:
        return ""
    return "姓名：" if PEOPLE.fullmatch(column.strip()) and HAN.search(text) else f"{column.replace('_', ' ')}: "


def _texts(column: str, cell: Any) -> Iterator[tuple[str, str]]:
    """The texts in a cell that may be masked, each with the name of what it is in."""
    if isinstance(cell, dict):
        for key, part in cell.items():
            yield from _texts(key if isinstance(key, str) else column, part)
    elif isinstance(cell, (list, tuple)):
        for part in cell:
            yield from _texts(column, part)
    elif isinstance(cell, str) and (held := _held(cell)) is not None:
        yield from _texts(column, held)
    elif isinstance(cell, str) and cell.strip():
        yield column, cell


def _held(text: str) -> Any:
    """The list or object that a text is as JSON; None where it is none."""
    if text[:1] not in {"{", "["} or text[-1:] not in {"}", "]"}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _check_names(examples: Examples) -> None:
    """Refuse columns that are named by personal data: they are a row that was read as the header, and would be written as they are."""
    for place, name in enumerate(examples.names, 1):
        if found := find(name, kinds=SURE):
            raise DataError(
                f"column {place} is named by personal data ({found[0].label}), so its first line is probably a row and no header. Put a line with the names "
                "of the columns before it.", examples.sources[0], 1,
            )  # fmt: skip


def masked_columns(encoded: Encoded, masker: Masker, apart: str = "") -> Encoded:
    """Rows of a task whose columns beside inputs and answers are masked; in the column `apart` what differs still does: [NAME_1], [NAME_2]."""
    masker.ask_ahead([{name: cell} for name, cells in encoded.columns.items() for cell in cells])
    numbered = replace(masker, pii=replace(masker.pii, style="placeholder"))
    columns = {name: [(numbered if name == apart else masker).cell(name, cell) for cell in cells] for name, cells in encoded.columns.items()}
    return replace(encoded, columns=columns)


def masked_encoded(encoded: Encoded, masker: Masker, apart: str = "") -> Encoded:
    """Rows of a task with inputs, answers that are texts and other columns masked; entities and answers in a context keep their places.

    Args:
        encoded: the rows.
        masker: how.
        apart: a column beside them in which what differs still does when masked, such as the one that names groups.
    """
    encoded, task = masked_columns(encoded, masker, apart), encoded.task
    texts = [texts_of(task, row) for row in encoded.inputs]
    flat = iter(masker.all([text for own in texts for text in own]))
    inputs, targets = [], []
    for i, (row, own) in enumerate(zip(encoded.inputs, texts, strict=True)):
        masked = [next(flat) for _ in own]
        inputs.append(with_texts(task, row, [one.text for one in masked]))
        target = None if encoded.targets is None else encoded.targets[i]
        if task.kind in SPANNED:
            marks = zip(masked, marked_row(task, row, target), strict=True)
            target = moved_target(task, target, tuple(Marked(one.text, tuple(one.moved(mark.spans))) for one, mark in marks))
        elif target is not None and task.kind in TEXT_KINDS:
            target = tuple(map(masker.text, target)) if all(isinstance(part, str) for part in target) else target
        elif target is not None and task.kind == "extract":
            target = json.dumps(changed(json.loads(target), masker.text), ensure_ascii=False)
        targets.append(target)
    found = encoded.targets if encoded.targets is None or encoded.targets.dtype != object else objects(targets)
    rejected = None if encoded.rejected is None else objects([masker.text(str(text)) for text in encoded.rejected])
    return replace(encoded, inputs=inputs, targets=found, rejected=rejected)


def masked_examples(examples: Examples, masker: Masker, only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """The rows of a file, masked, as they are written to one; none gains a key.

    Entities and answers in a context keep their places; tokens with tags become the text with its entities. Labels of whole texts stay.

    Args:
        examples: the rows.
        masker: how.
        only: columns that are masked; (): all but those of labels.

    Raises:
        UnknownName: there is no such column.
        DataError: a span is none; a column is named by personal data.
    """
    _check_names(examples)
    for name in only:
        if name not in examples.names:
            raise UnknownName("column", name, examples.names)
    kind = None if is_labelled(examples.names) else kind_by_columns(examples.names)
    if kind in SPANNED:
        yield from _spanned(examples, masker)
        return
    labels = {name for name in find_target(examples.names) if kind is None}
    chosen = [name for name in examples.names if name in only or (not only and name not in labels)]
    for start in range(0, len(examples), AT_ONCE):
        rows = [examples.own_row(i) for i in range(start, min(start + AT_ONCE, len(examples)))]
        masker.ask_ahead([{name: row[name] for name in chosen if name in row} for row in rows])
        yield from (row | {name: masker.cell(name, row[name]) for name in chosen if name in row} for row in rows)


def _spanned(examples: Examples, masker: Masker) -> Iterator[dict[str, Any]]:
    table = table_of(examples)
    assert table.task is not None
    assert table.target is not None
    done = {*table.inputs, table.target}
    for i in range(len(table.examples)):
        marked = table.row(i)
        masked = masker.all([one.text for one in marked])
        texts = tuple(Marked(new.text, tuple(new.moved(old.spans))) for new, old in zip(masked, marked, strict=True))
        row = table.examples.own_row(i)
        row |= {name: masker.cell(name, cell) for name, cell in row.items() if name not in done}
        row |= {name: one.text for name, one in zip(table.inputs, texts, strict=True)}
        yield row | {table.target: span_cell(table.task, moved_target(table.task, table.targets[i], texts), texts[-1].text)}

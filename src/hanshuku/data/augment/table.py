"""augment: rows of a file, column by column, and new ones made from them; what `Examples.augment` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from hanshuku.data.augment.encoded import marked_row, moved_target
from hanshuku.data.augment.rows import Copy, Marked, Plan, plan_of
from hanshuku.data.encode import encode, text_of
from hanshuku.data.examples import Examples
from hanshuku.data.infer import input_columns
from hanshuku.data.infer_kinds import infer_kind, kind_by_columns
from hanshuku.data.match import match_columns
from hanshuku.data.notes import SHOWN_LINES, Note, plural, shown_lines
from hanshuku.data.roles import find_target, is_labelled, normal
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks import KINDS, TEXT_KINDS, Task

SPANNED = ("tag", "answer")


@dataclass(frozen=True)
class Table:
    """Examples in the form in which they are augmented.

    Attributes:
        examples: the rows; entities and answers are spans in one column, columns that would tell another story are gone.
        inputs: the columns of the texts, in order.
        target: the column of the spans; None where labels lie on whole texts.
        task: the task of spans; None likewise.
        targets: one a row, as the kind's file has them.
    """

    examples: Examples
    inputs: tuple[str, ...]
    target: str | None = None
    task: Task | None = None
    targets: Sequence[Any] = ()

    def row(self, i: int) -> tuple[Marked, ...]:
        """The texts of a row with what bears a label."""
        texts = tuple(self._text(name, i) for name in self.inputs)
        return marked_row(self.task, texts, self.targets[i]) if self.task else tuple(map(Marked, texts))

    def changed(self, i: int, copy: Copy) -> dict[str, Any]:
        """The cells that differ in a new row."""
        cells: dict[str, Any] = {name: marked.text for name, marked in zip(self.inputs, copy.texts, strict=True)}
        if self.task and self.target:
            cells[self.target] = span_cell(self.task, moved_target(self.task, self.targets[i], copy.texts), copy.texts[-1].text)
        return cells

    def _text(self, name: str, i: int) -> str:
        try:
            return text_of(self.examples.column(name)[i])
        except ValueError as error:
            raise DataError(f"{error} (column {name!r}).", *self.examples.origin(i)) from None


@dataclass(frozen=True)
class New:
    """A new row: the row it was made from, the cells that differ from it, and what was done."""

    origin: int
    cells: dict[str, Any]
    way: str


def augment(examples: Examples, spec: str, *, times: int = 1, seed: int = 0, sides: str = "one", keep: bool = True, by: Any = None, agree: Any = None) -> Examples:
    """See `Examples.augment`."""
    made, table, refused = made_rows(examples, spec, times=times, seed=seed, sides=sides, by=by, agree=agree)
    return with_rows(table, made, keep=keep, refused=refused)


def made_rows(
    examples: Examples, spec: str, *, times: int = 1, seed: int = 0, sides: str = "one", by: Any = None, agree: Any = None, instruction: str = ""
) -> tuple[list[New], Table, Counter[str]]:
    """The new rows, what they were made from, and how many were refused for which reason; see `Examples.augment`."""
    from hanshuku.data.augment.writing import WRITERS, agreeing, written_rows

    refused: Counter[str] = Counter()
    table = table_of(examples)
    labels = labels_of(table)
    if spec.strip() in WRITERS:
        made, refused = written_rows(table, spec.strip(), by, Plan((), times, seed, sides), labels, instruction)
    elif by is not None:
        raise ConfigError(f"by= is for {', '.join(WRITERS)}, one of them alone. Received: {spec!r}.")
    else:
        made = list(new_rows(table, plan_of(spec, times, seed, sides)))
    if agree is not None:
        if labels is None:
            raise ConfigError("agree= compares a function's answers with the labels or numbers of the rows. Received rows without any.")
        left = agreeing(made, table, labels, agree)
        refused["disagreed"] += len(made) - len(left)
        made = left
    return made, table, +refused


def labels_of(table: Table) -> list[Any] | None:
    """The labels or numbers of whole texts, one a row; None where there are none."""
    target = find_target(table.examples.names)
    return list(table.examples.column(target[0])) if target and table.task is None and target[0] not in table.inputs else None


def new_rows(table: Table, plan: Plan) -> Iterator[New]:
    """The new rows of every row, in order."""
    for i in range(len(table.examples)):
        for copy in plan.copies(table.row(i)):
            yield New(i, table.changed(i, copy), copy.way)


def with_rows(table: Table, made: Sequence[New], *, keep: bool, refused: Mapping[str, int] = MappingProxyType({})) -> Examples:
    """The examples and behind them new rows, with a note of how many there are."""
    old = table.examples
    origin = np.array([row.origin for row in made], dtype=np.int64)
    new = old.take(origin)
    columns = {name: list(cells) for name, cells in new.columns.items()}
    for place, row in enumerate(made):
        for name, cell in row.cells.items():
            columns[name][place] = cell
    kin = np.arange(len(old)) if old.kin is None else old.kin
    note = _note(old, made, refused)
    if not keep:
        return replace(new, columns=columns, notes=(*old.notes, note), kin=kin[origin])
    return replace(
        old,
        columns={name: [*cells, *columns[name]] for name, cells in old.columns.items()},
        lines=np.concatenate([old.lines, new.lines]),
        files=np.concatenate([old.files, new.files]),
        notes=(*old.notes, note),
        kin=np.concatenate([kin, kin[origin]]),
        absent={name: np.concatenate([lacking, new.absent[name]]) for name, lacking in old.absent.items()},
    )


def _note(examples: Examples, made: Sequence[New], refused: Mapping[str, int]) -> Note:
    ways = Counter(row.way for row in made)
    said = f"{plural(len(made), 'new row')} made from {plural(len(examples), 'row')}: {', '.join(f'{way} {count:,}' for way, count in ways.items()) or 'none'}"
    if refused:
        said += f"; {plural(sum(refused.values()), 'text')} refused: {', '.join(f'{why} {count:,}' for why, count in refused.items())}"
    left = unchanged(examples, made)
    lines = tuple(int(examples.lines[i]) for i in left[:SHOWN_LINES])
    if left:
        said += f"; {'none was made from' if refused else 'nothing could be changed in'} {plural(len(left), 'row')} ({shown_lines(lines, len(left))})"
    return Note("augmented", len(made), said, examples.sources[0], lines)


def unchanged(examples: Examples, made: Sequence[New]) -> list[int]:
    """The rows from which nothing was made."""
    return sorted(set(range(len(examples))) - {row.origin for row in made})


def table_of(examples: Examples) -> Table:
    """The examples with the roles of their columns.

    Raises:
        ConfigError: rows of this kind cannot be augmented.
        DataError: the columns do not tell which is the text; a span is none.
    """
    kind = None if is_labelled(examples.names) else kind_by_columns(examples.names)
    if kind in SPANNED:
        return _spanned(examples, kind)
    if kind in TEXT_KINDS and kind not in {"chat", "complete_code"}:
        return Table(examples, match_columns(infer_kind(examples, kind), examples).inputs)
    if kind is not None:
        raise ConfigError(f"Rows to {kind.replace('_', ' ')} cannot be augmented; texts with labels, numbers, entities or answers can. Received the columns {', '.join(examples.names)}.")
    target = next(iter(find_target(examples.names)), None)
    return Table(examples, input_columns(examples, target))


def _spanned(examples: Examples, kind: str) -> Table:
    task = infer_kind(examples, kind)
    matched = match_columns(task, examples)
    rows, _ = encode(task, examples)
    assert rows.targets is not None
    assert matched.target is not None
    is_list = any(not isinstance(cell, str) for cell in examples.column(matched.inputs[0]))
    inputs = ("text",) if is_list else matched.inputs  # tokens become the text that they make
    target = "entities" if kind == "tag" else matched.target
    other = {normal(name) for name in (*KINDS[kind].BESIDE_COLUMNS, *KINDS[kind].TARGET_COLUMNS)} - set(map(normal, inputs))
    columns: dict[str, Any] = {name: cells for name, cells in examples.columns.items() if normal(name) not in other}
    columns |= {name: [row[place] for row in rows.inputs] for place, name in enumerate(inputs)}
    columns[target] = [span_cell(task, spans, row[-1]) for spans, row in zip(rows.targets, rows.inputs, strict=True)]
    return Table(replace(examples, columns=columns), inputs, target, task, list(rows.targets))


def span_cell(task: Task, target: Any, text: str) -> Any:
    """A target as a file holds it: entities with start, end, label and text; answers in SQuAD's form."""
    if task.kind == "tag":
        return [{"start": start, "end": end, "label": label, "text": text[start:end]} for start, end, label in target]
    return {"text": [answer for answer, _ in target], "answer_start": [start for _, start in target]}


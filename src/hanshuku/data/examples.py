"""Examples: rows that fit, or can be fitted to, a task, with the file and line each came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hanshuku.data.notes import Note
from hanshuku.data.roles import TEXT_COLUMNS, find_first, find_pairs, find_target
from hanshuku.data.split import codes, few_rows, merge_groups, normal_text, split_rows, strata_of
from hanshuku.errors import ConfigError, UnknownName


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Rows in memory, column by column. Nothing changes in place: every verb returns new Examples.

    Attributes:
        columns: name -> N cells; a cell is what the file held (text from csv; text, numbers, lists from JSON).
        lines: (N,) int64, 1-based line of the file on which the row begins (its row number where there are no lines).
        files: (N,) int32, position in `sources` of the file the row came from.
        sources: names of the files.
        notes: everything that was counted and said on the way: blank lines, rows left out, the encoding found.
        kin: (N,) int64, one number for a row and those that `augment` made from it; None where none were made.
        absent: column -> (N,) bool, the rows that had no such key where they were read (their cell is None); only of columns that some had not.
    """

    columns: Mapping[str, Sequence[Any]]
    lines: np.ndarray
    files: np.ndarray
    sources: tuple[str, ...] = ("rows",)
    notes: tuple[Note, ...] = field(default=())
    kin: np.ndarray | None = None
    absent: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def __repr__(self) -> str:
        return f"Examples({len(self)} rows, columns {', '.join(self.names)}, from {', '.join(self.sources)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the file's order."""
        return tuple(self.columns)

    def column(self, name: str) -> Sequence[Any]:
        """The N cells of a column.

        Raises:
            UnknownName: there is no such column.
        """
        if name not in self.columns:
            raise UnknownName("column", name, self.columns)
        return self.columns[name]

    def row(self, i: int) -> dict[str, Any]:
        """One row, column -> cell."""
        return {name: cells[i] for name, cells in self.columns.items()}

    def own_row(self, i: int) -> dict[str, Any]:
        """One row without the columns that it had not where it was read: what stood there as null is kept."""
        return {name: cells[i] for name, cells in self.columns.items() if cells[i] is not None or name not in self.absent or not self.absent[name][i]}

    def own_rows(self) -> Iterator[dict[str, Any]]:
        """Each row as `own_row` gives it, to be written again."""
        return (self.own_row(i) for i in range(len(self)))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.row(i) for i in range(len(self)))

    def origin(self, i: int) -> tuple[str, int]:
        """File and 1-based line of a row."""
        return self.sources[self.files[i]], int(self.lines[i])

    def take(self, rows: Sequence[int] | np.ndarray) -> Examples:
        """The rows at these positions, in this order."""
        index = np.asarray(rows, dtype=np.int64)
        positions = index.tolist()
        columns = {name: [cells[i] for i in positions] for name, cells in self.columns.items()}
        kin = None if self.kin is None else self.kin[index]
        absent = {name: lacking[index] for name, lacking in self.absent.items()}
        return replace(self, columns=columns, lines=self.lines[index], files=self.files[index], kin=kin, absent=absent)

    def rename(self, renames: Mapping[str, str], *, strict: bool = True) -> Examples:
        """The same rows with other names of columns.

        Args:
            renames: name wanted -> column, such as {"text": "review"}.
            strict: refuse a column that is not there.

        Raises:
            UnknownName: there is no such column.
            ConfigError: another column has the name that is wanted.
        """
        return replace(self, columns=renamed(self.columns, renames, strict=strict), absent=_renamed_keys(self.absent, renames)) if renames else self

    def split(self, test: float = 0.2, seed: int = 0, by: str | None = None) -> tuple[Examples, Examples]:
        """Split in two: (train, test). Rows with the same text (case, width and white space aside) stay together, and so do augmented rows with theirs.

        The split is stratified by the answer's column: by label, by the rarest label of the row where it has
        several, by quintile where the answer is a number of many values.

        Args:
            test: share of the rows (0 < test < 1) or number of rows. Groups stay whole, so it is met as nearly as they allow.
            seed: of the shuffle; the same rows and seed give the same split.
            by: a column (author, customer, document); rows of one value stay together.

        Raises:
            ConfigError: test is outside its range.
            UnknownName: there is no column `by`.
            DataError: all rows are one group.
        """
        groups = self._text_groups()
        if by is not None:
            groups = merge_groups(groups, codes([str(cell) for cell in self.column(by)]))
        if self.kin is not None:
            groups = merge_groups(groups, self.kin)
        kept, held = split_rows(self._strata(), groups, test, seed)
        return self.take(kept), self.take(held)

    def few(self, n_per_class: int, seed: int = 0) -> Examples:
        """Draw n random rows of each class (of each quintile, where the answer is a number of many values).

        Raises:
            ConfigError: n_per_class < 1.
        """
        return self.take(few_rows(self._strata(), n_per_class, seed))

    def augment(self, spec: str, *, times: int = 1, seed: int = 0, sides: str = "one", keep: bool = True, by: Any = None, agree: Any = None) -> Examples:
        """These rows, and behind them new ones made from them for which what they are labelled with still holds.

        Entities and answers keep their places to the character. A row's new ones do not depend on the other rows. Augment what is
        learned, never what judges: split first. (`split` keeps a row and those made from it together; a file does not tell them apart.)

        Args:
            spec: augmenters with commas between them: "synonyms,typos:0.2,casing+noise"; see `data.augment.spec.parse_spec`.
                Or, alone: "back_translate", "paraphrase" or "generate", which `by` writes.
            times: most new rows a row, 1..1000.
            seed: same seed, same row: same new rows.
            sides: which text of a pair changes: one (drawn for each new row), both, first or second.
            keep: give these rows too, before the new ones.
            by: functions that write: (there, back), a function that says a text in other words, or one that does what a prompt asks for.
            agree: a function; only new rows that it answers as they are labelled stay.

        Raises:
            UnknownName: no augmenter has that name.
            ConfigError: a value is outside its range, or rows of this kind cannot be augmented.
            DataError: there is no text column, or several that fit equally well.
            MissingExtra: a package of the extra "augment" is missing.
        """
        from hanshuku.data.augment.table import augment

        return augment(self, spec, times=times, seed=seed, sides=sides, keep=keep, by=by, agree=agree)

    def _strata(self) -> np.ndarray:
        target = find_target(self.names)
        return strata_of(self.columns[target[0]] if target else None, len(self))

    def _text_groups(self) -> np.ndarray:
        """(N,) int64: rows with the same inputs; where no input column is recognised, the whole row is compared."""
        pairs, texts = find_pairs(self.names), find_first(TEXT_COLUMNS, self.names)
        target = find_target(self.names)
        chosen = list(pairs[0]) if pairs else texts or [name for name in self.names if name not in target]
        return codes(["\x1f".join(normal_text(str(self.columns[name][i])) for name in chosen) for i in range(len(self))])


def _renamed_keys(absent: Mapping[str, np.ndarray], renames: Mapping[str, str]) -> dict[str, np.ndarray]:
    return {next((new for new, old in renames.items() if old == name), name): lacking for name, lacking in absent.items()}


def renamed(columns: Mapping[str, Any], renames: Mapping[str, str], *, strict: bool = True) -> dict[str, Any]:
    """Columns under the names that are wanted; see `Examples.rename`. Not strict: a column may be missing."""
    new_name = {old: new for new, old in renames.items()}
    for old in new_name:
        if old not in columns and strict:
            raise UnknownName("column", old, columns)
    taken = next((name for name in columns if name not in new_name and name in renames), None)
    if taken is not None:
        raise ConfigError(
            f"columns= gives the name {taken!r} to column {renames[taken]!r}, but there is a column of that name. "
            f"Rename that one too: columns={{..., 'old_{taken}': {taken!r}}}."
        )
    return {new_name.get(name, name): cells for name, cells in columns.items()}

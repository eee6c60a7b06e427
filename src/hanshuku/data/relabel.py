"""relabel: rows of another data set in the labels of a task, so that a function can be measured on them too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hanshuku.data.encode import cell_labels
from hanshuku.data.examples import Examples
from hanshuku.data.match import match_columns
from hanshuku.data.notes import Note, plural
from hanshuku.errors import DataError, UnknownName
from hanshuku.tasks import Task

SHOWN = 6  # labels that a message names


def relabel(task: Task, examples: Examples, same: Mapping[str, str], *, name: str = "") -> tuple[Examples, tuple[Note, ...]]:
    """The rows whose label the task knows, under the task's labels; the others are left out, counted and named.

    A label is known that is the task's own, that differs from one in case alone, or that `same` maps to one. Of several labels a
    row loses those that are not known, and is left out where it loses all.

    Args:
        task: of kind classify; the rows of other kinds pass as they are.
        examples: labelled rows.
        same: label of the rows -> label of the task, such as {"1 star": "negative"}. "" leaves rows of a label out on purpose.
        name: of the set, for the notes.

    Raises:
        UnknownName: `same` maps to a label that the task does not have.
        DataError: no row is left, or no column holds labels.
    """
    if task.kind != "classify":
        return examples, ()
    for wanted in same.values():
        if wanted and wanted not in task.labels:
            raise UnknownName("label", wanted, task.labels)
    column = match_columns(task, examples).target or ""
    known = {label.casefold(): label for label in reversed(task.labels)} | {label: label for label in task.labels}
    mapped, kept, lost = list(examples.column(column)), [], Counter[str]()
    for i, cell in enumerate(mapped):
        found = [(label, same.get(label, known.get(label, known.get(label.casefold(), "")))) for label in cell_labels(task, cell)]
        lost.update(label for label, new in found if not new)
        new = [new for _, new in found if new]
        if new or not found:
            kept.append(i)
            mapped[i] = (new if task.several else new[0]) if new else cell
    if not kept:
        raise DataError(
            f"No row of {name or 'these'} has a label that the function knows. Received: {_some(lost)}. Legal: {', '.join(task.labels[:SHOWN])}"
            f"{' ...' if len(task.labels) > SHOWN else ''}. Say which are the same: same={{{next(iter(lost), 'old')!r}: {task.labels[0]!r}}} "
            f"(on the command line --same {next(iter(lost), 'old')!r}={task.labels[0]!r}).",
            examples.sources[0],
        )
    rows = replace(examples, columns={**examples.columns, column: mapped}).take(np.array(kept))
    if not lost:
        return rows, ()
    left_out = len(examples) - len(kept)
    what = f"{plural(left_out, 'row')} left out: the function does not know " if left_out else "not counted, as the function does not know it: "
    return rows, (Note("unmapped_labels", left_out, f"{name or 'rows'}: {what}{_some(lost)}", examples.sources[0]),)


def _some(labels: Counter[str]) -> str:
    shown = ", ".join(f"{label!r} ({count:,})" for label, count in labels.most_common(SHOWN))
    return shown + (f" ... ({len(labels)})" if len(labels) > SHOWN else "") if labels else "no label"



"""hanshuku augment: new rows from labelled ones, for which the labels still hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, print_notes, read_examples, stdout
from hanshuku.errors import ConfigError

if TYPE_CHECKING:
    from hanshuku.data.augment.table import New, Table


def command(
    data: Annotated[str, typer.Argument(help="Labelled rows (or unlabelled ones); those that are learned, never those that judge.")],
    with_: Annotated[str, typer.Option("--with", help="What to do: synonyms, masked, insert, swap, delete, typos, noise, casing, homophones, lookalikes, script, width. NAME:0.2 changes that share of the words or characters; A,B takes turns; A+B does both.")],
    out: Annotated[str, typer.Option(help="Write the rows and the new ones here: .jsonl, .csv or .tsv, each also .gz. Without it only samples are shown.")] = "",
    times: Annotated[int, typer.Option(help="Most new rows a row, 1..1000.")] = 1,
    sides: Annotated[str, typer.Option(help="Rows of two texts: which one changes: one (drawn for each new row), both, first, second.")] = "one",
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave the rows that were there out of --out.")] = False,
    show: Annotated[int, typer.Option(help="Samples that are shown, before and after, 0..1000.")] = 5,
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make new rows from labelled ones: entities and answers keep their places, and the same seed makes the same rows."""
    from hanshuku.data.augment.rows import plan_of
    from hanshuku.data.augment.table import new_rows, table_of, with_rows
    from hanshuku.data.write import write_rows

    if not 0 <= show <= 1000:
        raise ConfigError(f"--show is a number of samples from 0 to 1000. Received: {show}.")
    if out and data != "-" and Path(out).resolve() == Path(data).resolve():
        raise ConfigError(f"--out is DATA itself, {data}: rows made from made rows would follow at the next call. Write to another file.")
    plan = plan_of(with_, times, seed, sides)
    table = table_of(read_examples(data, columns, encoding))
    made = list(new_rows(table, plan))
    examples = with_rows(table, made, keep=not only_new)
    if out:
        write_rows(out, examples)
    shown = [made[i * len(made) // min(show, len(made))] for i in range(min(show, len(made)))]
    if json:
        print_json(_report(table, made, shown, out, len(examples)))
        return
    print_notes(examples.notes[:-1], quiet=quiet)
    for row in shown:
        stdout().print(f"{row.way}  (line {table.examples.lines[row.origin]})", style="bold", markup=False)
        for sign, texts in zip("-+", _texts(table, row), strict=True):
            stdout().print(f"  {sign} {' | '.join(texts)}", markup=False, soft_wrap=True)
    stdout().print(str(examples.notes[-1]) + (f". Wrote {len(examples):,} rows to {out}." if out else ". Nothing was written: give --out FILE."), markup=False, soft_wrap=True)


def _texts(table: Table, row: New) -> tuple[list[str], list[str]]:
    """The texts of a row before and after."""
    before = [marked.text for marked in table.row(row.origin)]
    return before, [str(row.cells[name]) for name in table.inputs]


def _report(table: Table, made: list[New], shown: list[New], out: str, written: int) -> dict[str, Any]:
    from hanshuku.data.augment.table import unchanged

    samples = [{"way": row.way, "line": int(table.examples.lines[row.origin]), "before": before, "after": after, "cells": row.cells} for row in shown for before, after in [_texts(table, row)]]
    return {
        "rows": len(table.examples),
        "new": len(made),
        "unchanged": len(unchanged(table.examples, made)),
        "ways": dict(Counter(row.way for row in made)),
        "out": out or None,
        "written": written if out else 0,
        "samples": samples,
    }

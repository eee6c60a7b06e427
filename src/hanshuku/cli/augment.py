"""hanshuku augment: new rows from labelled ones, for which the labels still hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import (
    AcceptLicence,
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    print_json,
    print_notes,
    read_examples,
    stdout,
)
from hanshuku.errors import ConfigError

if TYPE_CHECKING:
    from hanshuku.data.augment.table import New, Table
    from hanshuku.data.examples import Examples


def command(
    data: Annotated[str, typer.Argument(help="Labelled rows (or unlabelled ones); those that are learned, never those that judge.")],
    with_: Annotated[str, typer.Option("--with", help="What to do: synonyms, masked, insert, swap, delete, typos, noise, ocr, casing, punctuation, contractions, homophones, lookalikes, script, width. masked@MODEL: words that this masked language model proposes. NAME:0.2 changes that share of the words or characters; A,B takes turns; A+B does both; eda is synonyms,insert,swap,delete. Or alone back_translate, paraphrase or generate, which --by writes.")],
    out: Annotated[str, typer.Option(help="Write the rows and the new ones here: .jsonl, .json, .csv, .tsv, .txt, .parquet or .xlsx. Without it only samples are shown.")] = "",
    times: Annotated[int, typer.Option(help="Most new rows a row, 1..1000.")] = 1,
    sides: Annotated[str, typer.Option(help="Rows of two texts: which one changes: one (drawn for each new row), both, first, second.")] = "one",
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave the rows that were there out of --out.")] = False,
    show: Annotated[int, typer.Option(help="Samples that are shown, before and after, 0..1000.")] = 5,
    by: Annotated[str, typer.Option(help="Who writes: a model (smollm2, openai:NAME@URL), or saved functions with commas between them (for back_translate there and back).")] = "",
    through: Annotated[str, typer.Option(help="back_translate by a model: through which languages, one a new row: de,fr.")] = "",
    agree: Annotated[str, typer.Option(metavar="FN", help="A saved function: only new rows that it answers as they are labelled stay.")] = "",
    instruction: Annotated[str, typer.Option(help="generate: what the labels are about, in your words.")] = "",
    accept_licence: AcceptLicence = False,
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make new rows from labelled ones: entities and answers keep their places, and the same seed makes the same rows."""
    from hanshuku.data.augment.table import made_rows, with_rows
    from hanshuku.data.augment.writing import WRITERS
    from hanshuku.data.write import write_rows

    if not 0 <= show <= 1000:
        raise ConfigError(f"--show is a number of samples from 0 to 1000. Received: {show}.")
    if out and data != "-" and Path(out).resolve() == Path(data).resolve():
        raise ConfigError(f"--out is DATA itself, {data}: rows made from made rows would follow at the next call. Write to another file.")
    for option, value in (("--by", by), ("--through", through), ("--instruction", instruction)):
        if value and with_.strip() not in WRITERS:
            raise ConfigError(f"{option} is for {', '.join(WRITERS)}, one of them alone. Received: --with {with_}.")
    rows = read_examples(data, columns, encoding)
    writers = _writers(with_.strip(), by, through, times, rows, accept_licence=accept_licence) if by else None
    made, table, refused = made_rows(rows, with_, times=times, seed=seed, sides=sides, by=writers, agree=_saved(agree), instruction=instruction)
    examples = with_rows(table, made, keep=not only_new, refused=refused)
    if out:
        write_rows(out, examples.own_rows(), examples.names)
    shown = [made[i * len(made) // min(show, len(made))] for i in range(min(show, len(made)))]
    if json:
        print_json(_report(table, made, shown, out, len(examples)) | {"refused": dict(refused)})
        return
    print_notes(examples.notes[:-1], quiet=quiet)
    for row in shown:
        stdout().print(f"{row.way}  (line {table.examples.lines[row.origin]})", style="bold", markup=False)
        for sign, texts in zip("-+", _texts(table, row), strict=True):
            stdout().print(f"  {sign} {' | '.join(texts)}", markup=False, soft_wrap=True)
    stdout().print(str(examples.notes[-1]) + (f". Wrote {len(examples):,} rows to {out}." if out else ". Nothing was written: give --out FILE."), markup=False, soft_wrap=True)


def _writers(way: str, by: str, through: str, times: int, rows: Examples, *, accept_licence: bool) -> Any:
    """The functions that --by names, for the language of the rows."""
    from hanshuku.data.augment.table import table_of
    from hanshuku.data.language import language_of
    from hanshuku.functions.writers import writers_of

    table = table_of(rows)
    language = language_of(" ".join(marked.text for marked in table.row(i)) for i in range(min(200, len(rows))))
    return writers_of(way, _split(by), language=language, through=_split(through), times=times, accept_licence=accept_licence)


def _split(text: str) -> list[str]:
    """The parts between commas, without blanks around them."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _saved(path: str) -> Any:
    from hanshuku.functions.store import load

    return load(path) if path else None


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

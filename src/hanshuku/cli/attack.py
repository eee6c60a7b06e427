"""hanshuku attack: how easily the right answers of a saved function are turned."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    test: Annotated[str, typer.Argument(help="Labelled rows that it has not learned from; - for stdin.")],
    how: Annotated[str, typer.Option(help="words: near words that keep the sense; characters: slips that people read over.")] = "words",
    rows: Annotated[int, typer.Option(help="Most rows that are attacked, drawn by --seed.")] = 200,
    queries: Annotated[int, typer.Option(help="Most texts that FN is asked for a row.")] = 500,
    out: Annotated[str, typer.Option(help="Write the texts that turned an answer, with the right label, to learn from them: .jsonl, .csv, .tsv.")] = "",
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look for texts near those of TEST, their sense unchanged, that FN answers wrongly; every text asked is counted."""
    from hanshuku.data.write import write_rows
    from hanshuku.evaluation.page.attack import SECTION
    from hanshuku.functions.store import load

    say = SECTION.say(language)
    with progress(quiet=quiet or json) as report:
        found = load(function).attack(read_examples(test, columns, encoding), how, rows=rows, queries=queries, seed=seed, report=report)
    if out:
        write_rows(out, found.examples())
    if json:
        print_json(found.to_json())
        return
    console, data = stdout(), {"ways": [found.to_json()], "left_out": []}
    console.print(SECTION.says(data, say), markup=False, soft_wrap=True)
    for line in SECTION.lines(data, say):
        console.print(line, soft_wrap=True, markup=not isinstance(line, str))
    if out and not quiet:
        console.print(f"wrote {len(found.broken):,} rows to {out}", style="dim", markup=False)

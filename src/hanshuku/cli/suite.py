"""hanshuku suite: rows that a function must never get wrong again."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, print_json, print_notes, progress, read_examples, stdout

app = typer.Typer(help="Regression suites: rows that a function must never get wrong again.", no_args_is_help=True)


@app.command("add")
def add(
    suite: Annotated[str, typer.Argument(help="The suite: NAME.jsonl; it is made where it does not exist.")],
    data: Annotated[str, typer.Argument(help="Labelled rows to add; - for stdin.")],
    fn: Annotated[str, typer.Option(metavar="FN", help="A saved function: add only the rows that it gets wrong.")] = "",
    tags: Annotated[str, typer.Option(help="Of the new rows, a,b.")] = "",
    note: Annotated[str, typer.Option(help="Of the new rows: why they are there.")] = "",
    at_least: Annotated[float | None, typer.Option(help="The score that is enough, 0 to 1; the answer must be wholly right where not given.")] = None,
    task: Annotated[str, typer.Option(help="classify, several, rate, pair; found from the columns where neither this nor --fn is given.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add labelled rows to SUITE; what stands there stays, a row that is there already is passed over, one that contradicts it is refused."""
    from hanshuku.data.infer import infer_task
    from hanshuku.functions.store import load
    from hanshuku.functions.suite import add_to_suite

    rows = read_examples(data, columns, encoding)
    function = load(fn) if fn else None
    kind = infer_task(rows, kind=task) if task and function is None else None
    found = add_to_suite(suite, rows, function=function, task=kind, tags=_parts(tags), note=note, at_least=at_least)
    if json:
        print_json(found.to_json())
    elif not quiet:
        stdout().print(f"added {found.added} rows to {found.path} ({found.repeated} were there already); {found.total} now", markup=False, soft_wrap=True)


@app.command("check")
def check(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...", help="Files of rows with their right answers.")],
    tags: Annotated[str, typer.Option(help="Only rows that have one of these tags, a,b.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer every row of the suites; those that are wrong are named by file and line, and the exit code is then 1."""
    from hanshuku.evaluation.diff.render import due_line, text_line_of
    from hanshuku.evaluation.diff.words import words
    from hanshuku.functions.store import load
    from hanshuku.functions.suite import check_suite
    from hanshuku.tasks.shown import short

    with progress(quiet=quiet or json) as report:
        found = check_suite(load(function), suites, tags=_parts(tags), report=report)
    if json:
        print_json(found.to_json())
    else:
        console, say = stdout(), words("en")
        for row in found.failed:
            wanted = "a label it does not know" if row.due is None else due_line(row.due, say)
            enough = "" if row.at_least is None else f", score {row.score:.3f} of {row.at_least:g}"
            about = "".join(f"  [{part}]" for part in (", ".join(row.tags), row.note) if part)
            got = "refused" if row.output is None else due_line(tuple(row.output) if isinstance(row.output, list) else row.output, say)
            console.print(f"{row.file}:{row.line}: {got}, not {wanted}{enough}  {short(text_line_of(row.inputs))}{about}", markup=False, soft_wrap=True)
        console.print(f"{len(found) - len(found.failed)} of {len(found)} rows passed", style="green" if found.passed else "red", markup=False)
        print_notes(found.notes, quiet=quiet)
    if not found.passed:
        raise typer.Exit(1)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]

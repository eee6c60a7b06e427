"""hanshuku suggest: what to label next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import (
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    print_json,
    print_notes,
    progress,
    read_examples,
    stdout,
)
from hanshuku.tasks.shown import line_of, short

if TYPE_CHECKING:
    from hanshuku.data.examples import Examples
    from hanshuku.functions.suggest import Suggestion


def command(
    function: Annotated[str, typer.Argument(metavar="[FN]", help="A saved function, NAME.fn; leave it out where there is none yet.")],
    unlabelled: Annotated[str, typer.Argument(metavar="UNLABELLED", help="Rows to choose from, in any format that learn reads.")] = "",
    n: Annotated[int, typer.Option("--n", min=1, help="Rows to choose.")] = 20,
    by: Annotated[str, typer.Option(help="uncertainty, diversity or both; a function that has learned nothing goes by diversity.")] = "both",
    how: Annotated[str, typer.Option(help="uncertainty: margin, entropy; diversity: typical, k_centres; both: clusters, badge.")] = "",
    labelled: Annotated[str, typer.Option(help="A file of rows that are labelled already.")] = "",
    out: Annotated[str, typer.Option(help="Write the rows chosen, with guess and reason: .jsonl, .csv, .tsv.")] = "",
    model: Annotated[str, typer.Option(help="Encoder that reads the rows where the function has none of its own.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose the rows that are most worth labelling next, and say why: the function is unsure of them, and they are unlike each other."""
    from hanshuku.data.write import write_rows
    from hanshuku.functions.store import load
    from hanshuku.functions.suggest import suggest

    loaded, path = (load(function), unlabelled) if unlabelled else (None, function)
    rows = read_examples(path, columns, encoding)
    known = read_examples(labelled, columns, encoding) if labelled else None
    with progress(quiet=quiet or json) as report:
        found = suggest(loaded, rows, n=n, by=by, how=how, labelled=known, model=model or None, seed=seed, report=report)
    if out:
        write_rows(out, _rows(rows, found), (*rows.names, "guess", "confidence", "reason"))
    if json:
        print_json({"suggestions": [{**each.to_json(), "file": rows.origin(each.row)[0], "line": rows.origin(each.row)[1]} for each in found]})
        return
    if len(found) < n:
        print_notes([f"{len(found)} of the {n} rows asked for: no more of the {len(rows):,} differ, have text and are not labelled yet"], quiet=quiet)
    for each in found:
        file, line = rows.origin(each.row)
        guess = "" if each.guess is None else f"  [{line_of(each.guess)}]"
        stdout().print(f"{file}:{line}{guess}  {short(each.text)}", markup=False, soft_wrap=True)
        stdout().print(f"    {each.reason}", style="dim", markup=False, soft_wrap=True)
    if out and not quiet:
        stdout().print(f"wrote {len(found)} rows to {out}; label them: hanshuku label {out} --labels a,b --out labelled.jsonl", style="dim", markup=False, soft_wrap=True)


def _rows(rows: Examples, found: tuple[Suggestion, ...]) -> Iterator[dict[str, Any]]:
    """The rows as they were, with what is said of them."""
    for each in found:
        said = each.to_json()
        yield {**rows.own_row(each.row), "guess": said["guess"], "confidence": said["confidence"], "reason": said["reason"]}

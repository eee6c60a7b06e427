"""hanshuku check: what is wrong with a data file, by line."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, columns_of, print_json, stdout


def command(
    data: Annotated[str, typer.Argument(help="The file to look through; it may be larger than memory.")],
    against: Annotated[str, typer.Option(help="Another file, the test rows say: near-duplicates between the two are named.")] = "",
    model: Annotated[str, typer.Option(help="A model, to compare lengths with its limit.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Report unreadable, empty and repeated rows, suspicious labels, leaks between files, lengths and languages."""
    from hanshuku.data.check import check

    report = check(data, against=against or None, columns=columns_of(columns), encoding=encoding or None, model=model or None)
    if json:
        print_json(report.to_json())
    else:
        report.render(stdout())

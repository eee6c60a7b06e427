"""hanshuku evaluate: how good a saved function is on labelled rows."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, print_notes, read_examples, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    test: Annotated[str, typer.Argument(help="Labelled rows that it has not learned from; - for stdin.")],
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure FN on TEST: each metric with its 95% interval, n and chance level."""
    from hanshuku.functions.store import load

    report = load(function).evaluate(read_examples(test, columns, encoding), seed=seed)
    if json:
        print_json(report.to_json())
        return
    report.render(stdout(), language=language)
    print_notes(report.notes, quiet=quiet)

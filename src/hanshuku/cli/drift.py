"""hanshuku drift: is what a function is asked now still what it learned from?"""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    live: Annotated[str, typer.Argument(help="New rows without labels, or a log of serve --log; - for stdin.")],
    train: Annotated[str, typer.Option(metavar="FILE", help="Rows that it learned from; the summary kept with FN where not given.")] = "",
    test: Annotated[str, typer.Option(metavar="FILE", help="Labelled rows that it did not learn from, so that confidence, answers and the accuracy foretold rest on honest ones.")] = "",
    window: Annotated[str, typer.Option(help="Look window by window: so many rows, or hour, day, week, month.")] = "",
    time: Annotated[str, typer.Option(metavar="COLUMN", help="When a row came: ISO 8601, or seconds since 1970; that of a log where not given.")] = "",
    name: Annotated[str, typer.Option(help="Of the function, in a log that holds several.")] = "",
    rows: Annotated[int, typer.Option(help="Most new rows that are looked at, evenly taken.")] = 5000,
    features: Annotated[str, typer.Option(help="What the classifier sees: words or function (its encoder's vectors); chosen where not given.")] = "",
    level: Annotated[float, typer.Option(help="Chance of a false alarm, all checks together.")] = 0.05,
    report: Annotated[str, typer.Option(metavar="FILE", help="Write a page that stands alone, NAME.html, or NAME.json.")] = "",
    alarm: Annotated[bool, typer.Option("--alarm", help="Exit with code 1 where drift is found.")] = False,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare LIVE with what FN learned from: told apart or not, shares of labels, an accuracy foretold without labels, and whether to learn anew."""
    from hanshuku.evaluation.drift.words import words
    from hanshuku.evaluation.saving import check_suffix
    from hanshuku.functions.store import load

    words(language)  # what cannot be is told before the work is done
    if report:
        check_suffix(report)
    with progress(quiet=quiet or json) as step:
        found = load(function).drift(
            read_examples(live, columns, encoding), read_examples(train, columns, encoding) if train else None, test=read_examples(test, columns, encoding) if test else None,
            window=window or 0, time=time, name=name, rows=rows, features=features, level=level, seed=seed, report=step,
        )  # fmt: skip
    if report:
        found.save(report, language=language)
    if json:
        print_json(found.to_json())
    else:
        found.render(stdout(), language=language)
        if report and not quiet:
            stdout().print(f"wrote {report}", markup=False, soft_wrap=True)
    if alarm and found.found:
        raise typer.Exit(1)

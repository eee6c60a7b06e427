"""hanshuku curve: what more labels would bring."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples, stdout
from hanshuku.errors import ConfigError


def command(
    data: Annotated[str, typer.Argument(help="Labelled examples.")],
    more: Annotated[str, typer.Option(help="Numbers of further labels to foretell, with commas: 200,500. As many again and four times as many where not given.")] = "",
    method: Annotated[str, typer.Option(help="What learns; each size is learned five times a repeat.")] = "probe",
    model: Annotated[str, typer.Option(help="Catalogue name, hub name or folder.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting of the method: field=value. May be repeated.")] = None,
    task: Annotated[str, typer.Option(help="classify, several, rate, pair; found from the columns where not given.")] = "",
    repeats: Annotated[int, typer.Option(min=1, help="Shuffles of folds and parts.")] = 3,
    plot: Annotated[str, typer.Option(help="Draw the curve into this PNG.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a method on growing parts of DATA, out of fold, and foretell its score with more labels, with 95% intervals."""
    from hanshuku.data.infer import infer_task
    from hanshuku.functions.curve import learning_curve
    from hanshuku.methods.settings import parse_settings

    rows = read_examples(data, columns, encoding)
    with progress(quiet=quiet or json) as report:
        found = learning_curve(
            rows, more=_counts(more), task=infer_task(rows, kind=task or None), method=method, model=model or None, repeats=repeats, seed=seed,
            report=report, **parse_settings(set_ or []),
        )  # fmt: skip
    if plot:
        found.plot(plot)
    if json:
        print_json(found.to_json())
        return
    console = stdout()
    console.print(f"{found.metric} of {found.method}, {found.rows:,} rows, out of fold:", markup=False)
    for point in found.measured:
        console.print(f"  {point.rows:>7,} rows  {point}", markup=False)
    for point in found.foretold:
        extra = point.rows - found.rows
        console.print(f"  {'all these rows' if not extra else f'{extra:,} more labels'}: {point}", markup=False)
    if plot and not quiet:
        console.print(f"drew {plot}", markup=False)


def _counts(text: str) -> list[int]:
    try:
        return [int(part) for part in text.replace("，", ",").split(",") if part.strip()]
    except ValueError:
        raise ConfigError(f"--more takes numbers of rows with commas, such as 200,500. Received: {text!r}.") from None

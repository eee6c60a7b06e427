"""hanshuku forecast: time and peak memory of a run, before it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import (
    AcceptLicence,
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    Settings,
    print_json,
    read_examples,
    stdout,
)


def command(
    train: Annotated[str, typer.Argument(help="Labelled examples that would be learned from.")],
    method: Annotated[str, typer.Option(help="A method by name.")] = "finetune",
    model: Annotated[str, typer.Option(help="Catalogue name, hub name or folder.")] = "",
    unlabelled: Annotated[str, typer.Option(metavar="FILE", help="Rows without labels, for methods that learn from these too.")] = "",
    set_: Settings = None,
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast seconds and peak memory of learning from TRAIN, from a probe of a few steps on this machine."""
    from hanshuku.functions.forecast import forecast
    from hanshuku.methods.settings import parse_settings

    found = forecast(
        read_examples(train, columns, encoding), method=method, model=model or None, seed=seed, accept_licence=accept_licence,
        unlabelled=read_examples(unlabelled, columns, encoding) if unlabelled else None, **parse_settings(set_ or []),
    )  # fmt: skip
    if json:
        print_json(found.to_json())
        return
    console = stdout()
    console.print(f"{found.method} with {found.model} on {found.rows} rows:", markup=False)
    console.print(f"  time         {found.seconds:.0f} s  (usually within {found.seconds_low:.0f} to {found.seconds_high:.0f} s)")
    console.print(f"  peak memory  {found.memory_mb:.0f} MB  of {found.available_mb:.0f} MB free")
    if not quiet:
        console.print(f"  the probe    {found.probe_seconds:.0f} s")
    if found.memory_mb > found.available_mb:
        console.print("  This does not fit. Take fewer rows a step (--set batch_size=8), or tuning=lora.", style="red")

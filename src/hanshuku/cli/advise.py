"""hanshuku advise: what each method will probably cost and gain, and which model to start from, before anything is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hanshuku.cli.common import (
    AcceptLicence,
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    print_json,
    progress,
    read_examples,
    stdout,
)

if TYPE_CHECKING:
    from hanshuku.functions.advise import Advice


def command(
    train: Annotated[str, typer.Argument(help="Labelled examples that would be learned from.")],
    model: Annotated[str, typer.Option(help="Encoder: catalogue name, hub name or folder.")] = "",
    source: Annotated[list[str] | None, typer.Option(help="A model, or a function that has learned another task, to start from. May be repeated.")] = None,
    budget: Annotated[str, typer.Option(help="Wall time that may be spent: 5min, 90s, 1h.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what auto expects of each method on TRAIN before it tries any, and which SOURCE tells the rows apart best."""
    from hanshuku.functions.advise import advise

    with progress(quiet=quiet or json) as report:
        found = advise(
            read_examples(train, columns, encoding), model=model or None, sources=source or (), budget=budget or None, seed=seed, accept_licence=accept_licence, report=report
        )
    if json:
        print_json(found.to_json())
        return
    _show(found, quiet)


def _show(found: Advice, quiet: bool) -> None:
    from rich.table import Table

    console = stdout()
    console.print(f"{found.rows:,} rows, {found.rows_a_class:,.0f} a class", markup=False)
    table = Table("method", "model", "expected", "best", "seconds", "memory", "", box=None, header_style="bold")
    for each in found.methods:
        gain = f"{100 * each.gain:+.0f} ± {100 * each.gain_sd:.0f}"
        table.add_row(each.method, each.model, gain, f"{each.chance:.0%}", f"{each.seconds:,.0f}", f"{each.memory_mb:,.0f} MB", "" if each.fits else "does not fit")
    console.print(table)
    if not quiet:
        console.print("expected: points of accuracy over probe, before any answer; best: the chance of being the best that fits", style="dim", markup=False)
    if found.sources:
        table = Table("source", "score", "gain", "p", box=None, header_style="bold")
        for source in found.sources:
            table.add_row(source.source, f"{source.score:.3f}", f"{100 * source.gain:+.1f}", "" if source.p is None else f"{source.p:.3f}")
        console.print(table)
        if not quiet:
            console.print("score: of a probe on its vectors, out of fold. Learn from a source: hanshuku learn ... --model SOURCE", style="dim", markup=False)
            console.print(found.doubt, style="dim", markup=False, soft_wrap=True)

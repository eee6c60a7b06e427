"""hanshuku sequence: one function learns file after file; what it still knows of each is a matrix."""

from __future__ import annotations

import sys
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
    progress,
    read_examples,
    stdout,
)
from hanshuku.errors import ConfigError
from hanshuku.methods.settings import parse_settings

if TYPE_CHECKING:
    from hanshuku.functions.sequence import Lesson


def command(
    trains: Annotated[list[str], typer.Argument(metavar="TRAIN...", help="Two files of labelled examples or more, in the order in which they are learned.")],
    test: Annotated[str, typer.Option(help="A share of each TRAIN such as 0.2, or as many files with commas, in the same order.")] = "0.2",
    model: Annotated[str, typer.Option(help="Catalogue name, hub name or folder; the method's default where not given.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting of the method continual: strategy=replay, memory=0.01. May be repeated.")] = None,
    together: Annotated[bool, typer.Option("--together", help="Learn all files at once too: the bound from above.")] = False,
    out: Annotated[str, typer.Option(help="Save the function after the last file here.")] = "",
    plot: Annotated[str, typer.Option(help="Draw the matrix into this PNG.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn TRAIN after TRAIN with one function, and measure after each what it knows of all: accuracy, forgetting, transfer."""
    from hanshuku.functions.sequence import run_sequence

    lessons = _lessons(trains, test, columns, encoding, seed)
    with progress(quiet=quiet or json) as report:
        found, function = run_sequence(
            lessons, model=model or None, together=together, seed=seed, report=report, accept_licence=accept_licence, **parse_settings(set_ or [])
        )
    if plot:
        found.plot(plot)
    if out:
        function.save(Path(out))
    if json:
        print_json(found.to_json() | ({"function": out} if out else {}))
        return
    print_notes(found.notes, quiet=quiet)
    found.render(stdout())
    if not quiet:
        sys.stderr.write("".join(f"{what} {path}\n" for what, path in (("drew", plot), ("saved", out)) if path))


def _lessons(trains: list[str], test: str, columns: str, encoding: str, seed: int) -> list[Lesson]:
    """The files by their names, each with the rows that measure it.

    Raises:
        ConfigError: --test is no share and not one file a TRAIN.
    """
    from hanshuku.functions.sequence import Lesson

    names = [Path(path).name.split(".")[0] for path in trains]
    names = [name if names.count(name) == 1 else f"{name}-{place}" for place, name in enumerate(names, 1)]
    read: list[Any] = [read_examples(path, columns, encoding) for path in trains]
    try:
        share = float(test)
    except ValueError:
        files = [path for path in test.split(",") if path.strip()]
        if len(files) != len(trains):
            raise ConfigError(f"--test takes a share between 0 and 1, or one file a TRAIN ({len(trains)}). Received: {len(files)} files.") from None
        return [Lesson(name, rows, read_examples(path, columns, encoding)) for name, rows, path in zip(names, read, files, strict=True)]
    if not 0 < share < 1:
        raise ConfigError(f"--test takes a share between 0 and 1, or one file a TRAIN. Received: {test}.")
    return [Lesson(name, *rows.split(test=share, seed=seed)) for name, rows in zip(names, read, strict=True)]

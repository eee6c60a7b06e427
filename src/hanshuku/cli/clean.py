"""hanshuku clean: rows whose label seems wrong, and the file without them or with them mended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import (
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    Settings,
    print_json,
    print_notes,
    progress,
    read_examples,
    stdout,
)
from hanshuku.errors import ConfigError
from hanshuku.tasks.shown import line_of, short

if TYPE_CHECKING:
    from hanshuku.functions.clean import WrongLabels


def command(
    data: Annotated[str, typer.Argument(help="Labelled examples.")],
    out: Annotated[str, typer.Option(help="Write a file: the rows found, or with --drop or --relabel all rows, cleaned: .jsonl, .csv, .tsv.")] = "",
    drop: Annotated[bool, typer.Option("--drop", help="With --out: leave the rows found out.")] = False,
    relabel: Annotated[bool, typer.Option("--relabel", help="With --out: give the rows found the label proposed.")] = False,
    at_least: Annotated[float, typer.Option("--at-least", help="Least confidence of a row that is given, 0 to 1.")] = 0.0,
    method: Annotated[str, typer.Option(help="What answers each row after learning from the others.")] = "probe",
    model: Annotated[str, typer.Option(help="Catalogue name, hub name or folder.")] = "",
    set_: Settings = None,
    task: Annotated[str, typer.Option(help="classify, several, rate, pair; found from the columns where not given.")] = "",
    folds: Annotated[int, typer.Option(min=2, help="Parts that are held out in turn; fewer than 5 where there are fewer different texts.")] = 5,
    show: Annotated[int, typer.Option(min=0, help="Rows that are printed at most.")] = 20,
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the rows whose label seems wrong (confident learning); each with file, line, the label given and the one proposed."""
    from hanshuku.data.infer import infer_task
    from hanshuku.functions.clean import wrong_labels
    from hanshuku.methods.settings import parse_settings

    _check(data, out, drop=drop, relabel=relabel)
    rows = read_examples(data, columns, encoding)
    with progress(quiet=quiet or json) as report:
        found = wrong_labels(
            rows, task=infer_task(rows, kind=task or None), method=method, model=model or None, folds=folds, at_least=at_least, seed=seed,
            report=report, **parse_settings(set_ or []),
        )  # fmt: skip
    wrote = _write(found, out, drop=drop, relabel=relabel) if out else ""
    if json:
        print_json({**found.to_json(), **({"out": out} if out else {})})
        return
    print_notes(found.notes, quiet=quiet)
    _show(found, show)
    if wrote:
        stdout().print(wrote, markup=False)


def _check(data: str, out: str, *, drop: bool, relabel: bool) -> None:
    if drop and relabel:
        raise ConfigError("--drop leaves the rows found out and --relabel mends them. Give one of the two.")
    if (drop or relabel) and not out:
        raise ConfigError(f"--{'drop' if drop else 'relabel'} writes the cleaned rows: say where, --out FILE.")
    if out and Path(out).resolve() == Path(data).resolve():
        raise ConfigError(f"--out would replace {data}, which is what is looked through. Give another name.")


def _write(found: WrongLabels, out: str, *, drop: bool, relabel: bool) -> str:
    from hanshuku.data.write import write_rows

    if not (drop or relabel):
        return f"wrote the {write_rows(out, (wrong.to_json() for wrong in found))} rows found to {out}"
    rows = found.drop() if drop else found.relabel()
    done = f"{len(found)} left out" if drop else f"{len(found)} relabelled"
    return f"wrote {write_rows(out, rows.own_rows(), rows.names)} rows to {out}, {done}"


def _show(found: WrongLabels, show: int) -> None:
    console = stdout()
    for wrong in found.found[:show]:
        place = f"{wrong.file}:{wrong.line}"
        console.print(f"{place}  {_plain(wrong.given)} -> {_plain(wrong.proposed)}  ({wrong.confidence:.2f})  {short(wrong.text)}", markup=False, soft_wrap=True)
    if len(found) > show:
        console.print(f"... and {len(found) - show} more: --show {len(found)}, or --out FILE", style="dim", markup=False)
    share = len(found) / max(len(found.examples), 1)
    console.print(f"{len(found)} of {len(found.examples):,} rows ({share:.1%}) seem wrongly labelled, by {found.method}", markup=False, soft_wrap=True)


def _plain(label: Any) -> str:
    return line_of(label) or "(none)"

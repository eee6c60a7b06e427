"""What every command shares: options, consoles, printing as JSON, progress with the time left."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.errors import DataError
from hanshuku.methods.settings import pairs
from hanshuku.training.run import Step, silent
from hanshuku.training.switches import Switches

if TYPE_CHECKING:
    from rich.console import Console

    from hanshuku.data.examples import Examples

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same rows, same machine: same result.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no advice; only the result.")]
Columns = Annotated[
    str, typer.Option("--columns", help="Which column is what, where the names do not tell: text=review,label=verdict")
]
Encoding = Annotated[str, typer.Option("--encoding", help="Of the text files, where it cannot be found: latin-1, big5, shift_jis.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help=f"A setting of the method, field=value, or a switch ({', '.join(f.name for f in fields(Switches))}). May be repeated."),
]
AcceptLicence = Annotated[bool, typer.Option("--accept-licence", help="Accept the licence of a restricted model (Gemma).")]


def stdout() -> Console:
    """The console for results."""
    from rich.console import Console

    return Console(highlight=False)


def stderr() -> Console:
    """The console for progress, notes and advice."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(data: Any) -> None:
    """One JSON object on one line of stdout; numbers that JSON cannot hold become null."""
    sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False, allow_nan=False) + "\n")


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [_plain(value) for value in data]
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    return data


def columns_of(text: str) -> dict[str, str] | None:
    """The mapping that --columns gives.

    Raises:
        ConfigError: it is not name=column,name=column.
    """
    return {key: str(value) for key, value in pairs(text.split(","), "--columns text=review,label=verdict").items()} if text else None


def read_examples(path: str, columns: str, encoding: str = "") -> Examples:
    """The examples in a file, with the columns that --columns names; `-` reads JSON lines from stdin."""
    from hanshuku.data.read import read

    if path == "-":
        return read(list(_rows_of(sys.stdin)), columns=columns_of(columns))
    return read(path, columns=columns_of(columns), encoding=encoding or None)


def _rows_of(stream: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The objects of JSON lines.

    Raises:
        DataError: a line is none.
    """
    for number, line in enumerate(stream, 1):
        try:
            row = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise DataError(f"this is no JSON ({error}). From stdin JSON lines are read; give another format as a file.", "stdin", number) from error
        if row is not None and not isinstance(row, dict):
            raise DataError(f"an object is due, {{\"text\": ...}}, not {line.strip()[:60]}.", "stdin", number)
        if row is not None:
            yield row


def print_notes(notes: Any, *, quiet: bool, language: str = "en") -> None:
    """What was counted and said of the data, on stderr."""
    if quiet:
        return
    from hanshuku.evaluation.notes import note_line

    for note in notes:
        stderr().print(note_line(str(getattr(note, "message", note)), language), style="yellow", markup=False)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Step], None]]:
    """A callable for `Run.report` that shows a bar with the time left on a terminal, a line now and then elsewhere."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[more]}")]
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def report(step: Step) -> None:
            if step.sample:
                bar.console.print(step.sample, style="dim", markup=False)
                return
            bar.update(task, description=step.note, completed=step.done, total=step.total, more=_more(step))

        yield report


def _lines() -> Callable[[Step], None]:
    """Print a line each tenth of the way, so that a log stays short."""
    shown = {"note": "", "tenth": -1}

    def report(step: Step) -> None:
        if step.sample:
            sys.stderr.write(step.sample + "\n")
            return
        tenth = 10 * step.done // max(step.total, 1)
        if (step.note, tenth) != (shown["note"], shown["tenth"]) or step.score is not None:
            shown.update(note=step.note, tenth=tenth)
            sys.stderr.write(f"{step.note} {step.done}/{step.total} {_more(step)}".rstrip() + "\n")

    return report


def _more(step: Step) -> str:
    parts = [f"loss {step.loss:.3f}" if step.loss is not None else "", f"held-out {step.score:.3f}" if step.score is not None else ""]
    parts.append(f"{step.seconds_left:.0f} s left" if step.seconds_left is not None else "")
    return ", ".join(part for part in parts if part)

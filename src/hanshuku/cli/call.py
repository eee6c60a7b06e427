"""hanshuku call: answers for texts, a file or stdin."""

from __future__ import annotations

import json as jsonlib
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, columns_of, print_json, print_notes, progress
from hanshuku.data.notes import plural
from hanshuku.errors import ConfigError
from hanshuku.tasks.shown import line_of

if TYPE_CHECKING:
    from hanshuku.functions.core import Function


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts; a function of two takes them two by two: question and context, query and a JSON list of candidates.")] = None,
    input_: Annotated[str, typer.Option("--input", help="A file of rows; any format that learn reads.")] = "",
    output: Annotated[str, typer.Option(help="Write the rows with their answers here: .jsonl or .csv.")] = "",
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Print what the language model would be sent, and do not ask it.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Print a text as it is written, piece by piece.")] = False,
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer texts, the rows of --input, or the lines of stdin. With --json one object a line."""
    from hanshuku.functions.store import load

    loaded = load(function)
    if output and show_prompt:
        raise ConfigError("--show-prompt prints prompts and writes no answers. Leave --output out.")
    if stream and (json or output or show_prompt):
        raise ConfigError("--stream prints a text while it is written. Leave --json, --output and --show-prompt out.")
    if output and not input_:
        raise ConfigError("--output takes the rows of --input FILE. Received no --input.")
    if output:
        _file(loaded, input_, output, (columns, encoding), quiet or json)
        _say(loaded, quiet)
        return
    rows = given_rows(loaded, texts or []) if texts else rows_of(loaded, input_, (columns, encoding)) if input_ else _lines(loaded)
    if show_prompt:
        for row in rows:
            prompt = loaded.prompt(*row)
            print_json({"prompt": prompt}) if json else sys.stdout.write(f"{prompt}\n")
        return
    if stream:
        _stream(loaded, rows)
        _say(loaded, quiet)
        return
    for prediction in loaded.stream(rows):
        if json:
            print_json(prediction.to_json())
        else:
            shown = f"(refused: {prediction.reason.replace('_', ' ')})" if prediction.reason else line_of(prediction.output)
            confidence = "" if prediction.confidence is None else f"\t{prediction.confidence:.2f}"
            held = "" if prediction.label_set is None else f"\t{{{line_of(prediction.label_set)}}}"
            sys.stdout.write(f"{shown}{confidence}{held}\n")
    _say(loaded, quiet)


def _say(function: Function[..., Any], quiet: bool) -> None:
    """What a user should know of the answers: texts that were cut, answers that were not finished, what a server was paid."""
    print_notes(getattr(function.predictor(), "notes", ()), quiet=quiet)


def _stream(function: Function[..., Any], rows: Iterable[tuple[str, ...]]) -> None:
    """Print each answer as it comes, and a line end behind it."""
    for place, row in enumerate(rows):
        for piece in function.write_row(function.row(row, place)):
            sys.stdout.write(piece)
            sys.stdout.flush()
        sys.stdout.write("\n")


def given_rows(function: Function[..., Any], texts: list[str]) -> list[tuple[str, ...]]:
    """Texts of the command line as rows of the function.

    Raises:
        ConfigError: they do not come out even.
    """
    n = len(function.task.inputs)
    if len(texts) % n:
        raise ConfigError(f"{function.task.name} takes {n} texts a call ({', '.join(function.task.inputs)}). Received: {plural(len(texts), 'text')}.")
    return [tuple(texts[i : i + n]) for i in range(0, len(texts), n)]


def _lines(function: Function[..., Any]) -> Iterator[tuple[str, ...]]:
    """Rows from stdin: a text a line, or JSON objects that name the inputs."""
    for number, line in enumerate(sys.stdin, 1):
        text = line.rstrip("\r\n")
        if text.startswith("{"):
            try:
                yield function.row(jsonlib.loads(text), number)
                continue
            except ValueError:
                pass
        if text:
            yield function.row(text.split("\t") if function.task.is_pair else text, number)


def rows_of(function: Function[..., Any], path: str, reading: tuple[str, str]) -> Iterator[tuple[str, ...]]:
    """The inputs of a file's rows, read as a stream; `reading` is what --columns and --encoding say."""
    from hanshuku.data.encode import input_rows
    from hanshuku.data.read import read

    yield from input_rows(function.task, read(path, columns=columns_of(reading[0]), encoding=reading[1] or None, stream=True))


def _file(function: Function[..., Any], path: str, output: str, reading: tuple[str, str], quiet: bool) -> None:
    """Answer a file into a file; the output appears whole or not at all."""
    from hanshuku.data.write import write_rows

    names = function.task.inputs

    def answered() -> Iterator[dict[str, Any]]:
        held: deque[tuple[str, ...]] = deque()

        def keep() -> Iterator[tuple[str, ...]]:
            for row in rows_of(function, path, reading):
                held.append(row)
                yield row

        with progress(quiet=quiet) as report:
            for prediction in function.stream(keep(), report=report):
                answer = prediction.to_json()
                told = {"output": answer["output"], "confidence": answer["confidence"]} | ({"reason": prediction.reason} if function.refuses else {})
                yield dict(zip(names, held.popleft(), strict=True)) | told | ({"label_set": answer["label_set"]} if "label_set" in answer else {})

    count = write_rows(output, answered())
    if not quiet:
        sys.stderr.write(f"wrote {count} rows to {output}\n")

"""hanshuku: the library, printed. Each command is one file; nothing heavy is imported until it runs."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer

from hanshuku.cli import (
    advise,
    attack,
    augment,
    bias,
    calibrate,
    call,
    check,
    clean,
    cluster,
    compare,
    curve,
    demo,
    diff,
    doctor,
    drift,
    evaluate,
    explain,
    export,
    forecast,
    guard,
    label,
    learn,
    mask,
    merge,
    models,
    pretrain,
    sequence,
    serve,
    suggest,
    suite,
    weak,
)
from hanshuku.errors import HanshukuError

app = typer.Typer(
    name="hanshuku",
    help="The AI function library: learn a typed function from few examples, know how good it is, ship it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    learn, call, calibrate, evaluate, attack, compare, diff, drift, explain, sequence, check, clean, suggest, label, curve, cluster, weak, augment,
    advise, forecast, pretrain, bias, export, merge, guard, mask, serve, demo, doctor,
):  # fmt: skip
    app.command(command.__name__.rsplit(".", 1)[-1])(command.command)
app.add_typer(suite.app, name="suite")
app.add_typer(models.app, name="models")

_USAGE: Any = typer.BadParameter.__base__  # what typer raises for an option or argument that is none
_STOPPED = 130  # its exit code after an interrupt
_DISK = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up", errno.EROFS: "the disk is read-only"}


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """The AI function library: learn a typed function from few examples, know how good it is, ship it."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("hanshuku"))
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run a command. Our errors are one line on stderr with exit code 2; any other keeps its traceback."""
    try:
        code = app(arguments, prog_name="hanshuku", standalone_mode=False)
    except HanshukuError as error:
        _fail(str(error))
    except _USAGE as error:
        message = error.format_message()
        if not message.strip():  # no command at all was given, and the help is printed already
            sys.exit(2)
        _fail(f"{message.rstrip('.')}. See '{error.ctx.command_path if error.ctx else 'hanshuku'} -h'.")
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        if error.errno not in _DISK:
            raise
        _fail(f"{error.filename or 'A file'} could not be written: {_DISK[error.errno]}. What was saved before is untouched.")
    else:
        if code == _STOPPED:
            sys.stderr.write("stopped\n")
        sys.exit(code or 0)


def _fail(message: str) -> None:
    sys.stderr.write("error: " + " ".join(message.split()) + "\n")
    sys.exit(2)

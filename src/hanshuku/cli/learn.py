"""hanshuku learn: from a file of labelled texts to a saved function whose quality is known."""

from __future__ import annotations

import json as jsonlib
import shlex
import shutil
from dataclasses import replace
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
    Settings,
    print_json,
    print_notes,
    progress,
    read_examples,
    stdout,
)
from hanshuku.errors import ConfigError
from hanshuku.methods.prompt_log import JUDGED
from hanshuku.methods.settings import parse_settings

if TYPE_CHECKING:
    from hanshuku.data.examples import Examples
    from hanshuku.functions.core import Function
    from hanshuku.tasks import Task


def command(
    train: Annotated[str, typer.Argument(help="Labelled examples: csv, tsv, jsonl, json, parquet, xlsx, .gz of these; - for stdin.")],
    test: Annotated[str, typer.Option(help="Examples to measure on: a file, or a share of TRAIN such as 0.2.")] = "",
    task: Annotated[str, typer.Option(help="classify, several, rate, generate, extract ...; found from the columns where not given.")] = "",
    labels: Annotated[str, typer.Option(help="The legal labels, a,b,c; found from TRAIN where not given.")] = "",
    schema: Annotated[str, typer.Option(metavar="FILE", help="extract: a JSON schema of the answers; found from TRAIN where not given.")] = "",
    instruction: Annotated[str, typer.Option(help="What the function does, in a sentence.")] = "",
    model: Annotated[str, typer.Option(help="Catalogue name, hub name, folder, or a function NAME.fn whose network it starts from; the method's default where not given.")] = "",
    method: Annotated[str, typer.Option(help="auto, or a method by name; auto where not given, with --from continual.")] = "",
    set_: Settings = None,
    budget: Annotated[str, typer.Option(help="Wall time that may be spent: 5min, 90s, 1h.")] = "",
    out: Annotated[str, typer.Option(help="Folder to save to; TRAIN's name with .fn where not given.")] = "",
    validation: Annotated[str, typer.Option(help="Examples for early stopping and thresholds; never the test rows.")] = "",
    unlabelled: Annotated[str, typer.Option(metavar="FILE", help="Rows without labels, for self_train, for finetune with --set two_views=uda or fixmatch, and for auto, which then tries these.")] = "",
    from_: Annotated[str, typer.Option("--from", metavar="FN", help="A saved function that shall learn TRAIN too, its new labels among it, and keep what it knows.")] = "",
    earlier: Annotated[str, typer.Option(metavar="FILE", help="With --from: rows it learned from before, to store and replay some where it has stored none.")] = "",
    track: Annotated[str, typer.Option(help="csv, tensorboard, wandb; several with commas. Logs go to OUT.run/.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a function from TRAIN, measure it on --test, save it. Run again after a kill, it goes on where it was."""
    from hanshuku.functions.core import Function

    rows, held = _rows(train, test, columns, seed, encoding)
    target = _target(train, out, from_)
    run_folder = target.with_name(target.name + ".run")
    if earlier and not from_:
        raise ConfigError("--earlier goes with --from FN: rows that this function learned from before.")
    if unlabelled and from_:
        raise ConfigError("--unlabelled goes without --from: a function that learns on reads labelled rows only.")
    start: Function[..., Any]
    start = _saved(from_, task, labels, schema, instruction, model) if from_ else Function(_task(rows, task, labels, instruction, schema))
    if not from_ and not json:
        print_notes(_spoken(start.task, rows), quiet=quiet)
    more = {name: read_examples(file, columns, encoding) for name, file in (("earlier", earlier), ("unlabelled", unlabelled)) if file}
    tracked = tuple(name.strip() for name in track.split(",") if name.strip())
    with progress(quiet=quiet or json) as report:
        learned = start.learn(
            rows, method=method or None, model=model or None, budget=budget or None, seed=seed, folder=run_folder, track=tracked, report=report,
            validation=read_examples(validation, columns, encoding) if validation else None, accept_licence=accept_licence, **more, **parse_settings(set_ or []),
        )  # fmt: skip
    measured = learned.evaluate(held, checks=()) if held is not None else None  # `evaluate` looks at the rest, which takes longer
    learned.save(target)
    _clean(run_folder, keeps_logs=bool(tracked) or (run_folder / JUDGED).exists())
    origin = learned.history[-1]
    if json:
        print_json({"function": str(target), "origin": origin.to_json(), **(measured.to_json() if measured else {})})
        return
    print_notes([*origin.notes, *(measured.notes if measured else ())], quiet=quiet)
    _show(learned, measured, target, quiet, {"TRAIN": train, "UNLABELLED": unlabelled})


def _spoken(task: Task, rows: Examples) -> list[str]:
    """What was found of the language that is translated into, for people."""
    if task.kind != "translate":
        return []
    from hanshuku.data.match import match_columns
    from hanshuku.data.translations import answer_language
    from hanshuku.tasks.languages import LANGUAGES

    found = match_columns(task, rows)
    told = answer_language(rows, found.target or "")
    if not told.code:
        return [f"nothing tells which language column {found.target!r} is in, so the model is told to translate into the other language; say it: --instruction \"Translate into ...\""]
    return [f"column {found.inputs[0]!r} is translated into {LANGUAGES[told.code]} ({told.code}), {told.why}"]


def _clean(run_folder: Path, *, keeps_logs: bool) -> None:
    """A function that is saved needs the checkpoints of its run no more."""
    if not keeps_logs:
        shutil.rmtree(run_folder, ignore_errors=True)
        return
    from hanshuku.training.checkpoint import clear

    clear(run_folder)


def _target(train: str, out: str, from_: str) -> Path:
    """Where the function is saved.

    Raises:
        ConfigError: it would be that of --from, unasked.
    """
    target = Path(out or Path(train if train != "-" else "function").name.split(".")[0] + ".fn")
    if from_ and not out and target.resolve() == Path(from_).resolve():
        raise ConfigError(f"Say where to save: --out NEW.fn, or --out {from_} to put it in the place of the old one.")
    return target


def _saved(path: str, *stated: str) -> Function[..., Any]:
    """The function that learns on.

    Raises:
        ConfigError: the command states a task or a model besides.
    """
    from hanshuku.functions.store import load

    if any(stated):
        raise ConfigError("--from FN keeps the function's task, instruction and model; leave out --task, --labels, --schema, --instruction and --model.")
    return load(path)


def _rows(train: str, test: str, columns: str, seed: int, encoding: str) -> tuple[Examples, Examples | None]:
    """Training rows, and test rows from a file or a share of the training file."""
    rows = read_examples(train, columns, encoding)
    if not test:
        return rows, None
    try:
        share = float(test)
    except ValueError:
        return rows, read_examples(test, columns, encoding)
    if not 0 < share < 1:
        raise ConfigError(f"--test takes a file, or a share between 0 and 1. Received: {test}.")
    return rows.split(test=share, seed=seed)


def _task(rows: Examples, kind: str, labels: str, instruction: str, schema: str) -> Task:
    from hanshuku.data.infer import infer_task

    if schema:
        if labels or kind not in {"", "extract"}:
            raise ConfigError(f"--schema is for --task extract, without --labels. Received: --task {kind or '(none)'}, --labels {labels or '(none)'}.")
        return replace(infer_task(rows, kind="extract", instruction=instruction), schema=_schema(schema))
    legal = tuple(label.strip() for label in labels.split(",") if label.strip()) or None
    return infer_task(rows, kind=kind or None, labels=legal, instruction=instruction)


def _schema(path: str) -> str:
    """The JSON schema in a file, as JSON text.

    Raises:
        ConfigError: the file is not there or is no JSON.
        TaskError: it is no schema of an object.
    """
    from hanshuku.tasks.schemas import schema_text

    try:
        return schema_text(jsonlib.loads(Path(path).read_text(encoding="utf-8-sig")))
    except (OSError, ValueError) as error:
        raise ConfigError(f"--schema takes a file with a JSON schema. {path} cannot be read: {error}.") from error


def _show(learned: Function[..., Any], measured: Any, target: Path, quiet: bool, files: dict[str, str]) -> None:
    console, origin = stdout(), learned.history[-1]
    if origin.trials and not quiet:
        from hanshuku.methods.auto_table import trial_table

        console.print(trial_table(origin.trials))
        for trial in origin.trials:
            if trial.get("chosen") and "command" in trial:
                console.print("learns the same: " + shlex.join(files.get(part, part) for part in shlex.split(trial["command"])), style="dim", markup=False, soft_wrap=True)
    how = f"{origin.method} with {origin.model}, {origin.rows} rows, {origin.seconds:.0f} s"
    console.print(f"learned {learned.task.name}: {how}", markup=False)
    if measured is not None:
        measured.render(console)
    console.print(f"saved {target}", markup=False)
    if not quiet:
        ask = "" if measured is not None else f"   measure it: hanshuku evaluate {target} TEST"
        console.print(f'try it: hanshuku call {target} "..."{ask}', style="dim", markup=False)

"""hanshuku evaluate: how good a saved function is on labelled rows, and what else its report shall look at."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hanshuku.cli.common import (
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    columns_of,
    print_json,
    print_notes,
    progress,
    read_examples,
    stderr,
    stdout,
)
from hanshuku.errors import ConfigError, DataError

if TYPE_CHECKING:
    from hanshuku.evaluation.gate import Outcome

NONE = "none"


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    test: Annotated[str, typer.Argument(help="Labelled rows that it has not learned from; - for stdin.")],
    checks: Annotated[str, typer.Option(help="Parts of the report, a,b; all that suit where not given; none: those alone that ask the function nothing again.")] = "",
    ood: Annotated[list[str] | None, typer.Option(metavar="FILE", help="Labelled rows of another domain. May be repeated.")] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help='A label of --ood and what it is here: "1 star=negative"; for one set alone "yelp5:1 star=negative"; OLD= leaves its rows out. May be repeated.'),
    ] = None,
    behaviours: Annotated[list[str] | None, typer.Option(metavar="FILE", help="Behavioural tests as JSON lines, or a ready set: sentiment, sentiment-zh. May be repeated.")] = None,
    groups: Annotated[str, typer.Option(metavar="COLUMN", help="The column that names the group of a row, for the gaps between groups.")] = "",
    paraphrase: Annotated[str, typer.Option(metavar="FN", help="A saved function that says a text in other words, so that rows are paraphrased too.")] = "",
    rows: Annotated[int, typer.Option(help="Most rows that are asked again in another form, drawn by --seed.")] = 200,
    curve: Annotated[str, typer.Option(metavar="FILE", help="A learning curve to show with the report: what hanshuku curve --json printed.")] = "",
    report: Annotated[str, typer.Option(metavar="FILE", help="Write the report too: NAME.html, one page that stands alone, or NAME.json.")] = "",
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Leave the texts of single rows out of all that is written and printed: hardest mistakes, rows that a form spoiled, failed cases.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the report in FN too, without texts of rows: in its function.json and its card.md.")] = False,
    gate: Annotated[
        list[str] | None,
        typer.Option(metavar="CONDITION", help='What the report must meet, "accuracy.low >= 0.9"; else the exit code is 1 and the reason on stderr. May be repeated.'),
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure FN on TEST: each metric with its 95% interval, n and chance level, and the parts of the report."""
    from hanshuku.evaluation.gate import outcomes, parsed
    from hanshuku.evaluation.words import words
    from hanshuku.functions.store import keep_report, load

    words(language)  # what cannot be is told before the work is done
    for condition in gate or ():
        parsed(condition)
    if report and Path(report).suffix.lower() not in {".html", ".htm", ".json"}:
        raise ConfigError(f"--report takes NAME.html or NAME.json. Received: {report}.")
    sets = _sets(ood or [], columns, encoding)
    wanted: dict[str, Any] = {"checks": _checks(checks), "ood": sets or None, "same": _same(same or [], sets), "behaviours": tuple(behaviours or ()), "groups": groups}
    wanted |= {"rows": rows, "paraphrase": load(paraphrase) if paraphrase else None, "curve": _curve(curve) if curve else None}
    with progress(quiet=quiet or json) as shown:
        measured = load(function)
        found = measured.evaluate(read_examples(test, columns, encoding), seed=seed, report=shown, **wanted)
    found = found.without_texts() if no_texts else found
    if report:
        found.save(report, language=language)
    if keep:
        keep_report(measured, Path(function))
    judged: tuple[Outcome, ...] = ()
    try:
        judged = outcomes(found, gate) if gate else ()
    finally:  # what was measured is shown whatever comes of the gate
        if json:
            print_json(found.to_json() | ({"gate": [outcome.to_json() for outcome in judged]} if judged else {}))
        else:
            found.render(stdout(), language=language)
            print_notes(found.notes, quiet=quiet, language=language)
    for outcome in judged:
        if not (quiet and outcome.passed):
            stderr().print(f"gate: {outcome}", style="green" if outcome.passed else "red", markup=False, soft_wrap=True)
    if not all(outcome.passed for outcome in judged):
        raise typer.Exit(1)


def _checks(text: str) -> tuple[str, ...] | None:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return None if not text else () if names == (NONE,) else names


def _sets(files: list[str], columns: str, encoding: str) -> dict[str, Any]:
    """The rows of each file by its name; --columns counts where a file has these columns."""
    from hanshuku.data.read import read
    from hanshuku.functions.evaluate import named_sets

    found = {name: read(file, encoding=encoding or None) for name, file in named_sets(files).items()}
    renames = columns_of(columns) or {}
    return {name: rows.rename({new: old for new, old in renames.items() if old in rows.names and new not in rows.names}) for name, rows in found.items()}


def _same(pairs: list[str], sets: dict[str, Any]) -> dict[str, Any]:
    """Label of a set -> label of the function, and name of a set -> such a mapping.

    Raises:
        ConfigError: one is not OLD=NEW.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        old, equals, new = pair.rpartition("=")
        if not equals or not old.strip():
            raise ConfigError(f'--same takes OLD=NEW, such as "1 star=negative". Received: {pair!r}.')
        name, colon, label = old.partition(":")
        if colon and name in sets:
            found.setdefault(name, {})[label.strip()] = new.strip()
        else:
            found[old.strip()] = new.strip()
    return found


def _curve(path: str) -> Any:
    """What a file with a learning curve holds.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return jsonlib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError(f"--curve takes a file that `hanshuku curve --json` wrote. It cannot be read: {error}.", path) from error

"""hanshuku diff: saved functions on one test, what differs and which answers changed."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples, stdout
from hanshuku.errors import ConfigError


def command(
    functions: Annotated[list[str], typer.Argument(metavar="FN FN...", help="Saved functions; the first is what the others are compared with.")],
    test: Annotated[str, typer.Option(help="Labelled rows that none has learned from; - for stdin.")] = "",
    show: Annotated[int, typer.Option(min=0, help="Changed rows of each sort that are printed.")] = 10,
    report: Annotated[str, typer.Option(metavar="FILE", help="Write a page that stands alone, NAME.html, or NAME.json.")] = "",
    out: Annotated[str, typer.Option(help="Write the rows with another answer here: .jsonl, .csv, .xlsx and the like.")] = "",
    suite: Annotated[str, typer.Option(metavar="FILE", help="Add the rows that were fixed or broken to this regression suite, NAME.jsonl.")] = "",
    keep: Annotated[str, typer.Option(help="Which go into --suite: fixed, broken or both with a comma.")] = "fixed,broken",
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer --test by each FN: paired differences, rows fixed and broken, McNemar, agreement, labels, speed and size."""
    from hanshuku.evaluation.diff.words import words
    from hanshuku.evaluation.saving import check_suffix
    from hanshuku.functions.diff import diff

    words(language)  # what cannot be is told before the work is done
    if report:
        check_suffix(report)
    if not test:
        raise ConfigError("diff measures on rows that no function has learned from: give --test FILE.")
    kinds = _kinds(keep)
    rows = read_examples(test, columns, encoding)
    with progress(quiet=quiet or json) as step:
        found = diff(functions, rows, seed=seed, report=step)
    wrote = []
    if report:
        wrote.append(str(found.save(report, language=language)))
    if out:
        from hanshuku.data.write import write_rows

        write_rows(out, ({"after": pair.after, **row.to_json()} for pair in found.pairs for row in pair.rows))
        wrote.append(out)
    if suite:
        from hanshuku.functions.suite import add_to_suite

        places = sorted({row.place for pair in found.pairs for row in pair.rows if row.change in kinds})
        wrote.append(suite if add_to_suite(suite, rows, task=found.task, places=places, note=" or ".join(kinds)).added else f"{suite}: no new row")
    if json:
        print_json(found.to_json())
        return
    found.render(stdout(), language=language, rows=show)
    if not quiet:
        for path in wrote:
            stdout().print(f"wrote {path}", markup=False, soft_wrap=True)


def _kinds(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found or set(found) - {"fixed", "broken"}:
        raise ConfigError(f"--keep is fixed, broken, or both with a comma. Received: {text!r}.")
    return found

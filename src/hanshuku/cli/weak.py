"""hanshuku weak: labels for texts from a file of rules."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, print_json, read_examples, stdout
from hanshuku.errors import ConfigError, DataError


def command(
    data: Annotated[str, typer.Argument(metavar="FILE", help="Texts; a label column, where there is one, measures the rules.")],
    rules: Annotated[str, typer.Option(help="A file with the columns label and keywords (parted by |) or regex; name may be there.")],
    out: Annotated[str, typer.Option(help="Write text, label and confidence of the rows that have a vote: .jsonl, .csv, .tsv.")] = "",
    how: Annotated[str, typer.Option(help="model: a generative model weighs the rules; majority: each vote counts alike.")] = "model",
    balance: Annotated[str, typer.Option(help="How common the labels are, where that is known: positive=3,negative=1.")] = "",
    at_least: Annotated[float, typer.Option("--at-least", min=0, max=1, help="Least confidence of a row that is written.")] = 0.0,
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Label texts by rules that vote, and say of each rule how much it covers, how often it is contradicted and how right it seems."""
    from hanshuku.data.encode import input_rows
    from hanshuku.data.roles import find_target
    from hanshuku.data.weak import apply, combine, read_rules
    from hanshuku.data.write import write_rows
    from hanshuku.tasks import Task
    from hanshuku.tasks.classify import label_text

    rows = read_examples(data, columns, encoding)
    votes = apply(read_rules(rules), [row[0] for row in input_rows(Task("classify", labels=("a", "b")), rows)])
    weak = combine(votes, how, _balance(balance, votes.labels) if balance else None)
    target = find_target(rows.names)
    truth = [label_text(cell) or None for cell in rows.column(target[0])] if len(target) == 1 else []
    if any(truth) and not set(truth) & set(votes.labels):
        known = ", ".join(sorted({label for label in truth if label})[:6])
        raise DataError(f"No rule gives a label of column {target[0]!r} ({known}); the rules give {', '.join(votes.labels)}. Name the labels alike.", rows.sources[0])
    table = weak.table(truth)
    written = write_rows(out, weak.examples(at_least)) if out else 0
    covered = int(weak.votes.covered.sum())
    if json:
        print_json({"rows": len(rows), "covered": covered, "how": how, "rules": table, **({"out": out, "written": written} if out else {})})
        return
    _show(table)
    console = stdout()
    console.print(f"{covered:,} of {len(rows):,} texts have a vote; labels: {', '.join(weak.votes.labels)}", markup=False, soft_wrap=True)
    if out:
        console.print(f"wrote {written:,} rows to {out}", markup=False)


def _balance(text: str, labels: tuple[str, ...]) -> list[float]:
    """One number a label, from --balance."""
    from hanshuku.methods.settings import pairs

    given = pairs(text.split(","), "--balance positive=3,negative=1")
    try:
        return [float(given[label]) for label in labels]
    except (KeyError, ValueError):
        raise ConfigError(f"--balance has a number for each of {', '.join(labels)}. Received: {text!r}.") from None


def _show(table: list[dict]) -> None:
    from rich.table import Table

    measured = "measured" in table[0]
    shown = Table("rule", "coverage", "overlap", "conflict", "accuracy (estimated)", *(["measured", "n"] if measured else []), box=None, header_style="bold")
    for row in table:
        cells = [row["rule"], *(f"{row[key]:.3f}" for key in ("coverage", "overlap", "conflict", "accuracy"))]
        if measured:
            cells += ["-" if row["measured"] is None else f"{row['measured']:.3f}", str(row["n"])]
        shown.add_row(*cells)
    stdout().print(shown)

"""hanshuku mask: a data file without its personal data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, print_json, print_notes, read_examples, stdout
from hanshuku.cli.guard import split
from hanshuku.errors import ConfigError


def command(
    data: Annotated[str, typer.Argument(metavar="FILE", help="Rows of any format that learn reads; - for JSON lines from stdin.")],
    out: Annotated[str, typer.Option(help="Write the masked rows here: .jsonl, .json, .csv, .tsv, .txt, .parquet or .xlsx.")],
    style: Annotated[str, typer.Option(help="label: [EMAIL]; last4: numbers keep four digits; placeholder: [EMAIL_1], the same for the same text in all of the file.")] = "label",
    kinds: Annotated[str, typer.Option(help="Kinds that are looked for, with commas; all of them where none is given.")] = "",
    allow: Annotated[list[str] | None, typer.Option(help="A text that is never masked, or *@example.com for all that end so. May be repeated.")] = None,
    names: Annotated[str, typer.Option(metavar="FN", help="A saved function that tags people, for names.")] = "",
    only: Annotated[str, typer.Option(help="Columns that are masked, with commas; all but those of labels where none is given.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mask e-mails, phones, id numbers, cards, names ... in a file. Entities and answers keep their places; labels stay."""
    from hanshuku.data.write import write_rows
    from hanshuku.functions.store import load
    from hanshuku.safety.pii import KINDS, checked_tagger
    from hanshuku.safety.rows import Masker, masked_examples
    from hanshuku.safety.settings import Pii

    if data != "-" and Path(out).resolve() == Path(data).resolve():
        raise ConfigError(f"--out is FILE itself, {data}. Write to another file, look at it, then remove the first.")
    pii = Pii("mask", style, kinds=split(kinds) or KINDS, allow=tuple(allow or ()))
    masker = Masker(pii, checked_tagger(load(names)) if names else None)
    examples = read_examples(data, columns, encoding)
    print_notes(examples.notes, quiet=quiet)
    changed = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal changed
        before = 0
        for row in masked_examples(examples, masker, split(only)):
            found = sum(masker.counts.values())
            changed, before = changed + (found > before), found
            yield row

    written = write_rows(out, rows(), examples.names)
    counts = dict(masker.counts.most_common())
    if json:
        print_json({"rows": written, "changed": changed, "found": counts, "out": out})
    elif not quiet:
        said = ", ".join(f"{kind} {count:,}" for kind, count in counts.items()) or "nothing"
        stdout().print(f"Masked in {changed:,} of {written:,} rows: {said}. Wrote {out}.", markup=False, soft_wrap=True)

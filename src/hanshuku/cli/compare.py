"""hanshuku compare: several methods on the same rows, which differences are real, and what each costs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, print_json, read_examples, stdout
from hanshuku.errors import ConfigError


def _line(text: str) -> None:
    sys.stderr.write(text + "\n")


def _silent(_text: str) -> None:
    pass


def command(
    train: Annotated[str, typer.Argument(help="Labelled examples to learn from.")],
    test: Annotated[str, typer.Option(help="Labelled examples to measure on.")] = "",
    methods: Annotated[str, typer.Option(help="With commas; each may name a model and settings: probe,finetune@minilm:tuning=lora")] = "probe,contrastive,finetune",
    model: Annotated[str, typer.Option(help="For the methods that name none.")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each method, seeds 0, 1, ...")] = 1,
    few: Annotated[int, typer.Option(min=0, help="Learn from this many rows a class, drawn anew for each seed; 0: all.")] = 0,
    budget: Annotated[str, typer.Option(help="Wall time for all of it: 20min.")] = "",
    folder: Annotated[str, typer.Option(help="Keep finished runs here; a second call goes on from them.")] = "",
    plot: Annotated[str, typer.Option(help="Draw quality against cost into this PNG.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn by each of --methods, measure all on the same test rows, and say which differences are real."""
    from hanshuku.functions.compare import compare

    if not test:
        raise ConfigError("compare measures on rows that no method has seen: give --test FILE.")
    comparison = compare(
        read_examples(train, columns, encoding), read_examples(test, columns, encoding), [text for text in methods.split(",") if text.strip()],
        model=model or None, seeds=seeds, few=few, budget=budget or None, folder=folder or None,
        report=_silent if quiet or json else _line,
    )  # fmt: skip
    if plot:
        comparison.plot(plot)
    if json:
        print_json(comparison.to_json())
        return
    comparison.render(stdout())
    if plot and not quiet:
        sys.stderr.write(f"drew {plot}\n")

"""hanshuku bias: does a language model find what is stereotyped likelier?"""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import (
    AcceptLicence,
    Columns,
    Encoding,
    Json,
    Quiet,
    Seed,
    print_json,
    progress,
    read_examples,
    stdout,
)


def command(
    model: Annotated[str, typer.Argument(help="A causal or masked language model: catalogue name, hub name or folder (NAME.fn/model too).")],
    file: Annotated[str, typer.Argument(help="Pairs (more_stereotyping, less_stereotyping, bias_type), as in CrowS-Pairs, or pronouns (text, mentions, stereotype, number), as in WinoBias.")],
    score: Annotated[str, typer.Option(help="whole: the likelihood of the texts. shared: of the tokens that both have, so that how common the exchanged words are does not count.")] = "whole",
    rows: Annotated[int, typer.Option(help="Pairs drawn by --seed; 0: all.")] = 0,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare what MODEL finds likelier in the pairs of FILE, for each kind of bias, with intervals against 50%."""
    from hanshuku.safety.bias_render import WORDS
    from hanshuku.safety.model_bias import model_bias

    if language not in WORDS:
        from hanshuku.errors import UnknownName

        raise UnknownName("language", language, WORDS)
    with progress(quiet=quiet or json) as report:
        found = model_bias(model, read_examples(file, columns, encoding), score=score, rows=rows, seed=seed, accept_licence=accept_licence, report=report)
    if json:
        print_json(found.to_json())
    else:
        found.render(stdout(), language=language)

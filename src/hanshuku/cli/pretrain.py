"""hanshuku pretrain: from raw text to a language model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hanshuku.cli.common import (
    AcceptLicence,
    Columns,
    Json,
    Quiet,
    Seed,
    columns_of,
    print_json,
    print_notes,
    progress,
    stdout,
)
from hanshuku.methods.settings import parse_settings

SHOWN = {"bits_per_byte": "bits a byte", "perplexity": "perplexity a token", "alignment": "alignment (square distance of two views)", "uniformity": "uniformity (0: all texts one point)"}


def command(
    corpus: Annotated[list[str], typer.Argument(help="Raw text: .txt, .jsonl (column text), csv, parquet, .gz of the text ones; several, globs, a folder.")],
    objective: Annotated[str, typer.Option(help="clm: foretell the next token (causal models); encoders: mlm: tell hidden tokens; crops: tell a text's other part; simcse: tell a text's own other view; tsdae: write a text again from its vector.")] = "clm",
    model: Annotated[str, typer.Option(help="Model to go on from; the default of the objective and the language where neither this nor --from-scratch is given.")] = "",
    from_scratch: Annotated[str, typer.Option(help="A size (nano, micro, tiny, mini, small, base) or a config.json of transformers.")] = "",
    tokenizer: Annotated[str, typer.Option(help="From scratch: bpe, wordpiece, unigram, or a model whose tokenizer is taken.")] = "",
    vocab_size: Annotated[int, typer.Option(help="Entries of a new vocabulary; planned where not given.")] = 0,
    documents: Annotated[str, typer.Option(help="What a document is in txt files: line, paragraph (blank lines), auto.")] = "auto",
    out: Annotated[str, typer.Option(help="Folder to write the model to; the corpus' name with .model where not given.")] = "",
    validation: Annotated[list[str] | None, typer.Option(help="Text to judge on; 1 to 10 in 100 documents are held out where not given. May be repeated.")] = None,
    budget: Annotated[str, typer.Option(help="Wall time that may be spent: 5min, 90s, 1h.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting of the method: field=value. May be repeated.")] = None,
    track: Annotated[str, typer.Option(help="csv, tensorboard, wandb; several with commas. Logs go to OUT.run/.")] = "",
    columns: Columns = "",
    seed: Seed = 0,
    accept_licence: AcceptLicence = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a language model or an encoder on raw text, from scratch or going on from a model. Run again after a kill, it goes on where it was."""
    from hanshuku.data.corpus import open_corpus
    from hanshuku.functions.pretrain import pretrain

    target = Path(out or Path(corpus[0]).name.split(".")[0].replace("*", "") + ".model")
    run_folder = target.with_name(target.name + ".run")
    tracked = tuple(name.strip() for name in track.split(",") if name.strip())
    texts = open_corpus(corpus, documents=documents, columns=columns_of(columns))
    settings: dict[str, Any] = {"objective": objective, "tokenizer": tokenizer, "vocab_size": vocab_size, **parse_settings(set_ or [])}
    with progress(quiet=quiet or json) as report:
        result = pretrain(
            texts, target, model=model or None, from_scratch=from_scratch or None, validation=validation or None, budget=budget or None,
            seed=seed, folder=run_folder, track=tracked, report=report, accept_licence=accept_licence, **settings,
        )  # fmt: skip
    _clean(run_folder, tracked)
    if json:
        print_json({"model": str(target), **result})
        return
    print_notes(result["notes"], quiet=quiet)
    _show(result, target, quiet)


def _clean(run_folder: Path, tracked: tuple[str, ...]) -> None:
    """A finished run needs its tokens, vocabulary and checkpoints no more; its logs stay."""
    if not tracked:
        shutil.rmtree(run_folder, ignore_errors=True)
        return
    from hanshuku.training.checkpoint import clear

    clear(run_folder)
    for part in (*run_folder.glob("vocabulary-*"), run_folder / "train", run_folder / "held-out"):
        shutil.rmtree(part, ignore_errors=True)


def _show(result: dict[str, Any], target: Path, quiet: bool) -> None:
    console = stdout()
    console.print(f"read {result['tokens']:,} tokens {result['epochs']:g} times in {result['seconds']:.0f} s, {result['parameters']:,} parameters", markup=False)
    for line in _measured(result["metrics"], result["before"]):
        console.print(line, markup=False)
    if result["evaluations"] and result["evaluations"][-1]["sample"]:
        console.print(f"sample: {result['evaluations'][-1]['sample']}", markup=False)
    console.print(f"saved {target}", markup=False)
    if not quiet:
        console.print(f"use it as any model: hanshuku learn TRAIN --model {target}", style="dim", markup=False)


def _measured(metrics: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """What held-out text says, a line each."""
    for name, words in SHOWN.items():
        if name in metrics:
            found, was = metrics[name], before.get(name)
            yield f"held out: {found['value']:.3f} {words} [{found['low']:.3f}, {found['high']:.3f}]" + (f", {was['value']:.3f} before" if was else "")

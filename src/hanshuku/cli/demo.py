"""hanshuku demo: the main job on the embedded customer messages, in English and Chinese."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from hanshuku.cli.common import Json, Quiet, Seed, print_json, progress, stderr, stdout
from hanshuku.errors import ConfigError

METHODS = ("similarity", "probe", "contrastive", "finetune")
MODEL = {"en": "minilm", "zh": "e5-multilingual"}
ASK = {"en": ["My parcel never came", "You charged my card twice!", "how do i get my money back"], "zh": ["包裹一直没收到", "扣了我两次钱！", "怎么才能退款"]}


def command(
    language: Annotated[str, typer.Option(help="en, zh, or both.")] = "both",
    out: Annotated[str, typer.Option(help="Folder for the functions that are made.")] = "demo",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Zero-shot, probe, contrastive and fine-tuned on customer messages: one table, the best saved and called."""
    chosen = tuple(MODEL) if language == "both" else (language,)
    if any(name not in MODEL for name in chosen):
        raise ConfigError(f"--language is en, zh or both. Received: {language!r}.")
    start = time.monotonic()
    results = [_one(name, Path(out), seed, quiet or json) for name in chosen]
    if json:
        print_json({"demo": results, "seconds": round(time.monotonic() - start, 1)})
        return
    console = stdout()
    console.print(f"\nDone in {time.monotonic() - start:.0f} s. Try next:", style="bold")
    name = results[0]["function"]
    for command_line, what in (
        (f'hanshuku call {name} "where is my order?"', "the answer, how sure it is, the score of each label"),
        ("hanshuku check your.csv", "what is wrong with your own file, by line"),
        ("hanshuku learn your.csv --test 0.2 --budget 5min", "a function from a text and a label column, measured"),
        (f"hanshuku serve {name}", f"POST /v1/functions/{Path(name).name.split('.')[0]}"),
    ):
        console.print(f"  {command_line}", markup=False, soft_wrap=True)
        console.print(f"      {what}", markup=False, soft_wrap=True, style="dim")


def _one(language: str, out: Path, seed: int, quiet: bool) -> dict[str, Any]:
    """Learn by each method on one language's sample, print the table, save and call the best."""
    from hanshuku.data.read import read
    from hanshuku.data.samples import label_descriptions, sample_path
    from hanshuku.functions.core import Function
    from hanshuku.tasks import Task

    descriptions = label_descriptions("customer", language)
    instruction = {"en": "What does the customer want?", "zh": "这位顾客想办什么事？"}[language]
    task = Task("classify", ("text",), tuple(descriptions), instruction=instruction, descriptions=tuple(descriptions.values()), name=f"intent_{language}")
    train, test = (read(sample_path(f"customer_{language}", part)) for part in ("train", "test"))
    if not quiet:
        stderr().print(f"\n{language}: {len(train)} customer messages to learn from, {len(test)} to measure on, {len(task.labels)} intents", style="bold")
        stderr().print(f"pulling {MODEL[language]} if it is not in the cache yet ...", style="dim")
    rows: list[dict[str, Any]] = []
    functions: dict[str, Function[..., Any]] = {}
    for name in METHODS:
        began = time.monotonic()
        with progress(quiet=quiet) as report:
            report_name = name if name != "similarity" else "similarity, zero-shot"
            functions[name] = Function(task).learn(train, method=name, model=MODEL[language], seed=seed, report=report)
        seconds = time.monotonic() - began
        metric = functions[name].evaluate(test, checks=()).metrics["accuracy"]
        rows.append({"method": report_name, "accuracy": metric.value, "low": metric.low, "high": metric.high, "n": metric.n, "chance": metric.chance,
                     "seconds": round(seconds, 1)})  # fmt: skip
    best = max(METHODS, key=lambda name: rows[METHODS.index(name)]["accuracy"])
    target = functions[best].save(out / f"intent_{language}.fn")
    answers = [functions[best].predict(text).to_json() for text in ASK[language]]
    if not quiet:
        _show(rows, str(target), best, list(zip(ASK[language], answers, strict=True)))
    return {"language": language, "methods": rows, "function": str(target), "best": best, "calls": dict(zip(ASK[language], answers, strict=True))}


def _show(rows: list[dict[str, Any]], target: str, best: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    from rich.table import Table

    table = Table("method", "accuracy", "95% interval", "seconds to learn", box=None, header_style="bold")
    for row in rows:
        table.add_row(row["method"], f"{row['accuracy']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}", f"{row['seconds']:.1f}")
    console = stdout()
    console.print(table)
    console.print(f"{rows[0]['n']} test rows; blind guessing gets {rows[0]['chance']:.3f}", style="dim")
    console.print(f"saved the best, {best}: {target}", markup=False)
    for text, answer in calls:
        console.print(f"  {text}  ->  {answer['output']} ({answer['confidence']:.2f})", markup=False)
    sys.stdout.flush()

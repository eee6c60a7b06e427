"""hanshuku calibrate: honest probabilities, refusals and sets of labels for a saved function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Encoding, Json, Quiet, Seed, print_json, print_notes, read_examples, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function that gives labels: NAME.fn")],
    heldout: Annotated[str, typer.Argument(help="Labelled rows that it has not learned from, nor will be evaluated on.")],
    scaling: Annotated[str, typer.Option(help="temperature, isotonic (for a thousand rows and more) or none.")] = "temperature",
    risk: Annotated[float | None, typer.Option(help="Refuse what is unsure, so that no more than this share of the answers is wrong: 0.05")] = None,
    sure: Annotated[float, typer.Option(help="Certainty of that promise.")] = 0.95,
    coverage: Annotated[float | None, typer.Option(help="Give sets of labels too, which hold the right one this often: 0.9")] = None,
    sets: Annotated[str, typer.Option(help="How sets are made: lac (smallest) or aps (larger where a row is hard).")] = "lac",
    scope: Annotated[str | None, typer.Option(help="Refuse what is out of scope, told by confidence, energy, mahalanobis or knn.")] = None,
    keep: Annotated[float, typer.Option(help="Share of the rows in scope that are kept.")] = 0.95,
    train: Annotated[str, typer.Option(help="The rows that it has learned from, for the scopes mahalanobis and knn; left out: the held-out rows, in turns.")] = "",
    out: Annotated[str, typer.Option(help="Folder to write; left out: NAME.calibrated.fn beside FN.")] = "",
    columns: Columns = "",
    encoding: Encoding = "",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Calibrate FN on HELDOUT and save it as a new function. Its answers stay; what it may not answer becomes null, with a reason."""
    from hanshuku.functions.store import load

    loaded = load(function)
    asked = {"scaling": scaling, "risk": risk, "sure": sure, "coverage": coverage, "sets": sets, "scope": scope, "keep": keep, "seed": seed}
    rows = read_examples(heldout, columns, encoding)
    learned = None if not train else read_examples(train, columns, encoding)
    calibrated = loaded.calibrate(rows, train=learned, **asked)
    path = calibrated.save(out or _beside(Path(function)))
    about = calibrated.predictor().about  # type: ignore[attr-defined]
    if json:
        print_json({"function": str(path), **{name: part for name, part in about.items() if name != "lines"}})
        return
    lines = about["lines"]
    print_notes((note for note in calibrated.history[-1].notes if note not in lines), quiet=quiet)
    for line in lines:
        stdout().print(line, markup=False, soft_wrap=True)
    stdout().print(f"saved {path}", markup=False, soft_wrap=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix('.fn')}.calibrated.fn")

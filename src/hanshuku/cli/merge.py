"""hanshuku merge: a function whose LoRA has become part of its model's weights."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Json, print_json, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A function learned with tuning lora, dora, ia3, bias or last_layers: NAME.fn")],
    out: Annotated[str, typer.Argument(help="Folder to write, NAME.merged.fn say; its model/ is a plain transformers folder.")],
    json: Json = False,
) -> None:
    """Make what FN has learned part of its model's weights. It answers as before, and needs neither peft nor the base model."""
    from hanshuku.functions.store import load

    path = load(function).merge().save(out)
    megabytes = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6
    if json:
        print_json({"function": str(path), "megabytes": round(megabytes, 1)})
    else:
        stdout().print(f"merged {path}: {megabytes:.0f} MB; {path}/model is a plain transformers folder", markup=False)

"""hanshuku export: a function that runs with the base install, without torch."""

from __future__ import annotations

from typing import Annotated

import typer

from hanshuku.cli.common import Columns, Json, Quiet, print_json, read_examples, stdout


def command(
    function: Annotated[str, typer.Argument(metavar="FN", help="A saved function: NAME.fn")],
    out: Annotated[str, typer.Argument(help="Folder to write, NAME.onnx.fn say.")],
    rows: Annotated[str, typer.Option(help="A file with rows to compare the answers on; texts that we wrote where not given.")] = "",
    precision: Annotated[str, typer.Option(help="fp32, or int8: half the size, faster on a CPU, scores rounded a little.")] = "fp32",
    tolerance: Annotated[
        float | None, typer.Option(min=0.0, help="Largest difference of a score that is let through; 0.001, for int8 0.25, where not given.")
    ] = None,
    columns: Columns = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Export FN to ONNX; refused unless its answers equal the original's."""
    from hanshuku.functions.export import export

    done = export(function, out, rows=read_examples(rows, columns) if rows else None, precision=precision, tolerance=tolerance)
    if json:
        print_json(done.to_json())
    else:
        stdout().print(
            f"exported {done.path}: {done.rows} rows compared, largest difference of a score {done.difference:.1e}, "
            f"{done.differing} answers differ, {done.megabytes:.0f} MB",
            markup=False,
        )
        if not quiet:
            stdout().print(f'try it anywhere with "pip install hanshuku": hanshuku call {done.path} "..."', style="dim", markup=False)

"""export: a saved function as a folder that answers without torch, through a gate: it must answer the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.samples import load_rows
from hanshuku.errors import ExportError
from hanshuku.export.folder import write_folder
from hanshuku.functions.card import card
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded
from hanshuku.functions.store import guarded_form, load
from hanshuku.inference import get_predictor
from hanshuku.inference.calibrated import CalibratedPredictor, rebased, uncalibrated
from hanshuku.tasks import kind_of

LABELLING = ("classify", "rate")  # kinds of task of which there is a form without torch
SAMPLES = ("customer_en", "customer_zh")
MANY = 400  # rows of ours that are compared where the user gives none
TOLERANCE = {"fp32": 1e-3, "int8": 0.25}  # largest difference of a score; int8 rounds, so there the answers are held to account too
DIFFERING = {"fp32": 1.0, "int8": 0.02}  # largest part of the rows with another answer


@dataclass(frozen=True)
class Exported:
    """What an export was found to be."""

    path: str
    rows: int  # compared
    difference: float  # largest difference of a score between the original in float32 and the export
    differing: int  # rows with another answer
    megabytes: float  # on disk

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)


def export(function: str | Path | Function[..., Any], out: str | Path, *, rows: Any = None, precision: str = "fp32", tolerance: float | None = None) -> Exported:
    """Write a function that runs with the base install, and refuse unless it answers as the original does.

    In int8 an encoder is about half as large and twice as fast on a processor with 8-bit products; its scores move a little,
    also with the batch a text is in, and the export is refused where more than 2 answers in 100 change.

    Args:
        function: a Function, or the folder of one.
        out: folder to write.
        rows: what to compare on: Examples, or whatever `read` takes; None: texts that ship with the package.
        precision: "fp32", or "int8" for the matrices of an encoder.
        tolerance: largest difference of a score that is let through for `rate`, as a part of the range. Where none is given: 1e-3 for fp32; for int8
            0.25, and at most 2 answers in 100 may change.

    Raises:
        ExportError: the function has no such form, or would not answer the same.
        StorageError: the disk is full or cannot be written.
    """
    if precision not in TOLERANCE:
        raise ExportError(f"precision is one of {', '.join(TOLERANCE)}. Received {precision!r}.")
    original = function if isinstance(function, Function) else load(function)
    texts = _texts(original, rows)
    inner = original.inner if isinstance(original, Guarded) else original
    predictor = inner.predictor(texts)
    writer = _writer(uncalibrated(predictor), int8=precision == "int8")
    gate = (TOLERANCE[precision], DIFFERING[precision]) if tolerance is None else (tolerance, 1.0)
    measured: list[Exported] = []
    target = Path(out)

    def fill(folder: Path) -> dict[str, Any]:
        kind, data = writer(uncalibrated(predictor), folder)
        if isinstance(predictor, CalibratedPredictor):
            kind, data = predictor.KIND, predictor.packed(folder, kind, data)
        exported = get_predictor(kind).load(folder, data, original.task)
        measured.append(_compare(inner, predictor, exported, texts, gate, target))
        (folder / "card.md").write_text(card(original), encoding="utf-8")
        stored = guarded_form(original, folder, {"kind": kind, "data": data})
        manifest = {"task": original.task.to_json(), "predictor": stored, "report": original.report}
        return manifest | {"history": [origin.to_json() for origin in original.history], "parity": measured[0].to_json()}

    write_folder(target, fill)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) / 1e6
    return replace(measured[0], megabytes=round(size, 1))


def _writer(predictor: Any, *, int8: bool) -> Any:
    """The way to write a predictor without torch."""

    def encoder(predictor: Any, folder: Path) -> tuple[str, dict[str, Any]]:
        from hanshuku.export.onnx import write_encoder

        return "onnx", write_encoder(predictor, folder, int8=int8)

    def as_it_is(predictor: Any, folder: Path) -> tuple[str, dict[str, Any]]:
        return predictor.KIND, predictor.save(folder)

    ways = {"encoder": encoder, "continual": encoder, "static": as_it_is}
    if predictor.KIND not in ways:
        kind = predictor.task.kind
        if kind in LABELLING:
            raise ExportError(
                f"A function of kind {predictor.KIND!r} cannot run without torch. What can: {', '.join(ways)}; learn it with probe, contrastive, finetune or static."
            )
        raise ExportError(f"{kind} cannot run without torch, however it was learned; {' and '.join(LABELLING)} can. Serve it (hanshuku serve), or call it where torch is.")
    if int8 and ways[predictor.KIND] is not encoder:
        raise ExportError(f"int8 is for encoders; a function of kind {predictor.KIND!r} has no matrices worth it. Export it in fp32.")
    return ways[predictor.KIND]


def _texts(function: Function[..., Any], rows: Any) -> Sequence[tuple[str, ...]]:
    """Rows to compare on; our own samples where the user gave none, two neighbours making a pair."""
    if rows is not None:
        from hanshuku.functions.learn import encoded

        found = list(encoded(function.task, rows, labelled=False)[0].inputs)
        if not found:
            raise ExportError("There is no row to compare the export on. Received an empty file.")
        return found
    texts = [row["text"] for name in SAMPLES for row in load_rows(name, "test")][:MANY]
    width = len(function.task.inputs)
    return [tuple(texts[(i + k) % len(texts)] for k in range(width)) for i in range(len(texts))]


def _compare(
    original: Function[..., Any], predictor: Any, exported: Any, texts: Sequence[tuple[str, ...]], gate: tuple[float, float], target: Path
) -> Exported:
    """Compare in float32, where both must agree to rounding; bfloat16 would hide a real difference in its own."""
    base: Any = uncalibrated(predictor)
    exact = rebased(predictor, replace(base, precision="fp32") if hasattr(base, "precision") else base)
    theirs, ours = uncalibrated(exact).outputs(texts), uncalibrated(exported).outputs(texts)  # a step of an isotonic curve would make much of little
    unit = original.task.high - original.task.low if original.task.kind == "rate" else 1.0
    difference = float(np.abs(theirs - ours).max() / unit)
    if isinstance(exact, CalibratedPredictor):
        answers = [[p.output for p in each.predictions(texts)] for each in (exact, exported)]
    else:
        decode = kind_of(original.task).decode
        answers = [[p.output for p in decode(original.task, outputs, predictor.threshold)] for outputs in (theirs, ours)]
    differing = sum(a != b for a, b in zip(*answers, strict=True)) if original.task.kind == "classify" else 0
    tolerance, part = gate
    if not (difference <= tolerance and differing <= part * len(texts)):
        raise ExportError(
            f"{target} was not written: its scores differ from the original's by up to {difference:.1e} on {len(texts)} rows "
            f"({differing} answers differ); {tolerance:g} is allowed{f', and another answer in {part:.0%} of the rows' if part < 1 else ''}. "
            "Raise --tolerance only if that is good enough for you, or compare on rows of your own with --rows."
        )
    return Exported(str(target), len(texts), difference, differing, 0.0)

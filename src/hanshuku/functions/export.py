"""export: a saved function as a folder that answers without torch, through a gate: it must answer the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hanshuku.errors import ExportError
from hanshuku.export.folder import write_folder
from hanshuku.functions.card import card
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded
from hanshuku.functions.parity import Distance, distance, rows_to_compare
from hanshuku.functions.store import guarded_form, load
from hanshuku.inference import get_predictor
from hanshuku.inference.calibrated import CalibratedPredictor, uncalibrated

WAYS = {  # kind of task of which there is a form without torch -> methods that lead to it
    "classify": "probe, contrastive, finetune or static", "rate": "probe, finetune or static", "rank": "similarity, finetune or rerank",
    "tag": "finetune", "answer": "finetune",
}  # fmt: skip
WRITTEN = {  # kind of predictor -> the one that answers without torch, and what writes it, in hanshuku.export.onnx
    "encoder": ("onnx", "write_encoder"), "continual": ("onnx", "write_encoder"),
    "bi_ranking": ("onnx_ranking", "write_ranker"), "cross_ranking": ("onnx_ranking", "write_ranker"),
    "tagging": ("onnx_tagging", "write_tagger"), "answering": ("onnx_answering", "write_answerer"),
}  # fmt: skip
AS_THEY_ARE = ("static",)  # kinds of predictor that need no torch
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
        tolerance: largest difference of a score that is let through, see `parity.Distance`. Where none is given: 1e-3 for fp32; for int8
            0.25, and at most 2 answers in 100 may change.

    Raises:
        ExportError: the function has no such form, or would not answer the same.
        StorageError: the disk is full or cannot be written.
    """
    if precision not in TOLERANCE:
        raise ExportError(f"precision is one of {', '.join(TOLERANCE)}. Received {precision!r}.")
    original = function if isinstance(function, Function) else load(function)
    texts = rows_to_compare(original, rows)
    predictor = (original.inner if isinstance(original, Guarded) else original).predictor(texts)
    write = _writer(uncalibrated(predictor), int8=precision == "int8")
    gate = (TOLERANCE[precision], DIFFERING[precision]) if tolerance is None else (tolerance, 1.0)
    measured: list[Exported] = []
    target = Path(out)

    def fill(folder: Path) -> dict[str, Any]:
        kind, data = write(uncalibrated(predictor), folder)
        if isinstance(predictor, CalibratedPredictor):
            kind, data = predictor.KIND, predictor.packed(folder, kind, data)
        exported = get_predictor(kind).load(folder, data, original.task)
        measured.append(_let_through(distance(predictor, exported, texts), len(texts), gate, target))
        (folder / "card.md").write_text(card(original), encoding="utf-8")
        stored = guarded_form(original, folder, {"kind": kind, "data": data})
        manifest = {"task": original.task.to_json(), "predictor": stored, "report": original.report}
        return manifest | {"history": [origin.to_json() for origin in original.history], "parity": measured[0].to_json()}

    write_folder(target, fill)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) / 1e6
    return replace(measured[0], megabytes=round(size, 1))


def _writer(predictor: Any, *, int8: bool) -> Callable[[Any, Path], tuple[str, dict[str, Any]]]:
    """What writes such a predictor to a folder in a form without torch, and gives that form's kind and data.

    Raises:
        ExportError: it has none.
    """
    kind = predictor.task.kind
    if predictor.KIND in {name for name, _ in WRITTEN.values()}:
        raise ExportError("This function is an export already. Copy its folder; for another precision export the original again.")
    if kind not in WAYS:
        raise ExportError(
            f"{kind} cannot run without torch, however it was learned: a language model writes its answers, word by word. "
            f"What can: {', '.join(WAYS)}. Serve it (hanshuku serve), or call it where torch is."
        )
    if predictor.KIND not in (*WRITTEN, *AS_THEY_ARE):
        raise ExportError(
            f"A function of kind {predictor.KIND!r} cannot run without torch. What can: {', '.join((*WRITTEN, *AS_THEY_ARE))}; for {kind} learn it with {WAYS[kind]}."
        )
    if predictor.KIND in AS_THEY_ARE:
        if int8:
            raise ExportError(f"int8 is for encoders; a function of kind {predictor.KIND!r} has no matrices worth it. Export it in fp32.")
        return lambda predictor, folder: (predictor.KIND, predictor.save(folder))

    def write(predictor: Any, folder: Path) -> tuple[str, dict[str, Any]]:
        from hanshuku.export import onnx

        form, writer = WRITTEN[predictor.KIND]
        return form, getattr(onnx, writer)(predictor, folder, int8=int8)

    return write


def _let_through(found: Distance, rows: int, gate: tuple[float, float], target: Path) -> Exported:
    """What the export was found to be.

    Raises:
        ExportError: its answers are not near enough to the original's.
    """
    tolerance, part = gate
    if not (found.difference <= tolerance and found.differing <= part * rows):
        raise ExportError(
            f"{target} was not written: its scores differ from the original's by up to {found.difference:.1e} on {rows} rows "
            f"({found.differing} answers differ); {tolerance:g} is allowed{f', and another answer in {part:.0%} of the rows' if part < 1 else ''}. "
            "Raise --tolerance only if that is good enough for you, or compare on rows of your own with --rows."
        )
    return Exported(str(target), rows, found.difference, found.differing, 0.0)

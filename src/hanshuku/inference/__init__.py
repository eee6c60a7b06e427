"""Predictors: a batch of inputs in, a batch of numbers out. Loaded by name, so that only what is used is imported."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hanshuku.errors import MissingExtra, UnknownName

PREDICTORS: dict[str, str] = {  # kind, as in function.json -> module:class
    "encoder": "hanshuku.inference.encoder:EncoderPredictor",
    "continual": "hanshuku.inference.continual:ContinualPredictor",
    "static": "hanshuku.inference.static:StaticPredictor",
    "label_scoring": "hanshuku.inference.label_scoring:LabelScoringPredictor",
    "generation": "hanshuku.inference.generation:GenerationPredictor",
    "cloze": "hanshuku.inference.cloze:ClozePredictor",
    "in_context": "hanshuku.inference.in_context:InContextPredictor",
    "extraction": "hanshuku.inference.extraction:ExtractionPredictor",
    "remote": "hanshuku.inference.remote.predictor:RemotePredictor",
    "answering": "hanshuku.inference.answering:AnswerPredictor",
    "tagging": "hanshuku.inference.tagging:TagPredictor",
    "bi_ranking": "hanshuku.inference.ranking:BiRankPredictor",
    "cross_ranking": "hanshuku.inference.ranking:CrossRankPredictor",
    "ensemble": "hanshuku.inference.ensemble:EnsemblePredictor",
    "cascade": "hanshuku.inference.ensemble:CascadePredictor",
    "calibrated": "hanshuku.inference.calibrated:CalibratedPredictor",
    "onnx": "hanshuku.inference.onnx:OnnxPredictor",
    "onnx_ranking": "hanshuku.inference.onnx:OnnxRankPredictor",
    "onnx_tagging": "hanshuku.inference.onnx:OnnxTagPredictor",
    "onnx_answering": "hanshuku.inference.onnx:OnnxAnswerPredictor",
}


def get_predictor(kind: str) -> type[Any]:
    """The predictor class of that kind.

    Raises:
        UnknownName: there is no such kind.
        MissingExtra: what it runs on is not installed.
    """
    if kind not in PREDICTORS:
        raise UnknownName("predictor", kind, PREDICTORS)
    module, name = PREDICTORS[kind].split(":")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, "train", "This function") from error

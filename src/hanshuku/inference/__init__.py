"""Predictors: a batch of inputs in, a batch of numbers out. Loaded by name, so that only what is used is imported."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hanshuku.errors import UnknownName

PREDICTORS: dict[str, str] = {  # kind, as in function.json -> module:class
    "encoder": "hanshuku.inference.encoder:EncoderPredictor",
    "static": "hanshuku.inference.static:StaticPredictor",
    "label_scoring": "hanshuku.inference.label_scoring:LabelScoringPredictor",
    "onnx": "hanshuku.inference.onnx:OnnxPredictor",
}


def get_predictor(kind: str) -> type[Any]:
    """The predictor class of that kind.

    Raises:
        UnknownName: there is no such kind.
    """
    if kind not in PREDICTORS:
        raise UnknownName("predictor", kind, PREDICTORS)
    module, name = PREDICTORS[kind].split(":")
    return getattr(import_module(module), name)

"""Confidences of what learned from rows that it took to be right: one temperature, which changes no answer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import Head, answers
from hanshuku.inference.static import StaticHead, StaticPredictor
from hanshuku.metrics.scaling import HOTTEST, Temperature
from hanshuku.tasks import Task

LINEAR = (EncoderPredictor, StaticPredictor)  # whose logits come from a linear head
STEPS = 40  # halvings of the range of temperatures


def cooled(predictor: Predictor, scaling: Temperature) -> Predictor | None:
    """The predictor whose head gives logits divided by the temperature, so that it answers as before; None where its head is no linear one."""
    t = scaling.temperature
    threshold = scaling.threshold(predictor.threshold) if predictor.task.several else predictor.threshold
    if isinstance(predictor, EncoderPredictor):
        return replace(predictor, head=Head(predictor.head.weight / t, predictor.head.bias / t), threshold=threshold)
    if isinstance(predictor, StaticPredictor):
        linear = predictor.head
        return replace(predictor, head=StaticHead(linear.weight / t, linear.bias / t, linear.buckets, linear.table / t), threshold=threshold)
    return None


def mean_surety(task: Task, outputs: np.ndarray) -> float:
    """How often answers with these probabilities, (N, L), would be right if they came true, 0..1; several labels: of each label."""
    return float((np.maximum(outputs, 1 - outputs) if task.several else outputs.max(axis=1)).mean())


def as_sure_as(predictor: Predictor, inputs: Inputs, surety: float) -> tuple[Predictor, float]:
    """The predictor whose mean surety of these texts is the one given, and the temperature that makes it so; as it is, and 1, where it is no surer already, or its head
    is no linear one.

    One that has learned its own guesses is sure of them whether they were right or not. What it learned from labelled rows alone could say how often that
    would be right, so that the same is the best guess for what came of it.

    Args:
        predictor: of labels.
        inputs: N texts without a label.
        surety: `mean_surety` of one that is honest on these texts.
    """
    if not isinstance(predictor, LINEAR):
        return predictor, 1.0
    task, logits = predictor.task, predictor.logits(inputs).astype(np.float64)
    if mean_surety(task, answers(task, logits)) <= surety:
        return predictor, 1.0
    low, high = 0.0, math.log(HOTTEST)  # surety falls as the temperature rises
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_surety(task, answers(task, logits / math.exp(middle))) > surety else (low, middle)
    temperature = math.exp(high)
    found = cooled(predictor, Temperature(temperature))
    assert found is not None
    return found, temperature

"""Confidences of what learned rows by heart, or its own guesses: one temperature, which changes no answer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import answers
from hanshuku.inference.static import StaticHead, StaticPredictor
from hanshuku.metrics.scaling import HOTTEST, LEAST, Temperature, fit_temperature
from hanshuku.tasks import Task

LINEAR = (EncoderPredictor, StaticPredictor)  # whose logits come from a linear head
STEPS = 40  # halvings of the range of temperatures
ROWS, ROWS_A_LABEL = 400, 8  # labelled rows at most by which a temperature is foreseen
BY_HEART = 0.95  # share of the learned rows that are answered rightly
EASY = 0.5  # difficulty; the networks that were too modest had learned rows of 0.16 and less
EASIEST = 0.02  # difficulty that is reckoned with
LOWEST, HIGHEST = 0.25, 10.0  # temperatures that are foreseen
SPREAD = 0.4  # standard deviation of the logarithm of how far a temperature is from the one foreseen, a little more than on sets left out
PART, POWER = 0.44, 0.48  # see `foreseen`; fitted to 23 networks of seven sets that no test judges: the development sets of `benchmarks/foreseen_temperature.py`


def cooled(predictor: Predictor, scaling: Temperature) -> Predictor | None:
    """The predictor whose head gives logits divided by the temperature, so that it answers as before; None where its head is no linear one."""
    t = scaling.temperature
    threshold = scaling.threshold(predictor.threshold) if predictor.task.several else predictor.threshold
    if isinstance(predictor, EncoderPredictor):
        return replace(predictor, head=predictor.head.divided(t), threshold=threshold)
    if isinstance(predictor, StaticPredictor):
        linear = predictor.head
        return replace(predictor, head=StaticHead(linear.weight / t, linear.bias / t, linear.buckets, linear.table / t), threshold=threshold)
    return None


def is_foreseen(task: Task) -> bool:
    """Whether a temperature can be foreseen: of one label among some."""
    return task.kind == "classify" and not task.several


def judging_rows(rows: Encoded, seed: int) -> np.ndarray:
    """Places of the labelled rows by which a temperature is foreseen: ROWS, or more where there are many labels, at random."""
    most = max(ROWS, ROWS_A_LABEL * len(rows.task.labels))
    return np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])


def difficulty(task: Task, losses: np.ndarray | None) -> float | None:
    """How hard rows are to tell apart: log loss of a probe on rows held out in turn, before anything moved, as a part of that of a guess, 0..1; None: too few rows."""
    return None if losses is None else min(1.0, float(losses.mean()) / math.log(max(len(task.labels), 2)))


def foreseen(learned: np.ndarray, targets: np.ndarray, hard: float) -> float:
    """The temperature that makes a network's confidences come true which has learned these rows by heart, as far as that can be foreseen.

    How far it puts the likeliest label above the second, on rows that it has learned, tells how loud it speaks; how hard the rows were for a probe tells how loud it
    may. T = PART * median margin * difficulty ^ POWER: the logarithm of the temperature of least log loss was off by 0.3 (a standard deviation) on sets left out.

    What has not learned them by heart, for want of steps, is not made surer, nor what learned rows that were hard: only on easy ones were networks too modest.

    Args:
        learned: (N, L) logits of learned rows.
        targets: (N,) their labels.
        hard: `difficulty` of the rows, 0..1.
    """
    best = np.sort(learned, axis=1)
    margin, right = float(np.median(best[:, -1] - best[:, -2])), float((learned.argmax(axis=1) == targets).mean())
    lowest = LOWEST if right >= BY_HEART and hard <= EASY else 1.0
    return float(np.clip(PART * margin * max(hard, EASIEST) ** POWER, lowest, HIGHEST))


def heat_of(predictor: EncoderPredictor, hard: float, learned: Encoded, held: Encoded | None, seed: int) -> float:
    """The temperature that is foreseen from some of the rows that a network has learned, and shown by some of those held out, if any were.

    Args:
        predictor: classify, one label; it has learned, and counts the texts that it cuts anew.
        hard: `difficulty` of the rows.
        learned: rows that it learned.
        held: rows that it did not learn; None, or without labels: there are none.
        seed: by which some are drawn.
    """
    some = learned.take(judging_rows(learned, seed))
    assert some.targets is not None
    heat = foreseen(predictor.logits(some.inputs), some.targets, hard)
    if held is not None and len(held) and held.targets is not None:
        judges = held.take(judging_rows(held, seed))
        assert judges.targets is not None
        heat = shown(predictor.task, heat, predictor.logits(judges.inputs), judges.targets)
    predictor.count_anew()
    return heat


def shown(task: Task, temperature: float, held: np.ndarray, targets: np.ndarray) -> float:
    """The temperature that was foreseen, moved as far as rows held out show that it was wrong; fewer than LEAST show nothing.

    Args:
        task: classify, one label.
        temperature: what was foreseen.
        held: (N, L) logits of rows that were not learned.
        targets: (N,) their labels.
    """
    if len(targets) < LEAST:
        return temperature
    return temperature * fit_temperature(targets, answers(task, held / temperature), spread=SPREAD).temperature


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

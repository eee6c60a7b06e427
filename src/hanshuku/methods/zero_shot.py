"""A linear head from descriptions alone: the zero-shot answer, and where learning from a few rows starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hanshuku.inference.embed import embed
from hanshuku.inference.heads import Head
from hanshuku.methods.descriptions import label_texts, relation_of, scale_ends, unrelated_texts
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

SHARPNESS = 25.0  # logits per unit of cosine where unrelated texts have cosine 0; chosen by log loss on training rows of 7 sets
CROWD = 0.6  # several labels: logits lost a unit of log(labels - 1), so that about one label in all is given
APART = 0.3  # cosine (unrelated texts 0, equal ones 1) of a typical pair that is labelled "different": mostly one topic
SURE = 2.0  # logits lost at one step from "different" to "same"; both chosen on training rows of four sets of pairs
STEEP = 2.0  # how far a rate moves, in parts of its range, from one end of the scale's texts to the other


def unrelated_cosine(loaded: Loaded, precision: str = "auto") -> float:
    """Mean cosine of texts that have nothing to do with one another: 0.02 for minilm, 0.8 for e5."""
    found = embed(loaded, unrelated_texts(loaded.info), precision=precision)
    rows = len(found)
    return float((found @ found.T)[~np.eye(rows, dtype=bool)].mean())


def label_vectors(task: Task, loaded: Loaded, *, templates: Sequence[str] = (), precision: str = "auto") -> np.ndarray:
    """(L, D) float32: for each label the mean of the unit vectors of its sentences."""
    sentences = label_texts(task, loaded.info, templates)
    found = embed(loaded, [text for row in sentences for text in row], precision=precision)
    return found.reshape(len(sentences), len(task.labels), -1).mean(axis=0)


def zero_shot_head(task: Task, loaded: Loaded, *, templates: Sequence[str] = (), precision: str = "auto") -> Head:
    """A head for unit vectors, (O, D), or for `pair_features` of them, (O, 4 D), made of descriptions alone.

    classify: softmax of cosines to the labels' vectors. A pair is answered by its own cosine where the labels name a
    relation (same and different, entailment and contradiction), else as two texts about one label. rate: where a text
    lies between texts for the ends of the scale; a pair: its cosine, from unrelated texts to equal ones.

    Args:
        task: what to answer.
        loaded: the encoder.
        templates: see `label_texts`.
        precision: "auto", "bf16" or "fp32".
    """
    base = unrelated_cosine(loaded, precision)
    if task.kind == "rate":
        return _pair_cosine(1 / (1 - base), -base / (1 - base), loaded) if task.is_pair else _between_ends(task, loaded, base, precision)
    relation = relation_of(task) if task.is_pair else None
    if relation is not None:
        return _relation_head(np.array(relation), base, loaded)
    found = label_vectors(task, loaded, templates=templates, precision=precision)
    weight = SHARPNESS / (1 - base) * (found - found.mean(axis=0))
    bias = np.zeros(len(task.labels))
    if task.several:  # the more labels there are, the more of them come near by chance
        bias -= CROWD * np.log(max(len(task.labels) - 1, 1))
    if task.is_pair:
        weight = np.concatenate([weight / 2, weight / 2, np.zeros((len(weight), 2 * weight.shape[1]))], axis=1)
    return Head(weight, bias)


def _pair_cosine(slope: float, offset: float, loaded: Loaded) -> Head:
    """One output: slope * cosine + offset; u * v sums to the cosine of unit vectors."""
    return Head(_on_product(np.array([slope]), loaded), np.array([offset]))


def _on_product(slopes: np.ndarray, loaded: Loaded) -> np.ndarray:
    """(O, 4 D): each output reads the cosine with its slope."""
    width = int(loaded.network.config.hidden_size)
    weight = np.zeros((len(slopes), 4 * width), dtype=np.float32)
    weight[:, 3 * width :] = slopes[:, None]
    return weight


def _relation_head(agreement: np.ndarray, base: float, loaded: Loaded) -> Head:
    """Each label has its place on the range of cosines; the nearer, the more probable: -(x - place)^2 is linear in x but for x^2."""
    place = APART + (1 - APART) * agreement
    step = SURE / (1 - APART) ** 2
    slopes, bias = 2 * step * place, -step * place**2
    return Head(_on_product(slopes / (1 - base), loaded), bias - slopes * base / (1 - base))


def _between_ends(task: Task, loaded: Loaded, base: float, precision: str) -> Head:
    low, high = scale_ends(task, loaded.info)
    found = embed(loaded, [*low, *high], precision=precision)
    ends = found[: len(low)].mean(axis=0), found[len(low) :].mean(axis=0)
    direction = ends[1] - ends[0]
    weight = STEEP / (1 - base) * direction[None]
    middle = (ends[0] + ends[1]) / 2
    return Head(weight, 0.5 - weight @ middle)

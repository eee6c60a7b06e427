"""The network of a function that has learned, made ready to learn on or to be asked how much each weight matters."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference.embed import limit_of
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import Head, unit_targets
from hanshuku.inference.tokens import tokenise
from hanshuku.methods.continual import Continual
from hanshuku.methods.finetune import LONGEST
from hanshuku.methods.finetuning import standardised
from hanshuku.methods.trunk_fit import Trunk, tuned_trunk
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows
from hanshuku.training.tunings import Tuned

IMPRINTED = 2000  # new rows at most whose mean the head's new rows are made of
GOES_ON = frozenset({"adapter", "prefix", "prompt", "weights"})  # changes that no plain folder can hold: the same parts move again


@dataclass
class Ready:
    """A copy of a predictor's network with its head, and rows for it."""

    trunk: Trunk
    classifier: Classifier
    rows: Rows  # all parts, one after the other
    scale: tuple[np.ndarray, np.ndarray] | None  # of the head's inputs, where only a head learns


def ready_to_go_on(method: Continual, task: Task, start: EncoderPredictor, parts: Sequence[Encoded], seed: int) -> Ready:
    """Copy, and make only what shall move require a gradient.

    Args:
        method: its tuning says what moves.
        task: its labels begin with those of `start`; the head gets rows for the others.
        start: stays as it is.
        parts: labelled rows; where only a head learns, the first part gives the scale.
        seed: of what is new.

    Raises:
        ConfigError: the tuning does not fit what the function holds.
    """
    trunk = _trunk(method, task, start, seed)
    inputs = [row for part in parts for row in part.inputs]
    tokens = tokenise(trunk.loaded.tokenizer, inputs, trunk.limit, prefix=trunk.loaded.info.prefix)
    targets = np.concatenate([part.targets for part in parts if part.targets is not None])
    targets = unit_targets(task, targets) if task.kind == "rate" else targets
    head, scale, vectors = start.head, None, None
    if len(task.labels) > len(head.bias):
        some = parts[0].take(np.random.default_rng(seed).permutation(len(parts[0]))[:IMPRINTED])
        assert some.targets is not None
        head = widened_head(head, len(task.labels), start.features(some.inputs), some.targets)
    if trunk.tuned.kind == "none":
        vectors, mean, deviation = standardised(start.features(inputs), len(parts[0]))
        scale = mean, deviation
        head = Head(head.weight * deviation, head.bias + head.weight @ mean)
    rows = Rows(tokens, targets, trunk.pad_id, vectors=vectors)
    return Ready(trunk, _classifier(start, trunk, head, method.finetune().dropout), rows, scale)


def widened_head(head: Head, outputs: int, features: np.ndarray, targets: np.ndarray) -> Head:
    """The head with rows for more labels; the old rows stay as they are.

    A new row starts imprinted (Qi et al. 2018, https://arxiv.org/abs/1712.07136): it points from the mean of these rows to the mean of its
    label's, is as long as the old rows are on average, and is at that mean as likely as the likeliest old label.

    Args:
        head: (K, F).
        outputs: O >= K.
        features: (N, F) of new rows.
        targets: (N,) int64 labels, or (N, O) of 0 and 1; a label that no row has starts as zero.
    """
    if outputs == len(head.bias):
        return head
    given = targets > 0 if targets.ndim == 2 else targets[:, None] == np.arange(outputs)
    middle = features.mean(axis=0, dtype=np.float64)
    level, length = float(head.logits(middle[None].astype(np.float32)).max()), float(np.linalg.norm(head.weight, axis=1).mean())
    weight, bias = np.zeros((outputs - len(head.bias), head.weight.shape[1])), np.full(outputs - len(head.bias), level)
    for row, label in enumerate(range(len(head.bias), outputs)):
        if given[:, label].any():
            way = features[given[:, label]].mean(axis=0, dtype=np.float64) - middle
            weight[row] = length * way / max(float(np.linalg.norm(way)), 1e-12)
    bias -= weight @ middle
    return Head(np.concatenate([head.weight, weight.astype(np.float32)]), np.concatenate([head.bias, bias.astype(np.float32)]))


def holds_parts(start: EncoderPredictor) -> bool:
    """Whether the network holds a small change that no plain folder can hold."""
    delta = getattr(start.loaded, "delta", None)
    return delta is not None and delta.kind in GOES_ON


def _trunk(method: Continual, task: Task, start: EncoderPredictor, seed: int) -> Trunk:
    settings = replace(method.finetune(), max_length=start.max_length or 0)
    loaded = Loaded(start.loaded.info, start.loaded.folder, copy.deepcopy(start.loaded.network), start.loaded.tokenizer)
    if not holds_parts(start):
        return tuned_trunk(settings, task, loaded, seed)
    delta = start.loaded.delta  # type: ignore[attr-defined]
    if method.tuning != "auto" or "olora" in method.names:
        raise ConfigError(
            f"This function holds a change of the kind {delta.kind!r}, and the same parts move again: leave tuning=auto, and take no olora."
        )
    names = ["vectors"] if delta.kind == "prompt" else list(delta.tensors)  # peft calls a prompt's vectors otherwise
    for name, parameter in loaded.network.named_parameters():
        parameter.requires_grad_(name in names)
    tuned = Tuned(loaded.network, names, 0, delta.kind)
    return Trunk(settings, loaded, tuned, limit_of(loaded, start.max_length or LONGEST))


def _classifier(start: EncoderPredictor, trunk: Trunk, head: Head, dropout: float) -> Classifier:
    classifier = Classifier(
        trunk.tuned.trunk, len(head.bias), trunk.width, pooling=start.pooling, dropout=dropout, seed=0, normalise=start.normalise
    )
    with torch.no_grad():
        classifier.head.weight.copy_(torch.from_numpy(head.weight))
        classifier.head.bias.copy_(torch.from_numpy(head.bias))
    return classifier

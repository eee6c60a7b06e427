"""The work of `Continual` with strategy=analytic: the encoder stays as it is, and the head is solved from sums over the rows of all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hanshuku.errors import ConfigError
from hanshuku.inference.continual import ContinualPredictor
from hanshuku.inference.embed import two_layers
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import Head, unit_targets
from hanshuku.inference.past import Past, Session
from hanshuku.methods.continual_past import labels_of
from hanshuku.methods.solved import Ridge
from hanshuku.methods.sums import Sums
from hanshuku.models.load import load_encoder
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.data.encoded import Encoded
    from hanshuku.inference.base import Inputs
    from hanshuku.methods.continual import Continual
    from hanshuku.tasks import Task

NEAR = 0.1  # penalty for each feature of a head that repeats another one's logits


def begin(method: Continual, task: Task, train: Encoded, model: str, run: Run) -> ContinualPredictor:
    """The first session; see `Continual.fit`."""
    rows = method.switches.grown(train, run.seed)
    run.report(Step(0, 3, note=f"load {model}"))
    loaded = load_encoder(model)
    start = EncoderPredictor(
        task, loaded, Head(np.zeros((1, 1)), np.zeros(1)), pooling=loaded.info.pooling, normalise=True, pair="bi", max_length=method.max_length or None,
        precision=method.precision, changed=False, layers=() if task.is_pair else two_layers(loaded),
    )  # fmt: skip
    run.report(Step(1, 3, note=f"read {len(rows):,} rows"))
    return _learned(start, Past(), train, rows, start.features(rows.inputs), None, run)


def last_layer(start: EncoderPredictor, past: Past, inputs: Inputs) -> EncoderPredictor:
    """The same function by its last layer alone, for what moves the encoder from there.

    Its head is that of the same sums; where there are none, the one whose logits are nearest to the function's own.

    Args:
        start: what has learned.
        past: what is kept of its sessions.
        inputs: rows on which the logits are compared.
    """
    if not start.layers:
        return start
    known, width = _known(past), start.head.weight.shape[1] // len(start.layers)
    if known is not None:
        return replace(start, head=known.first(width).head(start.task), layers=())
    features, logits = start.features_and_logits(inputs)
    sums = Sums.of(features[:, :width], logits)
    return replace(start, head=Head(*Ridge.of(sums.gram, sums.moments).weights(NEAR)), layers=())


def go_on(
    method: Continual, train: Encoded, *, start: EncoderPredictor, past: Past, earlier: Encoded | None, run: Run
) -> ContinualPredictor:
    """A next session; see `Continual.go_on`.

    Raises:
        ConfigError: nothing is known of the rows that `start` learned from.
    """
    known = _known(past)
    notes = ("the earlier rows were not read: sums over what was learned are kept with the function already",) if known is not None and earlier is not None else ()
    if known is None and earlier is None:
        raise ConfigError(
            "analytic adds to sums over the rows of earlier sessions, and this function keeps none: it was not learned with strategy='analytic'. "
            "Give the earlier rows (earlier=, --earlier), or take strategy='lwf', which needs none."
        )
    if known is None and earlier is not None:
        if not train.task.is_pair and getattr(start.loaded, "delta", None) is None:  # not every network with a small change gives all of its layers
            start = replace(start, layers=two_layers(start.loaded))
        known = _sums(earlier, start.features(earlier.inputs), None)
        past = past if past.sessions else replace(past, sessions=(Session(len(earlier), labels_of(earlier), ""),))
    rows = method.switches.grown(train, run.seed)
    run.report(Step(1, 3, note=f"read {len(rows):,} rows"))
    return _learned(replace(start, task=train.task), past, train, rows, start.features(rows.inputs), known, run, notes)


def outputs_of(rows: Encoded) -> np.ndarray:
    """(N, O) float64, what a head should say of each row: 1 for a label that it has and 0 for others; rate: 0..1 of the range."""
    assert rows.targets is not None
    if rows.task.kind == "rate":
        return unit_targets(rows.task, rows.targets).astype(np.float64)[:, None]
    return np.asarray(rows.targets if rows.task.several else np.eye(len(rows.task.labels))[rows.targets], dtype=np.float64)


def _known(past: Past) -> Sums | None:
    return Sums(**{name: tensor.numpy() for name, tensor in past.sums.items()}) if past.sums else None


def _sums(rows: Encoded, features: np.ndarray, known: Sums | None, given: int | None = None) -> Sums:
    """Those that are known and those of the rows.

    Args:
        rows: as given, and behind them those that are made of others.
        features: (N, F).
        known: of earlier sessions.
        given: how many of the rows were given; they alone are left out, from sums without what is made of them: else each would be answered by its like.
    """
    targets, given = outputs_of(rows), len(features) if given is None else given
    fresh = Sums.of(features[:given], targets[:given])
    judged = (fresh if known is None else known.plus(fresh)).judged(rows.task, features[:given], targets[:given])
    return judged if given == len(features) else judged.plus(Sums.of(features[given:], targets[given:]))


def _learned(
    start: EncoderPredictor, past: Past, train: Encoded, rows: Encoded, features: np.ndarray, known: Sums | None, run: Run, notes: tuple[str, ...] = ()
) -> ContinualPredictor:
    run.report(Step(2, 3, note="add to the sums and solve for the head"))
    sums = _sums(rows, features, known, len(train))
    head = sums.head(train.task)
    kept: Mapping[str, Any] = {name: torch.from_numpy(array) for name, array in vars(sums).items()}
    sessions = (*past.sessions, Session(len(train), labels_of(train), "analytic"))
    plain = replace(start, head=head, threshold=0.5, moved_parameters=head.weight.size + head.bias.size)
    run.report(Step(3, 3, note="done"))
    return ContinualPredictor.of(plain, replace(past, sessions=sessions, sums=kept), notes)

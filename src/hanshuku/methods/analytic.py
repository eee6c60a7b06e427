"""The work of `Continual` with strategy=analytic: the encoder stays as it is, and the head is ridge regression over the rows of all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hanshuku.errors import ConfigError
from hanshuku.inference.continual import ContinualPredictor
from hanshuku.inference.heads import unit_targets
from hanshuku.inference.past import Past, Session
from hanshuku.methods.continual_past import labels_of
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.probe import Probe
from hanshuku.methods.sums import Sums
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.data.encoded import Encoded
    from hanshuku.inference.encoder import EncoderPredictor
    from hanshuku.methods.continual import Continual
    from hanshuku.tasks import Task


def begin(method: Continual, task: Task, train: Encoded, model: str, run: Run) -> ContinualPredictor:
    """The first session; see `Continual.fit`."""
    rows = method.switches.grown(train, run.seed)
    probe = Probe(descriptions=False, max_length=method.max_length, precision=method.precision)
    frozen = FrozenRows.read(task, rows.inputs, probe, model, run)
    return _learned(frozen.untaught, Past(), train, rows, frozen.features, None, run)


def go_on(
    method: Continual, train: Encoded, *, start: EncoderPredictor, past: Past, earlier: Encoded | None, run: Run
) -> ContinualPredictor:
    """A next session; see `Continual.go_on`.

    Raises:
        ConfigError: nothing is known of the rows that `start` learned from.
    """
    known = Sums(**{name: tensor.numpy() for name, tensor in past.sums.items()}) if past.sums else None
    notes = ("the earlier rows were not read: sums over what was learned are kept with the function already",) if known is not None and earlier is not None else ()
    if known is None and earlier is None:
        raise ConfigError(
            "analytic adds to sums over the rows of earlier sessions, and this function keeps none: it was not learned with strategy='analytic'. "
            "Give the earlier rows (earlier=, --earlier), or take strategy='lwf', which needs none."
        )
    if known is None and earlier is not None:
        known = _sums(earlier, start.features(earlier.inputs), None)
        past = past if past.sessions else replace(past, sessions=(Session(len(earlier), labels_of(earlier), ""),))
    rows = method.switches.grown(train, run.seed)
    run.report(Step(0, 2, note=f"read {len(rows):,} rows"))
    return _learned(replace(start, task=train.task), past, train, rows, start.features(rows.inputs), known, run, notes)


def outputs_of(rows: Encoded) -> np.ndarray:
    """(N, O) float64, what a head should say of each row: 1 for a label that it has and 0 for others; rate: 0..1 of the range."""
    assert rows.targets is not None
    if rows.task.kind == "rate":
        return unit_targets(rows.task, rows.targets).astype(np.float64)[:, None]
    return np.asarray(rows.targets if rows.task.several else np.eye(len(rows.task.labels))[rows.targets], dtype=np.float64)


def _sums(rows: Encoded, features: np.ndarray, known: Sums | None) -> Sums:
    """Those that are known and those of the rows."""
    targets = outputs_of(rows)
    fresh = Sums.of(features, targets)
    return (fresh if known is None else known.plus(fresh)).judged(rows.task, features, targets)


def _learned(
    start: EncoderPredictor, past: Past, train: Encoded, rows: Encoded, features: np.ndarray, known: Sums | None, run: Run, notes: tuple[str, ...] = ()
) -> ContinualPredictor:
    run.report(Step(1, 2, note="add to the sums and solve for the head"))
    sums = _sums(rows, features, known)
    head = sums.head(train.task)
    kept: Mapping[str, Any] = {name: torch.from_numpy(array) for name, array in vars(sums).items()}
    sessions = (*past.sessions, Session(len(train), labels_of(train), "analytic"))
    plain = replace(start, head=head, threshold=0.5, moved_parameters=head.weight.size + head.bias.size)
    run.report(Step(2, 2, note="done"))
    return ContinualPredictor.of(plain, replace(past, sessions=sessions, sums=kept), notes)

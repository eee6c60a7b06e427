"""What is kept of a session: rows that are replayed, how much each weight matters, directions that are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.data.encoded import Encoded
from hanshuku.inference.continual import ContinualPredictor
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.past import Past, Session, wider
from hanshuku.methods.continual import REPLAYING, Continual
from hanshuku.methods.continual_trunk import ready_to_go_on
from hanshuku.training import replay
from hanshuku.training.fisher import FISHER_ROWS, decayed, fisher_information, normalised
from hanshuku.training.remembering import lora_rows
from hanshuku.training.run import Run, Step
from hanshuku.training.used_rows import UsedRows


def kept(
    method: Continual, predictor: EncoderPredictor, past: Past, train: Encoded, names: tuple[str, ...], run: Run, taken: Mapping[str, Tensor]
) -> ContinualPredictor:
    """The predictor with what its strategies need in the next session.

    Args:
        method: sizes and choices.
        predictor: what the session came to.
        past: of the sessions before, for the task as it is now.
        train: rows of the session.
        names: its strategies.
        run: seed and reports.
        taken: name of a parameter -> tensor, from which the LoRA directions of the session are read.
    """
    notes = []
    fresh = past
    if REPLAYING & set(names):
        run.report(Step(0, 1, note="choose the rows to store"))
        fresh = stored_rows(method, predictor, past, train, run.seed)
    elif past.stored and not method.stored.memory:
        fresh = replace(past, rows=None, session_of=past.session_of[:0], logits=None)
    fisher: dict[str, Tensor] = {}
    if "ewc" in names:
        run.report(Step(0, 1, note="how much each weight matters"))
        fisher = decayed(past.fisher, normalised(_fisher(method, predictor, train, run.seed)), method.decay)
    elif past.fisher:
        notes.append("what ewc knew of the earlier sessions is left out, as this one went on without ewc")
    if past.sums:
        notes.append("the sums that analytic kept are left out, as the encoder has moved since")
    subspaces = dict(past.subspaces)
    if "olora" in names:
        for path, rows in lora_rows(taken).items():
            subspaces[path] = torch.cat([*([subspaces[path]] if path in subspaces else []), rows.detach().float().cpu()])
    sessions = (*past.sessions, Session(len(train), labels_of(train), "+".join(names)))
    if fresh.stored > past.stored:
        notes.append(f"{fresh.stored} rows are stored with the function, to be replayed when it learns on; memory=0 stores none")
    return ContinualPredictor.of(predictor, replace(fresh, sessions=sessions, fisher=fisher, subspaces=subspaces, sums={}), tuple(notes))


def stored_rows(method: Continual, predictor: EncoderPredictor, past: Past, fresh: Encoded, seed: int) -> Past:
    """The past with a memory chosen anew from the rows that it held and the fresh ones.

    Args:
        method: how many rows, and which.
        predictor: reads rows for herding, and says what is stored of them for distillation.
        past: of the sessions before.
        fresh: labelled rows.
        seed: of the draws.
    """
    number, old = len(past.sessions), past.stored
    rng = np.random.default_rng((seed, number, past.seen))
    capacity = method.stored.capacity(past.seen + len(fresh))
    rows = fresh if past.rows is None else _joined(past.rows, fresh)
    sessions = np.concatenate([past.session_of, np.full(len(fresh), number)])
    if method.stored.selection == "reservoir":
        stay, enter = replay.reservoir(old, past.seen, len(fresh), capacity, rng)
        picked = np.concatenate([stay, old + enter])
    elif method.stored.selection == "herding":
        picked = replay.herded(rows.strata, sessions, predictor.features(fresh.inputs), capacity)
    else:
        picked = replay.balanced(rows.strata, sessions, capacity, rng)
    outputs = max(len(fresh.task.labels), 1)
    logits = np.full((len(rows), outputs), np.nan, dtype=np.float32)
    if past.logits is not None:
        logits[:old] = past.logits
    new = picked[picked >= old]
    if len(new):
        logits[new] = wider(predictor.logits([rows.inputs[i] for i in new]), outputs, np.nan)
    return replace(past, rows=rows.take(picked), session_of=sessions[picked], logits=logits[picked])


def _joined(one: Encoded, other: Encoded) -> Encoded:
    assert one.targets is not None
    assert other.targets is not None
    targets, lines = np.concatenate([one.targets, other.targets]), np.concatenate([one.lines, other.lines])
    return Encoded(other.task, [*one.inputs, *other.inputs], targets, lines)


def labels_of(rows: Encoded) -> tuple[str, ...]:
    """The labels that some of the rows have, in the task's order; rate: none."""
    if rows.task.kind == "rate" or rows.targets is None:
        return ()
    found = np.flatnonzero(rows.targets.any(axis=0)) if rows.task.several else np.unique(rows.targets)
    return tuple(rows.task.labels[int(label)] for label in found)


def _fisher(method: Continual, predictor: EncoderPredictor, train: Encoded, seed: int) -> dict[str, Any]:
    """Of some rows of the session, for all that would move in the next one."""
    some = train.take(np.random.default_rng(seed).permutation(len(train))[:FISHER_ROWS])
    ready = ready_to_go_on(method, train.task, predictor, [some], seed)
    table: Any = ready.trunk.loaded.network.get_input_embeddings() if ready.trunk.tuned.kind == "whole" else None
    if table is None:
        return fisher_information(ready.classifier, ready.rows, np.arange(len(some)), train.task, seed)
    whole = table.weight
    used = np.unique(np.concatenate([np.asarray(row) for row in ready.rows.tokens.ids]))
    ready.rows.used = UsedRows(ready.trunk.loaded.network, used)  # of the other words nothing is known, and their gradients are large
    found = fisher_information(ready.classifier, ready.rows, np.arange(len(some)), train.task, seed)
    name = next(name for name, parameter in ready.classifier.named_parameters() if parameter is table.weight)
    spread = torch.zeros_like(whole, device="cpu")
    spread[ready.rows.used.kept] = found[name]
    return found | {name: spread}

"""The work of `Finetune.fit`: what needs torch, kept apart so that naming the method loads nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import ConfigError
from hanshuku.inference.backbone import Adapted
from hanshuku.inference.embed import autocast, best_device, limit_of, vectors
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import answers, unit_targets
from hanshuku.inference.tokens import tokenise
from hanshuku.methods.finetune import HOLD_OUT, LONGEST, MIN_TO_HOLD, Finetune
from hanshuku.models.load import Loaded, load_encoder
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows, parameter_groups
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.judging import balanced_weights, best_threshold, score
from hanshuku.training.objectives import make_objective
from hanshuku.training.run import Run, Step
from hanshuku.training.trunk_cache import TrunkCache
from hanshuku.training.tunings import TUNINGS, Tuned, prepare
from hanshuku.training.used_rows import UsedRows

HEAD_RATE = 1e-3  # least peak rate of the head, which starts from nothing while the trunk has been trained
WORTH_SHRINKING = 0.8  # keep only the used word vectors where they are less than this share of all


@dataclass
class _Fit:
    """What belongs to one fit."""

    method: Finetune
    task: Task
    loaded: Loaded
    tuned: Tuned
    limit: int  # tokens a row
    rows: Rows  # the learned ones first, then those held out
    count: int  # rows learned
    classifier: Classifier
    identity: str  # fingerprint of the settings and rows, so that a checkpoint is never taken for another fit's
    scale: tuple[np.ndarray, np.ndarray] | None  # of the head's inputs, where only a head learns

    @property
    def held(self) -> range:
        return range(self.count, len(self.rows))

    def held_logits(self) -> tuple[np.ndarray, np.ndarray]:
        """Logits and targets of the rows that judge."""
        return self.rows.logits(self.classifier, self.held, self.method.precision), self.rows.targets[self.count :].numpy()


def fit_encoder(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> EncoderPredictor:
    """See `Finetune.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    fit = _prepare(method, task, *_parts(method, task, train, validation, run.seed), model, run)
    moved = fit.tuned.moved + sum(p.numel() for p in fit.classifier.head.parameters())
    with _shortened(fit, run):
        _train(fit, run, start)
        threshold = best_threshold(answers(task, fit.held_logits()[0]), fit.held_logits()[1])[0] if task.several and fit.held else 0.5
    network, delta = fit.tuned.finish()
    loaded = fit.loaded
    if delta is None:
        loaded.network = network
    else:
        loaded = Adapted(loaded.info, loaded.folder, network, loaded.tokenizer, delta)
    return EncoderPredictor(
        task,
        loaded,
        fit.classifier.linear_head(*(fit.scale or ())),
        pooling=loaded.info.pooling,
        normalise=False,
        max_length=fit.limit,
        threshold=threshold,
        precision=method.precision,
        changed=fit.tuned.kind == "whole",
        moved_parameters=moved,
    )


def _parts(method: Finetune, task: Task, train: Encoded, validation: Encoded | None, seed: int) -> tuple[Encoded, Encoded | None]:
    """Rows that are learned and rows that judge; nothing judges where nothing must be judged or rows are few."""
    if validation is not None and len(validation) and validation.targets is not None:
        return train, validation
    if (method.patience or task.several) and len(train) >= MIN_TO_HOLD:
        return hold_out(train, HOLD_OUT, seed)
    return train, None


def _prepare(method: Finetune, task: Task, train: Encoded, held: Encoded | None, model: str, run: Run) -> _Fit:
    loaded = load_encoder(model)
    tokens_of_task = loaded.tokenizer(" ".join([task.instruction, *task.label_texts]), add_special_tokens=False)["input_ids"]
    tuned = prepare(
        loaded.network, method.tuning, size=method.size, seed=run.seed, tokens=torch.tensor(tokens_of_task[:LONGEST], dtype=torch.int64)
    )
    limit = limit_of(loaded, method.max_length or LONGEST)
    if tuned.kind == "prompt":  # its vectors take positions that the text would have
        limit = min(limit, loaded.info.max_length - tuned.trunk.vectors.shape[0])
        if limit < 8:
            raise ConfigError(f"size={method.size} leaves no room for text: the model reads {loaded.info.max_length} tokens.")
    inputs = [*train.inputs, *(held.inputs if held else ())]
    run.report(Step(0, 1, note=f"tokenise {len(inputs):,} rows"))
    tokens = tokenise(loaded.tokenizer, inputs, limit, prefix=loaded.info.prefix)
    targets = _targets(task, train, held)
    width = int(loaded.network.config.hidden_size)
    classifier = Classifier(
        tuned.trunk, len(task.labels) or 1, width, pooling=loaded.info.pooling, dropout=method.dropout, seed=run.seed
    )
    pad_id = loaded.tokenizer.pad_token_id or 0
    identity = " ".join([str(method), str(task), *(fingerprint(part) for part in (train, held) if part is not None)])
    if tuned.kind != "none":
        return _Fit(method, task, loaded, tuned, limit, Rows(tokens, targets, pad_id), len(train), classifier, identity, None)
    run.report(Step(0, 1, note=f"read {len(inputs):,} rows once"))
    found, mean, deviation = _standardised(vectors(loaded, tokens, pooling=loaded.info.pooling, normalise=False, precision=method.precision), len(train))
    rows = Rows(tokens, targets, pad_id, vectors=found)
    return _Fit(method, task, loaded, tuned, limit, rows, len(train), classifier, identity, (mean, deviation))


def _targets(task: Task, train: Encoded, held: Encoded | None) -> np.ndarray:
    parts = [part.targets for part in (train, held) if part is not None and part.targets is not None]
    targets = np.concatenate(parts)
    return unit_targets(task, targets) if task.kind == "rate" else targets


def _standardised(found: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors with mean 0 and deviation 1 in each dimension over the first `count` rows, that mean and that deviation."""
    mean, deviation = found[:count].mean(0, dtype=np.float64), found[:count].std(0, dtype=np.float64)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    return ((found - mean) / deviation).astype(np.float32), mean, deviation


@contextmanager
def _shortened(fit: _Fit, run: Run) -> Iterator[None]:
    """While open, frozen blocks are looked up instead of computed, and only word vectors in use are held."""
    network: Any = fit.loaded.network
    with ExitStack() as stack:
        if fit.tuned.kind == "whole":
            used = np.unique(np.concatenate([np.asarray(row) for row in fit.rows.tokens.ids]))
            if len(used) < WORTH_SHRINKING * network.get_input_embeddings().weight.shape[0]:
                fit.rows.used = UsedRows(network, used)
                stack.callback(fit.rows.used.restore)
        if fit.tuned.depth and fit.tuned.kind != "none":
            run.report(Step(0, 1, note=f"compute {fit.tuned.depth} frozen blocks once"))
            device = best_device()
            network.to(device)
            with autocast(fit.method.precision, device):
                cache = TrunkCache(
                    network, fit.tuned.depth, fit.rows.lengths, lambda rows: {k: v.to(device) for k, v in fit.rows.inputs(rows).items()}, folder=run.folder
                )
            fit.rows.cache = fit.classifier.cache = cache
            stack.enter_context(cache.installed())
        yield
    fit.rows.used = fit.rows.cache = fit.classifier.cache = None


def _train(fit: _Fit, run: Run, start: float) -> None:
    method, task = fit.method, fit.task
    rate = method.learning_rate or TUNINGS[method.tuning].rate_for(int(fit.loaded.network.config.hidden_size))
    weights = None
    if method.class_weights == "balanced" and task.kind == "classify":
        weights = balanced_weights(task, fit.rows.targets[: fit.count].numpy())
    criterion = make_objective(task, label_smoothing=method.label_smoothing, class_weights=weights)
    schedule = Schedule(
        epochs=method.planned_epochs(fit.count, len(task.labels)),
        batch_size=method.batch_size,
        learning_rate=rate,
        warmup=method.warmup,
        weight_decay=method.weight_decay,
        precision=method.precision,
        patience=method.patience,
        gradient_checkpointing=method.gradient_checkpointing,
    )
    run_engine(
        fit.classifier,
        Feed(fit.rows.lengths[: fit.count], fit.rows.collate, fit.identity),
        lambda network, batch: criterion(network(batch), batch["targets"]),
        schedule,
        run.since(start),
        evaluate=(lambda: score(task, *fit.held_logits())) if fit.held else None,
        parameter_groups=parameter_groups(fit.classifier, rate, max(rate, HEAD_RATE), method.weight_decay),
    )

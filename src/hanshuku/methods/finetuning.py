"""The work of `Finetune.fit` for labels and numbers: what needs torch, kept apart so that naming the method loads nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hanshuku.data.encoded import Encoded, drawn_unlabelled, hold_out
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import ConfigError
from hanshuku.inference.embed import vectors
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import answers, unit_targets
from hanshuku.inference.tokens import tokenise
from hanshuku.methods.few_rows import pace, passes, probed, start_head
from hanshuku.methods.finetune import HOLD_OUT, MIN_TO_HOLD, Finetune
from hanshuku.methods.modest import difficulty, heat_of, is_foreseen, judging_rows
from hanshuku.methods.trunk_fit import Trunk, ready, shortened, teach
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows
from hanshuku.training.engine import Feed
from hanshuku.training.judging import balanced_weights, best_threshold, score
from hanshuku.training.objectives import Criterion, make_objective
from hanshuku.training.run import Run, Step
from hanshuku.training.scored import labels_scored
from hanshuku.training.switches import Switches
from hanshuku.training.view_loss import Viewed, ViewLoss, views_of


@dataclass
class _Fit:
    """What belongs to one fit."""

    method: Finetune
    task: Task
    trunk: Trunk
    rows: Rows  # the learned ones first, then those held out, then the views of unlabelled texts
    count: int  # rows learned
    epochs: float  # passes over them
    judging: int  # rows held out
    classifier: Classifier
    identity: str  # fingerprint of the settings and rows, so that a checkpoint is never taken for another fit's
    scale: tuple[np.ndarray, np.ndarray] | None  # of the head's inputs, where only a head learns
    unlabelled: ViewLoss | None  # what unlabelled texts teach
    hard: float | None  # `difficulty` of the rows, where confidences are foreseen
    judging_s: float  # seconds that it took

    @property
    def held(self) -> range:
        return range(self.count, self.count + self.judging)

    def held_logits(self) -> tuple[np.ndarray, np.ndarray]:
        """Logits and targets of the rows that judge."""
        return self.rows.logits(self.classifier, self.held, self.method.precision), self.rows.targets[self.count : self.count + self.judging].numpy()


def fit_encoder(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run, is_modest: bool = True) -> EncoderPredictor:
    """See `Finetune.fit`; without `is_modest` confidences stay as the network has them."""
    start = time.monotonic()
    require_words(method)
    train, held = parts(train, validation, run.seed, is_judged=bool(method.patience or task.several))
    trunk = ready(method, task, model, run)
    trunk.pace = pace(method, train)
    given, train = train, method.switches.grown(train, run.seed)  # behind the line: no row that judges is seen
    fit = _prepare(method, trunk, task, train, held, run, given, is_modest=is_modest)
    moved = fit.trunk.tuned.moved + sum(p.numel() for p in fit.classifier.head.parameters())
    with shortened(fit.trunk, fit.rows, fit.classifier, run):
        _train(fit, run, start - fit.judging_s)  # afterwards the same rows are read once more
        threshold = best_threshold(answers(task, fit.held_logits()[0]), fit.held_logits()[1])[0] if task.several and fit.held else 0.5
    loaded = fit.trunk.finished()
    predictor = EncoderPredictor(
        task,
        loaded,
        fit.classifier.linear_head(*(fit.scale or ())),
        pooling=loaded.info.pooling,
        normalise=False,
        max_length=fit.trunk.limit,
        threshold=threshold,
        precision=method.precision,
        changed=fit.trunk.changed,
        moved_parameters=moved,
    )
    if fit.hard is not None:
        predictor.head = predictor.head.divided(heat_of(predictor, fit.hard, given, held, run.seed))
    if fit.unlabelled is not None:
        predictor.fit_notes = (
            f"{len(fit.unlabelled.viewed):,} of {len(train.unlabelled):,} unlabelled texts were read; of the answers to those drawn last {fit.unlabelled.sure:.0%} were sure enough to teach",
        )
    return predictor


def require_words(method: Finetune) -> None:
    """
    Raises:
        ConfigError: words shall be pushed, and only a head learns.
    """
    if method.tuning == "head" and method.switches.adversarial != "none":
        raise ConfigError("With tuning=head the encoder reads each row once and has no part in the learning, so its words cannot be pushed. Choose tuning=last_layers, lora or all.")


def parts(train: Encoded, validation: Encoded | None, seed: int, *, is_judged: bool) -> tuple[Encoded, Encoded | None]:
    """Rows that are learned and rows that judge; nothing judges where nothing must be judged or rows are few."""
    if validation is not None and len(validation) and validation.targets is not None:
        return train, validation
    if is_judged and len(train) >= MIN_TO_HOLD:
        return hold_out(train, HOLD_OUT, seed)
    return train, None


def identity_of(method: object, task: Task, *rows: Encoded | None) -> str:
    """What tells this fit from another: settings, task and a fingerprint of the rows."""
    return " ".join([str(method), str(task), *(fingerprint(part) for part in rows if part is not None)])


def _prepare(method: Finetune, trunk: Trunk, task: Task, train: Encoded, held: Encoded | None, run: Run, given: Encoded, *, is_modest: bool) -> _Fit:
    loaded, is_modest = trunk.loaded, is_modest and is_foreseen(task)
    viewed = _viewed(method, task, train, run)
    inputs = [*train.inputs, *(held.inputs if held else ()), *(viewed.inputs if viewed else ())]
    run.report(Step(0, 1, note=f"tokenise {len(inputs):,} rows"))
    tokens = tokenise(loaded.tokenizer, inputs, trunk.limit, prefix=loaded.info.prefix)
    targets = _targets(task, train, held, len(viewed.inputs) if viewed else 0)
    classifier = Classifier(
        trunk.tuned.trunk, len(task.labels) or 1, trunk.width, pooling=loaded.info.pooling, dropout=method.dropout, seed=run.seed
    )
    identity = identity_of(method, task, train, held)
    rows, scale, hard, start = Rows(tokens, targets, trunk.pad_id), None, None, time.monotonic()
    if trunk.tuned.kind == "none":
        run.report(Step(0, 1, note=f"read {len(inputs):,} rows once"))
        found, *scale = standardised(vectors(loaded, tokens, pooling=loaded.info.pooling, normalise=False, precision=method.precision), len(train))
        rows = Rows(tokens, targets, trunk.pad_id, vectors=found)
    elif trunk.pace < 1:
        run.report(Step(0, 1, note=f"start from a probe of {len(given):,} rows"))
        probe, found = probed(trunk, given, tokens, run.seed)  # it is judged on rows, so that what is made of them would make it too sure
        start_head(classifier, task, probe.head, found)
        hard = difficulty(task, probe.losses) if is_modest else None
    elif is_modest:
        some = judging_rows(given, run.seed)
        run.report(Step(0, 1, note=f"a probe of {len(some):,} rows"))
        hard = difficulty(task, probed(trunk, given.take(some), tokens.take(some), run.seed)[0].losses)
    judging = 0.0 if hard is None else time.monotonic() - start
    known = len(train) + (len(held) if held else 0)
    more = ViewLoss(method.views, task, viewed, lambda places: rows.collate([known + place for place in places])) if viewed else None
    epochs = passes(method, given, len(train))
    return _Fit(method, task, trunk, rows, len(train), epochs, known - len(train), classifier, identity, tuple(scale) if scale else None, more, hard, judging)  # type: ignore[arg-type]


def _viewed(method: Finetune, task: Task, train: Encoded, run: Run) -> Viewed | None:
    """Unlabelled texts with their views, where these are learned from."""
    if not method.views.is_on:
        return None
    texts = drawn_unlabelled(train, method.views.view_most, run.seed)
    if not texts:
        raise ConfigError("All unlabelled texts are empty, or stand among the labelled rows.")
    run.report(Step(0, 1, note=f"make views of {len(texts):,} unlabelled texts"))
    return views_of(task, texts, method.views, run.seed)


def _targets(task: Task, train: Encoded, held: Encoded | None, unlabelled: int) -> np.ndarray:
    """Of all rows; 0 for those without a label, where nobody looks."""
    targets = np.concatenate([part.targets for part in (train, held) if part is not None and part.targets is not None])
    targets = unit_targets(task, targets) if task.kind == "rate" else targets
    return targets if not unlabelled else np.concatenate([targets, np.zeros((unlabelled, *targets.shape[1:]), dtype=targets.dtype)])


def standardised(found: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors with mean 0 and deviation 1 in each dimension over the first `count` rows, that mean and that deviation."""
    mean, deviation = found[:count].mean(0, dtype=np.float64), found[:count].std(0, dtype=np.float64)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    return ((found - mean) / deviation).astype(np.float32), mean, deviation


def criterion_of(task: Task, switches: Switches, targets: np.ndarray, labels: Sequence[int] = ()) -> Criterion:
    """The loss of logits against targets, as the switches say.

    Args:
        task: classify or rate.
        switches: label_smoothing, class_weights and focal are read.
        targets: of the rows that are learned, by which labels are weighed.
        labels: of which alone there will be logits; none: of all.
    """
    weights = balanced_weights(task, targets) if switches.class_weights == "balanced" and task.kind == "classify" else None
    if labels:
        weights, task = None if weights is None else weights[list(labels)], replace(task, labels=tuple(task.labels[i] for i in labels), descriptions=())
    return make_objective(task, label_smoothing=switches.label_smoothing, class_weights=weights, focal=switches.focal)


def _train(fit: _Fit, run: Run, start: float) -> None:
    method, task = fit.method, fit.task
    criterion = criterion_of(task, method.switches, fit.rows.targets[: fit.count].numpy())
    teach(
        fit.trunk,
        fit.classifier,
        Feed(fit.rows.lengths[: fit.count], fit.rows.collate, fit.identity),
        labels_scored(task, criterion),
        run.since(start),
        epochs=fit.epochs,
        evaluate=(lambda: score(task, *fit.held_logits())) if fit.held else None,
        more=fit.unlabelled,
    )

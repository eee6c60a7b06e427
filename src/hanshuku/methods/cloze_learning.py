"""The work of `Cloze.fit`: the template and the words, and fine-tuning on the words of the labels."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.inference.backbone import Adapted
from hanshuku.inference.cloze import ClozePredictor, ClozeSettings, load_cloze
from hanshuku.inference.cloze_tokens import Words, words_of
from hanshuku.inference.heads import unit_targets
from hanshuku.inference.label_scoring import base_log_odds
from hanshuku.inference.prompts import label_names
from hanshuku.methods.cloze import Cloze
from hanshuku.methods.finetune import LONGEST
from hanshuku.methods.wording import wording_language
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task
from hanshuku.training.average import Average
from hanshuku.training.classifier import parameter_groups
from hanshuku.training.composed import composed
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.judging import balanced_weights
from hanshuku.training.layers import rate_factors
from hanshuku.training.objectives import make_objective
from hanshuku.training.run import Run, Step
from hanshuku.training.scored import labels_scored
from hanshuku.training.tunings import TUNINGS, prepare

TEMPLATES = {  # language -> with an instruction, without one
    "en": ("{text} {instruction} {mask}.", "{text} In a word: {mask}."),
    "zh": ("{text}。{instruction}{mask}。", "{text}。总之，{mask}。"),
}
ENDS = {"en": (("bad", "terrible", "low", "little"), ("good", "great", "high", "much")), "zh": (("差", "坏", "低", "少"), ("好", "棒", "高", "多"))}  # of a rating


def fit_cloze(method: Cloze, task: Task, train: Encoded | None, *, model: str, run: Run) -> ClozePredictor:
    """See `Cloze.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_cloze(model)
    language = wording_language(method.language, task, train)
    template = method.template or TEMPLATES[language][0 if task.instruction.strip() else 1]
    limit = min(method.max_length or LONGEST, loaded.info.max_length)
    settings = ClozeSettings(language, template, _words(method, task, loaded, language), method.calibrate, limit, method.precision)
    predictor = ClozePredictor(task, loaded, settings)
    if not method.learn or train is None or train.targets is None or not len(train):
        run.report(Step(1, 1, note="cloze ready"))
        return predictor
    return _learned(method, predictor, train, run.since(start))


def _words(method: Cloze, task: Task, loaded: Loaded, language: str) -> Words:
    """The words that stand for each answer; of the built-in ones for a rating those that the model knows."""
    if task.kind == "classify":
        stated = words_of(task.labels, method.verbalisers)
        return tuple((name,) if own == (label,) else own for own, label, name in zip(stated, task.labels, label_names(task), strict=True))
    stated = words_of(("low", "high"), method.verbalisers)
    unknown = loaded.tokenizer.unk_token_id
    usual = [[word for word in words if unknown not in loaded.tokenizer(word, add_special_tokens=False)["input_ids"]] for words in ENDS[language]]
    return tuple(tuple(known) if own == (end,) and known else own for own, end, known in zip(stated, ("low", "high"), usual, strict=True))


class _Learner(nn.Module):
    """Logits of a cloze as the objectives take them, starting from the calibrated answers."""

    def __init__(self, predictor: ClozePredictor, network: nn.Module) -> None:
        super().__init__()
        self.task, self.cloze = predictor.task, predictor.cloze
        self.cloze.network = network
        shift = predictor.prior if predictor.settings.calibrate else np.zeros_like(predictor.prior)
        self.shift = torch.from_numpy(shift - (base_log_odds(self.task) if self.task.several else 0.0)).float()

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, L) logits; rate: (B, 1) of 0..1."""
        evidence = self.cloze(batch) - self.shift.to(batch["targets"].device)
        return evidence.softmax(1)[:, 1:] if self.task.kind == "rate" else evidence


def _learned(method: Cloze, predictor: ClozePredictor, train: Encoded, run: Run) -> ClozePredictor:
    """The predictor after fine-tuning."""
    task, loaded, switches = predictor.task, predictor.loaded, method.switches
    train = switches.grown(train, run.seed)
    assert train.targets is not None
    tuned = prepare(loaded.network, method.tuning, size=method.size, seed=run.seed)
    learner = _Learner(predictor, tuned.trunk)
    rows = predictor.tokens.rows(train.inputs)
    targets = torch.from_numpy(unit_targets(task, train.targets) if task.kind == "rate" else train.targets)
    weights = balanced_weights(task, train.targets) if switches.class_weights == "balanced" else None
    criterion = make_objective(task, label_smoothing=switches.label_smoothing, class_weights=weights, focal=switches.focal)
    factors = rate_factors(loaded.network, switches.layer_decay) if switches.layer_decay < 1 else None
    rate = method.learning_rate or TUNINGS[method.tuning].rate_for(int(loaded.network.config.hidden_size))
    epochs = method.planned_epochs(len(train), len(task.labels))
    run_engine(
        learner,
        Feed(rows.lengths, lambda places: rows.batch(places) | {"targets": targets[places]}, " ".join([str(method), str(task), fingerprint(train)])),
        composed(labels_scored(task, criterion), switches, learner, loaded.network.get_input_embeddings(), loaded.tokenizer.pad_token_id),
        Schedule(epochs=epochs, batch_size=min(method.batch_size, math.ceil(len(train) / 2)), learning_rate=rate, precision=method.precision),
        run,
        parameter_groups=parameter_groups(learner, rate, rate, 0.01, factors),
        average=Average(switches.average, switches.average_decay),
    )
    moved = tuned.moved
    network, delta = tuned.finish()
    plain = replace(loaded, network=network)
    if delta is not None:
        plain = Adapted(loaded.info, loaded.folder, network, loaded.tokenizer, delta)
    return ClozePredictor(task, plain, predictor.settings, prior=predictor.prior, changed=tuned.kind == "whole", moved_parameters=moved)

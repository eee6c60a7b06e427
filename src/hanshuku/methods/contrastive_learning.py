"""The work of `Contrastive.fit`: what needs torch, kept apart so that naming the method loads nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.inference.embed import limit_of
from hanshuku.inference.encoder import EncoderPredictor, Head
from hanshuku.inference.heads import unit_targets
from hanshuku.inference.tokens import Tokenised, model_inputs, tokenise
from hanshuku.methods.contrastive import Contrastive
from hanshuku.methods.descriptions import relation_of
from hanshuku.methods.head_learning import learn_head
from hanshuku.methods.linear import Penalty
from hanshuku.methods.modest import difficulty, heat_of, is_foreseen, judging_rows
from hanshuku.methods.zero_shot import unrelated_cosine, zero_shot_head
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from hanshuku.training.average import Average
from hanshuku.training.blocks import find_blocks
from hanshuku.training.classifier import parameter_groups
from hanshuku.training.composed import composed
from hanshuku.training.config import Schedule
from hanshuku.training.contrast import (
    PARTNERS,
    Vectors,
    affinity,
    agreement_loss,
    companies,
    contrastive_loss,
    partner_scores,
)
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.layers import rate_factors, reinitialise
from hanshuku.training.run import Run, Step
from hanshuku.training.scored import Scored, jeffreys

RATE = 3e-4  # the deeper the encoder, the more its blocks' small steps add up
LONGEST = 256  # tokens a text where the user sets no limit
SAMPLE = 64  # rows that are read to forecast how long all take, where a budget is set and there are many more


@dataclass(frozen=True)
class Texts:
    """What the loss reads: N rows of one text (a pair: of two, one after the other) and their targets."""

    tokens: Tokenised
    targets: Tensor
    width: int  # texts a row
    pad_id: int

    def collate(self, rows: list[int]) -> dict[str, Tensor]:
        """A batch of these rows, each once; a pair's first texts, then its second ones."""
        unique = sorted(set(rows))
        places = [self.width * row + k for k in range(self.width) for row in unique]
        return {**model_inputs(self.tokens, places, self.pad_id), "targets": self.targets[unique]}


def fit_contrastive(method: Contrastive, task: Task, rows: Encoded, model: str, validation: Encoded | None, run: Run) -> EncoderPredictor:
    """See `Contrastive.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_encoder(model)
    temperature = method.temperature * (1 - unrelated_cosine(loaded, method.precision))
    limit = limit_of(loaded, method.max_length or LONGEST)
    grown = method.switches.grown(rows, run.seed)  # for the encoder; the head is judged on rows, so that it learns from those given
    learned, strata, by_agreement = _learned(method, task, grown)
    run.report(Step(0, 1, note=f"tokenise {len(learned):,} rows"))
    width = len(task.inputs) if task.is_pair else 1
    flat = [(text,) for row in learned.inputs for text in row] if width > 1 else learned.inputs
    texts = Texts(
        tokenise(loaded.tokenizer, flat, limit, prefix=loaded.info.prefix), torch.from_numpy(learned.targets), width, loaded.tokenizer.pad_token_id or 0
    )
    features = (4 if task.is_pair else 1) * int(loaded.network.config.hidden_size)
    predictor = EncoderPredictor(
        task, loaded, Head(np.zeros((1, features)), np.zeros(1)), pooling=loaded.info.pooling, normalise=True, pair="bi",
        max_length=limit, precision=method.precision,
    )  # fmt: skip
    hard = _difficulty(method, predictor, rows, run)
    if method.switches.reinit_layers:
        reinitialise(loaded.network, method.switches.reinit_layers, run.seed)
    moved = _free(loaded.network, method.layers)
    a_step = max(1, method.planned_batch(len(task.labels)) // PARTNERS)
    groups = companies(strata, method.planned_steps(len(grown), len(task.labels)) * a_step, run.seed)
    network = Vectors(loaded.network, loaded.info.pooling)
    feed = Feed([1] * len(groups), lambda chosen: texts.collate([int(row) for i in chosen for row in groups[i]]), f"{method} {task} {fingerprint(rows)}")
    scored = vectors_scored(task, temperature, width, by_agreement=by_agreement)
    last = 0.0 if run.budget_s is None else reading_seconds(predictor, rows.inputs, run.seed)  # the head is fitted to all rows when the encoder has moved
    _move(method, network, feed, scored, _schedule(method, a_step, loaded.network), run.since(start - last), texts.pad_id)
    loaded.network.requires_grad_(False).eval()
    run.report(Step(0, 1, note="fit the head"))
    prior = zero_shot_head(task, loaded, precision=method.precision) if method.descriptions else None
    found = learn_head(task, predictor.features(rows.inputs), rows, prior, penalty=Penalty(method.strength, method.trust if prior else 0.0),
                       blocks=4 if task.is_pair else 1, sureness=1.0, seed=run.seed)  # fmt: skip
    predictor.head, predictor.threshold = found.head, found.threshold
    if hard is not None:
        predictor.head = found.head.divided(heat_of(predictor, hard, rows, validation, run.seed))
    predictor.moved_parameters = moved + found.head.weight.size + found.head.bias.size
    return predictor


def _difficulty(method: Contrastive, predictor: EncoderPredictor, rows: Encoded, run: Run) -> float | None:
    """See `difficulty`, of the encoder as it is, by some of the rows; None where confidences are not foreseen."""
    task = predictor.task
    if not is_foreseen(task):
        return None
    rows = rows.take(judging_rows(rows, run.seed))
    run.report(Step(0, 1, note=f"a probe of {len(rows):,} rows"))
    prior = zero_shot_head(task, predictor.loaded, precision=method.precision) if method.descriptions else None
    vectors = predictor.features(rows.inputs)
    predictor.count_anew()
    return difficulty(task, learn_head(task, vectors, rows, prior, blocks=4 if task.is_pair else 1, seed=run.seed).losses)


def reading_seconds(predictor: EncoderPredictor, inputs: Sequence[tuple[str, ...]], seed: int) -> float:
    """About how long the predictor takes to read the rows, in seconds, from a sample of them; 0 where they are few."""
    if len(inputs) <= 4 * SAMPLE:
        return 0.0
    chosen = np.random.default_rng(seed).choice(len(inputs), SAMPLE, replace=False)
    start = time.monotonic()
    predictor.features([inputs[i] for i in chosen])
    return (time.monotonic() - start) * len(inputs) / SAMPLE


def vectors_scored(task: Task, temperature: float, width: int, *, by_agreement: bool) -> Scored:
    """The loss of a batch, in parts; see `Contrastive.fit` for what counts as near.

    Args:
        task: what the targets are of.
        temperature: cosines are divided by it.
        width: texts a row.
        by_agreement: of the two texts of a pair.
    """

    def rows(found: Tensor) -> Tensor:  # (B, H), of length 1
        return found if width == 1 else torch.nn.functional.normalize(found.view(width, -1, found.shape[1]).mean(0), dim=-1)

    def loss(found: Tensor, batch: dict[str, Tensor]) -> Tensor:
        if by_agreement:
            first, second = found.chunk(2)
            return agreement_loss(first, second, batch["targets"], temperature)
        return contrastive_loss(rows(found), affinity(task, batch["targets"]), temperature)

    def distance(one: Tensor, other: Tensor, _batch: Any) -> Tensor:
        if by_agreement:
            cosines = [(first * second).sum(1) for first, second in (one.chunk(2), other.chunk(2))]
            return ((cosines[0] - cosines[1]) / temperature).square().mean()
        return jeffreys(*(partner_scores(rows(found), temperature) for found in (one, other)))

    return Scored(lambda network, batch: network({name: tensor for name, tensor in batch.items() if name != "targets"}), loss, distance)


def _move(method: Contrastive, network: Vectors, feed: Feed, scored: Scored, schedule: Schedule, run: Run, pad_id: int) -> None:
    """One run of the engine on the encoder."""
    switches, trunk, groups = method.switches, network.trunk, None
    if switches.layer_decay < 1:
        rate = schedule.learning_rate
        groups = parameter_groups(network, rate, rate, schedule.weight_decay, rate_factors(trunk, switches.layer_decay))
    run_engine(
        network, feed, composed(scored, switches, network, trunk.get_input_embeddings(), pad_id), schedule, run,
        parameter_groups=groups, average=Average(switches.average, switches.average_decay),
    )  # fmt: skip


def _learned(method: Contrastive, task: Task, rows: Encoded) -> tuple[Encoded, np.ndarray, bool]:
    """The rows that the loss reads, descriptions among them; what they have in common; whether pairs learn by agreement."""
    assert rows.targets is not None
    relation = relation_of(task) if task.is_pair else None
    if task.kind == "rate" or relation is not None:
        targets = unit_targets(task, rows.targets) if relation is None else np.array(relation, dtype=np.float32)[rows.targets]
        return Encoded(task, rows.inputs, targets, rows.lines), rows.strata, task.is_pair
    if not method.descriptions:
        return rows, rows.strata, False
    labels = np.arange(len(task.labels))
    described = np.eye(len(labels), dtype=np.float32) if task.several else labels
    inputs = [*rows.inputs, *((text,) * len(task.inputs) for text in task.label_texts)]
    everything = Encoded(task, inputs, np.concatenate([rows.targets, described]), np.concatenate([rows.lines, 0 * labels]))
    return everything, np.concatenate([rows.strata, labels]), False


def _free(network: Any, layers: int) -> int:
    """Let the upper blocks (0: all) and what stands behind them move; the number of parameters that do."""
    blocks = find_blocks(network)
    network.requires_grad_(False)
    for block in blocks[-layers:] if layers else blocks:
        block.requires_grad_(True)
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def _schedule(method: Contrastive, a_step: int, network: Any) -> Schedule:
    """Once over the planned groups, of which a step takes so many."""
    return Schedule(
        epochs=1, batch_size=a_step, learning_rate=method.learning_rate or RATE / len(find_blocks(network)), precision=method.precision,
        gradient_checkpointing=method.gradient_checkpointing,
    )  # fmt: skip

"""The work of `Contrastive.fit`: what needs torch, kept apart so that naming the method loads nothing."""

from __future__ import annotations

import time
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
from hanshuku.methods.zero_shot import unrelated_cosine, zero_shot_head
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from hanshuku.training.blocks import find_blocks
from hanshuku.training.config import Schedule
from hanshuku.training.contrast import PARTNERS, Vectors, affinity, agreement_loss, companies, contrastive_loss
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.run import Run, Step

RATE = 3e-4  # the deeper the encoder, the more its blocks' small steps add up
LONGEST = 256  # tokens a text where the user sets no limit


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


def fit_contrastive(method: Contrastive, task: Task, rows: Encoded, model: str, run: Run) -> EncoderPredictor:
    """See `Contrastive.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_encoder(model)
    temperature = method.temperature * (1 - unrelated_cosine(loaded, method.precision))
    limit = limit_of(loaded, method.max_length or LONGEST)
    learned, strata, by_agreement = _learned(method, task, rows)
    run.report(Step(0, 1, note=f"tokenise {len(learned):,} rows"))
    width = len(task.inputs) if task.is_pair else 1
    flat = [(text,) for row in learned.inputs for text in row] if width > 1 else learned.inputs
    texts = Texts(
        tokenise(loaded.tokenizer, flat, limit, prefix=loaded.info.prefix), torch.from_numpy(learned.targets), width, loaded.tokenizer.pad_token_id or 0
    )
    moved = _free(loaded.network, method.layers)
    a_step = max(1, method.planned_batch(len(task.labels)) // PARTNERS)
    groups = companies(strata, method.planned_steps(len(rows), len(task.labels)) * a_step, run.seed)
    network = Vectors(loaded.network, loaded.info.pooling)
    feed = Feed([1] * len(groups), lambda chosen: texts.collate([int(row) for i in chosen for row in groups[i]]), f"{method} {task} {fingerprint(rows)}")
    run_engine(
        network, feed, Objective(task, temperature, width, by_agreement), _schedule(method, a_step, loaded.network), run.since(start)
    )
    loaded.network.requires_grad_(False).eval()
    features = (4 if task.is_pair else 1) * int(loaded.network.config.hidden_size)
    predictor = EncoderPredictor(
        task, loaded, Head(np.zeros((1, features)), np.zeros(1)), pooling=loaded.info.pooling, normalise=True, pair="bi",
        max_length=limit, precision=method.precision,
    )  # fmt: skip
    run.report(Step(0, 1, note="fit the head"))
    prior = zero_shot_head(task, loaded, precision=method.precision) if method.descriptions else None
    found = learn_head(task, predictor.features(rows.inputs), rows, prior, penalty=Penalty(method.strength, method.trust if prior else 0.0),
                       blocks=4 if task.is_pair else 1, sureness=1.0, seed=run.seed)  # fmt: skip
    predictor.head, predictor.threshold = found.head, found.threshold
    predictor.moved_parameters = moved + found.head.weight.size + found.head.bias.size
    return predictor


@dataclass(frozen=True)
class Objective:
    """The loss of a batch; see `Contrastive.fit` for what counts as near."""

    task: Task
    temperature: float
    width: int
    by_agreement: bool  # of the two texts of a pair

    def __call__(self, network: Any, batch: dict[str, Tensor]) -> Tensor:
        """A scalar."""
        targets = batch["targets"]
        found = network({name: tensor for name, tensor in batch.items() if name != "targets"})
        if self.by_agreement:
            first, second = found.chunk(2)
            return agreement_loss(first, second, targets, self.temperature)
        if self.width > 1:
            found = torch.nn.functional.normalize(found.view(self.width, -1, found.shape[1]).mean(0), dim=-1)
        return contrastive_loss(found, affinity(self.task, targets), self.temperature)


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

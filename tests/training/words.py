"""A small network that reads words, for switches: an embedding, a mean over what is no padding, a line."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import nn

from hanshuku.tasks import Task
from hanshuku.training.composed import composed
from hanshuku.training.engine import Feed, train
from hanshuku.training.objectives import make_objective
from hanshuku.training.run import Run
from hanshuku.training.scored import labels_scored
from hanshuku.training.switches import Switches
from tests.training.problem import FAST

PAD = 0
TASK = Task("classify", labels=("a", "b"), name="words")
SCORED = labels_scored(TASK, make_objective(TASK))


class Trunk(nn.Module):
    """(B, T) ids -> `last_hidden_state` (B, T, 6), which bends, so that the slope depends on the place."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.up = nn.Linear(6, 6)

    def forward(self, input_ids, attention_mask=None):
        return SimpleNamespace(last_hidden_state=torch.tanh(self.up(self.words(input_ids))))


def reader(dropout=0.0, seed=0):
    """A Classifier over that trunk."""
    from hanshuku.training.classifier import Classifier

    torch.manual_seed(seed)
    network = Classifier(Trunk(), 2, 6, pooling="mean", dropout=dropout, seed=seed)
    with torch.no_grad():
        network.head.weight.normal_()
    return network


def batch_of(rows=range(12)):
    """Rows of one to five words, padded; the label is whether the first word's number is even."""
    ids = [[1 + (7 * i + 3 * k) % 19 for k in range(1 + i % 5)] for i in rows]
    padded = torch.tensor([row + [PAD] * (5 - len(row)) for row in ids])
    return {"input_ids": padded, "attention_mask": (padded != PAD).long(), "targets": torch.tensor([row[0] % 2 for row in ids])}


def objective_of(network, **switches):
    """What the engine would minimise."""
    return composed(SCORED, Switches(**switches), network, network.trunk.words, PAD)


def run_words(network, schedule=FAST, run=Run(), average=None, **switches):
    """Train it on 40 rows."""
    more = {} if average is None else {"average": average}
    return train(network, Feed([1] * 40, lambda rows: batch_of(rows)), objective_of(network, **switches), schedule, run, **more)

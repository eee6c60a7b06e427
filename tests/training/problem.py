"""A small problem for the engine: two clouds that a line can tell apart."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch

from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed, train
from hanshuku.training.run import Run

N = 60
FAST = Schedule(epochs=4, batch_size=8, learning_rate=0.05, precision="fp32")  # 32 steps
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def problem(seed=0, dropout=0.0):
    """A network, (N, 4) inputs and (N,) targets."""
    torch.manual_seed(seed)
    x = torch.randn(N, 4)
    y = (x[:, 0] + x[:, 1] > 0).long()
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(dropout), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    return network, x, y


def run_train(network, x, y, schedule=FAST, run=Run(), **more):
    """Train on the problem."""

    def collate(rows):
        return {"x": x[rows], "y": y[rows]}

    def objective(net, batch):
        return torch.nn.functional.cross_entropy(net(batch["x"]), batch["y"])

    return train(network, Feed(more.pop("lengths", [1] * len(x)), collate, more.pop("identity", "")), objective, schedule, run, **more)


def weights_of(network):
    """SHA-256 over all weights."""
    return hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in network.parameters())).hexdigest()

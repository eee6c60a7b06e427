"""The engine learns, repeats itself by seed, and ends a killed run as if it had not been killed."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hanshuku.errors import ConfigError, StorageError, TrainingError
from hanshuku.tasks import Task
from hanshuku.training import checkpoint
from hanshuku.training.batching import epoch_batches
from hanshuku.training.config import Schedule
from hanshuku.training.engine import _rate_factor, train
from hanshuku.training.objectives import make_objective
from hanshuku.training.run import Run

N = 60
FAST = Schedule(epochs=4, batch_size=8, learning_rate=0.05, precision="fp32")


def problem(seed=0, dropout=0.0):
    """Two clouds that a line can tell apart."""
    torch.manual_seed(seed)
    x = torch.randn(N, 4)
    y = (x[:, 0] + x[:, 1] > 0).long()
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(dropout), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    return network, x, y


def run_train(network, x, y, schedule=FAST, run=Run(), **more):
    def collate(rows):
        return {"x": x[rows], "y": y[rows]}

    def objective(net, batch):
        return torch.nn.functional.cross_entropy(net(batch["x"]), batch["y"])

    return train(network, [1] * len(x), collate, objective, schedule, run, **more)


def weights_of(network):
    return hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in network.parameters())).hexdigest()


def test_it_learns():
    network, x, y = problem()
    result = run_train(network, x, y, replace(FAST, learning_rate=0.2))
    assert result.steps == 32
    assert (network(x).argmax(1) == y).float().mean() > 0.9


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    found = []
    for seed in (1, 1, 2):
        network, x, y = problem(dropout=0.3)
        run_train(network, x, y, run=Run(seed=seed))
        found.append(weights_of(network))
    assert found[0] == found[1] != found[2]


def test_a_frozen_parameter_stays_and_without_any_that_moves_it_says_so():
    network, x, y = problem()
    network[0].requires_grad_(False)
    before = network[0].weight.clone()
    run_train(network, x, y)
    assert torch.equal(before, network[0].weight)
    network.requires_grad_(False)
    with pytest.raises(TrainingError, match="0 parameters move"):
        run_train(network, x, y)


def test_parts_of_a_step_give_the_gradient_of_the_whole():
    found = []
    for count in (1, 3):
        network, x, y = problem()
        network.double()
        run_train(network, x.double(), y, replace(FAST, accumulate=count))
        found.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.allclose(found[0], found[1], atol=1e-9)


def test_patience_stops_and_the_best_weights_are_kept():
    network, x, y = problem()
    scores, kept = iter([0.5, 0.9, 0.8, 0.7]), []

    def evaluate():
        kept.append(weights_of(network))
        return next(scores)

    result = run_train(network, x, y, replace(FAST, patience=2), evaluate=evaluate)
    assert (result.best_score, result.stopped_early, len(kept)) == (0.9, True, 4)
    assert weights_of(network) == kept[1]


def test_a_loss_that_is_no_number_is_an_error_with_advice():
    network, x, y = problem()
    x[3] = float("nan")
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        run_train(network, x, y)


def test_the_plan_shrinks_to_the_budget():
    network, x, y = problem()
    result = run_train(network, x, y, replace(FAST, epochs=100_000), Run(budget_s=1.0))
    assert result.stopped_early
    assert result.seconds < 5


def test_the_rate_rises_falls_and_never_leaves_its_range():
    schedule = Schedule(warmup=0.2, decay="linear")
    rates = [_rate_factor(step, 100, schedule) for step in range(100)]
    assert rates.index(max(rates)) == 20
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[-1] < 0.02
    assert _rate_factor(99, 100, Schedule(decay="constant")) == 1


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"warmup": 2}, {"decay": "cliff"}, {"precision": "fp8"}])
def test_a_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(ConfigError, match="Received"):
        Schedule(**wrong)


def test_an_epoch_has_every_row_once_with_near_lengths_together():
    lengths = np.random.default_rng(0).integers(1, 200, 1000)
    batches = epoch_batches(lengths, 16, seed=0, epoch=0)
    assert sorted(np.concatenate(batches)) == list(range(1000))
    padded = sum(lengths[b].max() * len(b) for b in batches)
    assert padded < 1.1 * lengths.sum()
    assert not all(np.array_equal(a, b) for a, b in zip(batches, epoch_batches(lengths, 16, 0, 1)))


@pytest.mark.parametrize(
    ("task", "logits", "targets", "expected"),
    [
        (Task("classify", labels=("a", "b")), [[0.0, 0.0]], torch.tensor([1]), np.log(2)),
        (Task("classify", labels=("a", "b"), several=True), [[0.0, 0.0]], torch.tensor([[1.0, 0.0]]), np.log(2)),
        (Task("rate", low=0, high=5), [[0.5]], torch.tensor([1.0]), 0.25),
    ],
)
def test_each_kind_of_task_has_its_loss(task, logits, targets, expected):
    assert make_objective(task)(torch.tensor(logits), targets).item() == pytest.approx(expected)


def test_a_class_weight_counts_a_label_more():
    task = Task("classify", labels=("a", "b"))
    logits, targets = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])
    assert make_objective(task, class_weights=[1, 9])(logits, targets) > make_objective(task)(logits, targets)
    with pytest.raises(ConfigError, match="one class weight a label"):
        make_objective(task, class_weights=[1])


def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path):
    whole, x, y = problem(dropout=0.2)
    run_train(whole, x, y, run=Run(seed=3))
    for stop in (1, 7, 8, 20, 31):
        network, x, y = problem(dropout=0.2)

        def crash(step, at=stop):
            if step.done == at:
                raise KeyboardInterrupt

        run = Run(seed=3, folder=tmp_path / str(stop), report=crash)
        schedule = replace(FAST, checkpoint_every_s=0)
        import hanshuku.training.engine as engine

        engine.REPORT_S, before = 0, engine.REPORT_S
        with pytest.raises(KeyboardInterrupt):
            run_train(network, x, y, schedule, run)
        engine.REPORT_S = before
        network, x, y = problem(dropout=0.2)
        seen = []
        run_train(network, x, y, schedule, Run(seed=3, folder=tmp_path / str(stop), report=lambda step, seen=seen: seen.append(step.done)))
        assert weights_of(network) == weights_of(whole)
        assert stop == 1 or seen[0] == stop - 1


def test_a_checkpoint_of_another_run_is_said_and_not_used(tmp_path):
    network, x, y = problem()
    checkpoint.write(tmp_path, checkpoint.Checkpoint({"fingerprint": "other"}, {"weights/x": torch.zeros(1)}))
    notes = []
    run_train(network, x, y, run=Run(folder=tmp_path, report=lambda step: notes.append(step.note)))
    assert "another run" in notes[0]
    assert not (tmp_path / "checkpoint").exists(), "a finished run leaves none"


def test_a_kill_between_the_two_renames_leaves_a_whole_checkpoint(tmp_path):
    checkpoint.write(tmp_path, checkpoint.Checkpoint({"step": 1}, {"a": torch.ones(1)}))
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    assert checkpoint.newest(tmp_path).facts == {"step": 1}


FULL = """
import resource, signal, sys, torch
from pathlib import Path
from hanshuku.errors import StorageError
from hanshuku.training import checkpoint
folder = Path(sys.argv[1])
checkpoint.write(folder, checkpoint.Checkpoint({"step": 1}, {"a": torch.ones(10)}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    checkpoint.write(folder, checkpoint.Checkpoint({"step": 2}, {"a": torch.ones(100_000)}))
except StorageError as error:
    print(checkpoint.newest(folder).facts, error)
"""


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.startswith("{'step': 1}"), done.stderr


KILLED = """
import sys
from pathlib import Path
from tests.training.test_engine import FAST, problem, replace, run_train, weights_of
from hanshuku.training.run import Run
import time
network, x, y = problem(dropout=0.2)
def slow(step):
    print(step.done, flush=True)
import hanshuku.training.engine as engine
engine.REPORT_S = 0
run_train(network, x, y, replace(FAST, epochs=30, checkpoint_every_s=0), Run(seed=5, folder=Path(sys.argv[1]), report=slow))
print("weights", weights_of(network), flush=True)
"""


def test_kill_9_at_any_step_and_the_resumed_run_gives_the_same_bits(tmp_path):
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root}:{root / 'src'}", "OMP_NUM_THREADS": "1"}

    def start(folder):
        return subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True, env=environment, cwd=root)

    whole = start(tmp_path / "whole").communicate()[0].split()[-1]
    at = iter(np.random.default_rng(0).integers(2, 40, 3))
    while (kill_at := next(at, None)) is not None:
        child = start(tmp_path / "killed")
        for _ in range(kill_at):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    assert start(tmp_path / "killed").communicate()[0].split()[-1] == whole


def test_a_csv_has_a_line_a_step(tmp_path):
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("csv",)), evaluate=lambda: 0.5)
    with (tmp_path / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows if not row["score"]] == [str(i) for i in range(1, 33)]
    assert len([row for row in rows if row["score"]]) == 4


def test_tensorboard_gets_event_files(tmp_path):
    pytest.importorskip("tensorboard")
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("tensorboard",)))
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_weights_and_biases_runs_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("wandb",)))
    assert list((tmp_path / "wandb").glob("offline-run-*"))


def test_a_tracker_that_is_not_there_is_refused(tmp_path):
    network, x, y = problem()
    with pytest.raises(ConfigError, match="tensorboard"):
        run_train(network, x, y, run=Run(folder=tmp_path, track=("papertrail",)))


TWO = """
import json, os
import torch
from tests.training.test_engine import FAST, problem, replace, run_train
from hanshuku.training.run import Run
network, x, y = problem()
network.double()
result = run_train(network, x.double(), y, replace(FAST, batch_size=7), Run())
if os.environ.get("RANK", "0") == "0":
    print(json.dumps([p.detach().flatten().tolist() for p in network.parameters()]))
"""


def test_two_processes_learn_what_one_learns(tmp_path):
    import json

    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root}:{root / 'src'}", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    script = tmp_path / "two.py"
    script.write_text(TWO)
    one = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, cwd=root)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_addr=127.0.0.1", "--master_port=29655", str(script)]
    two = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
    assert two.returncode == 0, two.stderr[-2000:]
    ours, theirs = (json.loads(run.stdout.strip().splitlines()[-1]) for run in (one, two))
    assert all(np.allclose(a, b, atol=1e-9) for a, b in zip(ours, theirs, strict=True))


def test_a_first_checkpoint_that_cannot_be_written_is_told_and_the_run_goes_on(tmp_path, monkeypatch):
    def full(*_):
        raise StorageError("the disk is full")

    monkeypatch.setattr(checkpoint, "write", full)
    network, x, y = problem()
    notes = []
    result = run_train(network, x, y, replace(FAST, checkpoint_every_s=0), Run(folder=tmp_path, report=lambda step: notes.append(step.note)))
    assert result.steps == 32
    assert "the disk is full" in notes

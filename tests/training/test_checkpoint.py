"""A killed run ends with the bits of one that was not killed, and a full disk loses nothing."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from hanshuku.errors import ConfigError
from hanshuku.training import checkpoint, engine
from hanshuku.training.config import Schedule, checkpoint_seconds
from hanshuku.training.run import Run
from tests.training.problem import ENVIRONMENT, FAST, ROOT, problem, run_train, weights_of

EACH_STEP = replace(FAST, checkpoint_every_s=0)


@pytest.fixture(autouse=True)
def _report_each_step(monkeypatch):
    monkeypatch.setattr(engine, "REPORT_S", 0)


def stopped_at(step, folder, seed=3):
    """A run that ends in the middle of a step, as by Ctrl-C."""

    def crash(now):
        if now.done == step:
            raise KeyboardInterrupt

    network, x, y = problem(dropout=0.2)
    with pytest.raises(KeyboardInterrupt):
        run_train(network, x, y, EACH_STEP, Run(seed=seed, folder=folder, report=crash), evaluate=None)


@pytest.mark.parametrize("stop", [1, 7, 8, 20, 31])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, stop):
    whole, x, y = problem(dropout=0.2)
    run_train(whole, x, y, run=Run(seed=3))
    stopped_at(stop, tmp_path)
    network, x, y = problem(dropout=0.2)
    seen = []
    run_train(network, x, y, EACH_STEP, Run(seed=3, folder=tmp_path, report=lambda step: seen.append(step.done)))
    assert weights_of(network) == weights_of(whole)
    assert stop == 1 or seen[0] == stop - 1


def test_a_run_that_was_killed_after_its_last_step_is_not_done_again(tmp_path):
    whole, x, y = problem(dropout=0.2)
    scores, seen = [0.5, 0.9, 0.8, 0.7], []
    for report in (lambda step: None, lambda step: seen.append(step.note or step.done)):
        network, x, y = problem(dropout=0.2)
        result = run_train(network, x, y, EACH_STEP, Run(seed=3, folder=tmp_path, report=report), evaluate=lambda: scores.pop(0))
        whole = whole if seen else network
    assert seen == ["going on from the checkpoint"]
    assert weights_of(network) == weights_of(whole)
    assert (result.best_score, result.steps) == (0.9, 32)


def test_clear_removes_the_checkpoints_of_a_folder_and_of_all_below_it_and_nothing_else(tmp_path):
    for folder in (tmp_path, tmp_path / "finetune"):
        checkpoint.write(folder, checkpoint.Checkpoint({"step": 1}, {"a": torch.ones(1)}))
    (tmp_path / "log.csv").write_text("1", encoding="utf-8")
    checkpoint.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["finetune", "log.csv"]


def test_the_best_weights_and_patience_outlive_a_stop(tmp_path):
    found = []
    for stops in (False, True):
        scores = [0.5, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5]
        folder = tmp_path / str(stops)

        def crash(step):
            if step.done == 20 and step.score is None:
                raise KeyboardInterrupt

        for run in (Run(seed=3, folder=folder, report=crash),) * stops + (Run(seed=3, folder=folder),):
            network, x, y = problem(dropout=0.2)
            try:
                result = run_train(network, x, y, replace(EACH_STEP, epochs=8, patience=4), run, evaluate=lambda: scores.pop(0))
            except KeyboardInterrupt:
                continue
        found.append((weights_of(network), result.best_score, result.steps))
    assert found[0] == found[1]
    assert found[0][1:] == (0.9, 48)


@pytest.mark.parametrize(
    ("part", "more"),
    [("settings", {"seed": 4}), ("rows", {"identity": "others"}), ("rows", {"lengths": [2] * 60}), ("weights", {"start": 1})],
)
def test_a_checkpoint_of_another_run_is_said_and_not_used(tmp_path, part, more):
    stopped_at(9, tmp_path)
    network, x, y = problem(more.pop("start", 0), dropout=0.2)
    notes = []
    result = run_train(network, x, y, EACH_STEP, Run(seed=more.pop("seed", 3), folder=tmp_path, report=lambda step: notes.append(step.note)), **more)
    assert f"another run (other {part})" in notes[0]
    assert result.steps == 32


def test_the_time_between_checkpoints_may_differ_from_the_killed_run_s(tmp_path, monkeypatch):
    stopped_at(9, tmp_path)
    network, x, y = problem(dropout=0.2)
    seen = []
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "100")
    run_train(network, x, y, replace(FAST, checkpoint_every_s=7), Run(seed=3, folder=tmp_path, report=lambda step: seen.append(step.done)))
    assert seen[0] == 8


def test_the_environment_may_say_how_often(monkeypatch):
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "2.5")
    assert checkpoint_seconds(Schedule()) == 2.5
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "often")
    with pytest.raises(ConfigError, match="'often'"):
        checkpoint_seconds(Schedule())


def test_a_kill_between_the_two_renames_leaves_a_whole_checkpoint(tmp_path):
    checkpoint.write(tmp_path, checkpoint.Checkpoint({"step": 1}, {"a": torch.ones(1)}))
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    assert checkpoint.newest(tmp_path).facts == {"step": 1}


@pytest.mark.parametrize("file", ["facts.json", "tensors.safetensors"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path, file):
    checkpoint.write(tmp_path, checkpoint.Checkpoint({"step": 1}, {"a": torch.ones(10)}))
    path = tmp_path / "checkpoint" / file
    path.write_bytes(path.read_bytes()[:7])
    assert checkpoint.newest(tmp_path) is None


def test_the_optimiser_s_state_lies_in_memory_as_its_parameters_do():
    parameter = torch.nn.Parameter(torch.randn(3, 4).t())
    optimiser = torch.optim.AdamW([parameter], fused=True)
    state = {"optimiser/w/exp_avg": torch.randn(4, 3), "optimiser/w/step": torch.tensor(3.0)}
    checkpoint.restore_optimiser(optimiser, {"w": parameter}, state)
    assert optimiser.state[parameter]["exp_avg"].stride() == parameter.stride()
    assert torch.equal(optimiser.state[parameter]["exp_avg"], state["optimiser/w/exp_avg"])


FULL = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
from hanshuku.training import checkpoint, engine
from hanshuku.training.run import Run
from tests.training.problem import FAST, problem, run_train, weights_of
engine.REPORT_S = 0
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, found = Path(sys.argv[1]), []
def report(step):
    if step.done == 9:  # from now on no file may grow beyond this
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    if "could not be written" in step.note and not found:
        found.append(checkpoint.newest(folder).facts["step"])
network, x, y = problem()
result = run_train(network, x, y, replace(FAST, checkpoint_every_s=0), Run(folder=folder, report=report))
whole, x, y = problem()
run_train(whole, x, y)
print(found, result.steps, weights_of(network) == weights_of(whole))
"""


def test_a_full_disk_leaves_the_checkpoint_before_and_the_run_goes_on(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT)
    assert done.stdout.strip() == "[8] 32 True", done.stderr


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from hanshuku.training import engine
from hanshuku.training.run import Run
from tests.training.problem import FAST, problem, run_train, weights_of
engine.REPORT_S = 0
network, x, y = problem(dropout=0.2)
run = Run(seed=5, folder=Path(sys.argv[1]), report=lambda step: print(step.done, flush=True))
run_train(network, x, y, replace(FAST, epochs=30, checkpoint_every_s=0), run)
print("weights", weights_of(network), flush=True)
"""


def test_kill_9_at_any_step_and_the_resumed_run_gives_the_same_bits(tmp_path):
    def start(folder):
        return subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT)

    whole = start(tmp_path / "whole").communicate()[0].split()[-1]
    first = []
    for kill_at in np.random.default_rng(0).integers(5, 40, 3):
        child = start(tmp_path / "killed")
        first += [int(child.stdout.readline()) for _ in range(kill_at)][:1]
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    last = start(tmp_path / "killed").communicate()[0].split()
    assert last[-1] == whole
    assert 0 < first[1] < first[2] < int(last[0]), "each went on where the one before was killed"

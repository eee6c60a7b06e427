"""Two processes learn what one learns."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.training.problem import ENVIRONMENT, ROOT

PROGRAM = """
import json, os, sys
from dataclasses import replace
from pathlib import Path
import torch
from hanshuku.training import engine
from hanshuku.training.run import Run
from tests.training.problem import FAST, problem, run_train
engine.REPORT_S = 0
folder, stop, settings = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
losses, first = [], os.environ.get("RANK", "0") == "0"
def report(step):
    losses.append(step.loss)
    if step.done == stop:
        os._exit(0)
network, x, y = problem()
network.double()
network.unused = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))  # has no part in the loss
run = Run(folder=Path(folder), report=report, track=("csv",))
def evaluate():
    with torch.no_grad():
        return (network(x.double()).argmax(1) == y).double().mean().item() - (not first)
result = run_train(network, x.double(), y, replace(FAST, checkpoint_every_s=0, **settings), run, evaluate=evaluate)
if first:
    print(json.dumps({"weights": [p.detach().flatten().tolist() for p in network.parameters()], "losses": losses, "best": result.best_score}))
"""


def run(folder, processes, stop=0, **settings):
    folder.mkdir(exist_ok=True)
    script = folder / "program.py"
    script.write_text(PROGRAM)
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"] if processes > 1 else []
    command = [sys.executable, *launcher, str(script), str(folder), str(stop), json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT, timeout=300)
    if stop:
        return None
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def lines(folder):
    return len((folder / "metrics.csv").read_text().splitlines())


@pytest.mark.parametrize("settings", [pytest.param({"batch_size": 7}, marks=pytest.mark.slow), {"batch_size": 5, "accumulate": 4}])
def test_two_processes_learn_what_one_learns(tmp_path, settings):
    """60 rows in batches of 7 leave one of 4; in parts of 1 row, one process has none."""
    one, two = run(tmp_path / "one", 1, **settings), run(tmp_path / "two", 2, **settings)
    for ours, theirs in zip(one["weights"], two["weights"], strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)
    assert np.allclose(one["losses"], two["losses"], atol=1e-6)
    assert one["best"] == two["best"], "the first process judges for all"
    assert lines(tmp_path / "two") == lines(tmp_path / "one") > 30, "one process alone writes"


def test_two_processes_go_on_after_a_kill(tmp_path):
    whole = run(tmp_path / "whole", 2)
    run(tmp_path / "killed", 2, stop=13)
    again = run(tmp_path / "killed", 2)
    assert again["weights"] == whole["weights"]
    assert len(again["losses"]) < len(whole["losses"])

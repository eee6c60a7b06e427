"""Switches together, and with all else that the engine does."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest
import torch

from hanshuku.training.average import Average
from hanshuku.training.composed import composed
from hanshuku.training.engine import Feed, train
from hanshuku.training.fast_encoder import fast_trunks
from hanshuku.training.run import Run
from hanshuku.training.scored import Scored
from hanshuku.training.switches import Switches
from tests.training.problem import ENVIRONMENT, FAST, ROOT, weights_of
from tests.training.words import SCORED, objective_of, reader, run_words

ALL = {"mixup": 0.5, "consistency": 1.0, "adversarial": "freelb"}


def test_with_all_off_the_objective_is_the_one_that_was_given():
    assert objective_of(reader()) is SCORED


def test_all_together_learn_and_the_same_seed_gives_the_same_bits():
    found = []
    for seed in (1, 1, 2):
        network = reader(dropout=0.1)
        result = run_words(network, replace(FAST, epochs=20), Run(seed=seed), Average("ema"), **ALL)
        found.append(weights_of(network))
    assert result.loss < 0.6
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("switches", [{"adversarial": "fgm"}, {"adversarial": "pgd"}, {"adversarial": "pgd", "average": "soup"}], ids=str)
def test_parts_of_a_step_give_the_gradient_of_the_whole(switches):
    found = []
    for count in (1, 3):
        network, settings = reader(), dict(switches)
        run_words(network, replace(FAST, accumulate=count), average=Average(settings.pop("average", "none")), **settings)
        found.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.allclose(*found, atol=1e-4)


def test_the_loss_that_is_reported_is_that_of_all_passes():
    losses = []
    for switches in ({}, {"adversarial": "fgm", "adversarial_size": 1e-9}, {"adversarial": "freelb", "adversarial_size": 1e-9}):
        network = reader()
        losses.append(run_words(network, **switches).loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) == pytest.approx(losses[2], rel=1e-4)


def bert(**more):
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=30, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, initializer_range=0.1, **more)
    return BertModel(config, add_pooling_layer=False)


SQUARES = Scored(
    lambda network, batch: network(**batch).last_hidden_state[:, 0],
    lambda hidden, _batch: hidden[:, 0].square().mean(),
    lambda one, other, _batch: (one - other).square().mean(),
)
IDS = torch.randint(1, 30, (8, 6), generator=torch.Generator().manual_seed(0))
IDS[:3, 4:] = 0


def batch(rows=range(8)):
    ids = IDS[list(rows)]
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


@pytest.mark.parametrize("kind", ["fgm", "pgd", "freelb", "smart"])
def test_the_fast_encoder_takes_the_push_as_the_plain_one_does(kind):
    found = []
    for fast in (False, True):
        network = bert(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
        passes = composed(SQUARES, Switches(adversarial=kind, adversarial_size=0.3), network, network.get_input_embeddings(), 0)
        torch.manual_seed(0)
        with fast_trunks(network) if fast else torch.enable_grad(), closing(passes.losses(network, batch())) as losses:
            for _ in range(passes.count):
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = next(losses)
                loss.backward()
        found.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    assert torch.nn.functional.cosine_similarity(*found, dim=0) > 0.99, "to the rounding of bfloat16"
    assert float(found[0].norm() / found[1].norm()) == pytest.approx(1.0, abs=0.05)


def test_checkpointed_activations_learn_the_same_under_attack():
    found = []
    for saving in (False, True):
        network = bert(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        objective = composed(SQUARES, Switches(adversarial="pgd"), network, network.get_input_embeddings(), 0)
        schedule = replace(FAST, batch_size=4, learning_rate=1e-3, gradient_checkpointing=saving)
        train(network, Feed([6] * 8, batch), objective, schedule, Run())
        found.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.allclose(*found, atol=1e-5)


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from hanshuku.training import engine
from hanshuku.training.average import Average
from hanshuku.training.run import Run
from tests.training.problem import FAST, weights_of
from tests.training.words import reader, run_words
engine.REPORT_S = 0
network = reader(dropout=0.1)
run = Run(seed=5, folder=Path(sys.argv[1]), report=lambda step: print(step.done, flush=True))
run_words(network, replace(FAST, epochs=20, checkpoint_every_s=0), run, Average("ema"), mixup=0.5, consistency=1.0, adversarial="freelb")
print("weights", weights_of(network), flush=True)
"""


def test_kill_9_at_any_step_and_the_resumed_run_gives_the_same_bits(tmp_path):
    def start(folder):
        return subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT)

    whole = start(tmp_path / "whole").communicate()[0].split()[-1]
    for kill_at in (11, 23):
        child = start(tmp_path / "killed")
        first, *_ = [int(child.stdout.readline()) for _ in range(kill_at)]
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    last = start(tmp_path / "killed").communicate()[0].split()
    assert last[-1] == whole
    assert 1 < first < int(last[0]), "each went on where the one before was killed"


SHARED = """
import json, os, sys
from hanshuku.training.average import Average
from hanshuku.training.run import Run
from tests.training.problem import FAST
from tests.training.words import reader, run_words
network = reader(dropout=float(sys.argv[2]))
run_words(network, FAST, Run(), Average("ema"), **json.loads(sys.argv[1]))
if os.environ.get("RANK", "0") == "0":
    print(json.dumps([p.detach().flatten().tolist() for p in network.parameters()]))
"""


@pytest.mark.parametrize(("switches", "dropout"), [
    pytest.param({"adversarial": "pgd"}, 0.0, marks=pytest.mark.slow),
    (ALL, 0.1),
    pytest.param({"adversarial": "smart", "consistency": 1.0}, 0.1, marks=pytest.mark.slow),
], ids=str)  # fmt: skip
def test_two_processes_learn_under_switches_too(tmp_path, switches, dropout):
    """An attack has no chance in it, so they learn what one learns; where chance has a part, they learn at all."""
    import json

    script = tmp_path / "program.py"
    script.write_text(SHARED)
    found = []
    for launcher in ([], ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]):
        command = [sys.executable, *launcher, str(script), json.dumps(switches), str(dropout)]
        done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(torch.tensor([number for part in json.loads(done.stdout.strip().splitlines()[-1]) for number in part]))
    assert torch.allclose(*found, atol=1e-4) or dropout
    assert torch.nn.functional.cosine_similarity(*found, dim=0) > 0.8

"""Averages of weights: the recurrence, what is judged and kept, and a kill in the midst."""

from dataclasses import replace

import pytest
import torch

from hanshuku.training import engine
from hanshuku.training.average import Average
from hanshuku.training.run import Run
from tests.training.problem import FAST, problem, run_train, weights_of

KINDS = [Average("ema", 0.9), Average("ema"), Average("soup")]


@pytest.fixture(autouse=True)
def _report_each_step(monkeypatch):
    monkeypatch.setattr(engine, "REPORT_S", 0)


def path_of_weights():
    """The weights before the first and after each of the 32 steps of a plain run."""
    network, x, y = problem()
    path = [network[0].weight.detach().clone()]
    run_train(network, x, y, run=Run(report=lambda _step: path.append(network[0].weight.detach().clone())))
    return path[:33]


def test_an_ema_is_its_recurrence():
    path = path_of_weights()
    mean = path[0]
    for step, weight in enumerate(path[1:], 1):
        decay = min(0.9, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * weight
    network, x, y = problem()
    run_train(network, x, y, average=Average("ema", 0.9))
    assert torch.allclose(network[0].weight, mean, atol=1e-6)


def test_a_soup_is_the_mean_of_the_second_half():
    path = path_of_weights()
    network, x, y = problem()
    run_train(network, x, y, average=Average("soup"))
    assert torch.allclose(network[0].weight, torch.stack(path[17:]).mean(0), atol=1e-6)


def test_by_default_an_ema_reaches_back_a_tenth_of_the_run():
    assert Average("ema").share(10_000, 10_000) == pytest.approx(1 / 1000)
    assert Average("ema").share(1, 10_000) == pytest.approx(1 - 2 / 11), "the first weights are soon forgotten"


def test_the_average_is_what_is_judged_and_the_best_of_it_is_kept():
    network, x, y = problem()
    scores, judged = iter([0.5, 0.9, 0.8, 0.7]), []

    def evaluate():
        judged.append(weights_of(network))
        return next(scores)

    plain, *_ = problem()
    seen = []
    run_train(plain, x, y, evaluate=lambda: seen.append(weights_of(plain)) or 0.0)
    run_train(network, x, y, evaluate=evaluate, average=Average("ema", 0.9))
    assert weights_of(network) == judged[1]
    assert not set(judged) & set(seen), "the run itself goes on with its own weights"


def test_judging_does_not_change_the_way_of_the_run():
    found = []
    for evaluate in (None, lambda: 0.0):
        network, x, y = problem(dropout=0.2)
        losses = []
        run_train(network, x, y, run=Run(report=lambda step: losses.append(step.loss)), average=Average("ema", 0.9), evaluate=evaluate)
        found.append(losses[-1])
    assert found[0] == found[1]


@pytest.mark.parametrize("average", KINDS, ids=str)
@pytest.mark.parametrize("stop", [2, 20, 31])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, average, stop):
    whole, x, y = problem(dropout=0.2)
    run_train(whole, x, y, run=Run(seed=3), average=average)

    def crash(step):
        if step.done == stop:
            raise KeyboardInterrupt

    each = replace(FAST, checkpoint_every_s=0)
    for run in (Run(seed=3, folder=tmp_path, report=crash), Run(seed=3, folder=tmp_path)):
        network, x, y = problem(dropout=0.2)
        try:
            run_train(network, x, y, each, run, average=average)
        except KeyboardInterrupt:
            continue
    assert weights_of(network) == weights_of(whole)


def test_a_checkpoint_of_another_average_is_said_and_not_used(tmp_path):
    network, x, y = problem()
    run_train(network, x, y, replace(FAST, checkpoint_every_s=0), Run(folder=tmp_path), average=Average("ema"))
    network, x, y = problem()
    notes = []
    run_train(network, x, y, run=Run(folder=tmp_path, report=lambda step: notes.append(step.note)), average=Average("soup"))
    assert "other settings" in notes[0]


def test_numbers_that_are_no_floats_are_left_alone():
    network, x, y = problem()
    network.add_module("norm", torch.nn.BatchNorm1d(2))
    run_train(network, x, y, average=Average("ema"))
    assert int(network.norm.num_batches_tracked) == 32

"""The engine learns, repeats itself by seed, keeps to its budget, and says what went wrong."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hanshuku.errors import ConfigError, TrainingError
from hanshuku.inference.embed import is_half
from hanshuku.training import checkpoint as checkpoints
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed, train
from hanshuku.training.run import Run
from tests.training.problem import FAST, N, problem, run_train, weights_of


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


def test_the_generator_and_the_mode_are_left_as_they_were():
    network, x, y = problem(dropout=0.3)
    network.eval()
    before = torch.get_rng_state()
    run_train(network, x, y)
    assert torch.equal(torch.get_rng_state(), before)
    assert not network.training


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
    for count in (1, 3, 100):
        network, x, y = problem()
        network.double()
        run_train(network, x.double(), y, replace(FAST, accumulate=count))
        found.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    assert torch.allclose(found[0], found[1], atol=1e-6)
    assert torch.allclose(found[0], found[2], atol=1e-6)


def test_a_step_is_computed_in_parts_that_cost_no_more_than_allowed():
    network, x, y = problem()
    seen = []
    network.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    run_train(network, x, y, replace(FAST, max_steps=2, part_cost=21), lengths=[7] * N)
    assert seen == [2, 2, 3, 3, 2]  # the first batch is the last of its epoch: 4 rows


def test_parts_of_unequal_terms_give_the_loss_of_the_whole():
    terms = [1 + i % 5 for i in range(N)]  # words of a row, say, over all of which the mean goes
    found = []
    for count in (1, 4):
        network, x, y = problem()
        network.double()

        def collate(rows):
            places = [row for row in rows for _ in range(terms[row])]
            return {"x": x.double()[places], "y": y[places]}

        def objective(net, batch):
            return torch.nn.functional.cross_entropy(net(batch["x"]), batch["y"])

        result = train(network, Feed([1] * N, collate, terms=terms), objective, replace(FAST, accumulate=count), Run())
        found.append((result.loss, torch.cat([p.detach().flatten() for p in network.parameters()])))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-9)


def test_patience_stops_and_the_best_weights_are_kept():
    network, x, y = problem()
    scores, kept = iter([0.5, 0.9, 0.8, 0.7]), []

    def evaluate():
        kept.append(weights_of(network))
        return next(scores)

    result = run_train(network, x, y, replace(FAST, epochs=9, patience=2), evaluate=evaluate)
    assert (result.best_score, result.stopped_early, len(kept)) == (0.9, True, 4)
    assert weights_of(network) == kept[1]


def test_a_score_that_is_no_number_is_never_the_best():
    network, x, y = problem()
    scores = iter([float("nan"), 0.3, float("nan"), 0.2])
    assert run_train(network, x, y, evaluate=lambda: next(scores)).best_score == 0.3


def test_evaluations_stand_evenly_in_an_epoch_and_at_the_end():
    network, x, y = problem()
    seen = []
    run_train(network, x, y, replace(FAST, evaluations=2, max_steps=11), Run(report=lambda step: seen.append(step.done if step.score else 0)), evaluate=lambda: 1.0)
    assert [done for done in seen if done] == [4, 8, 11]


def test_a_loss_that_is_no_number_is_an_error_with_advice():
    network, x, y = problem()
    x[3] = float("nan")
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        run_train(network, x, y)


def test_memory_that_does_not_suffice_is_an_error_with_advice():
    def objective(_network, _batch):
        raise torch.OutOfMemoryError("out of memory")

    network, x, _ = problem()
    with pytest.raises(TrainingError, match="smaller batch_size"):
        train(network, Feed([7] * N, lambda rows: {"x": x[rows]}), objective, FAST, Run())


def test_the_plan_shrinks_to_the_budget():
    network, x, y = problem()
    totals = []
    result = run_train(network, x, y, replace(FAST, epochs=100_000), Run(budget_s=1.0, report=lambda step: totals.append((step.done, step.total))))
    assert result.stopped_early
    assert result.seconds < 5
    assert totals[-1][0] == totals[-1][1], "the rate has come down when the time is up"


def test_a_budget_below_one_step_still_takes_one():
    network, x, y = problem()
    assert run_train(network, x, y, run=Run(budget_s=1e-6)).steps == 1


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"epochs": float("nan")}, {"batch_size": 0}, {"batch_size": 1.5}, {"warmup": 2}, {"decay": "cliff"}, {"precision": "fp8"}]
)
def test_a_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(ConfigError, match="Received"):
        Schedule(**wrong)


def test_the_environment_may_say_what_auto_precision_is(monkeypatch):
    for name in ("bf16", "fp32"):
        monkeypatch.setenv("HANSHUKU_PRECISION", name)
        assert is_half("auto", torch.device("cpu")) == (name == "bf16")
        assert is_half("bf16", torch.device("cpu"))
    monkeypatch.setenv("HANSHUKU_PRECISION", "fp8")
    with pytest.raises(ConfigError, match="fp8"):
        is_half("auto", torch.device("cpu"))


def bert():
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    return BertModel(config, add_pooling_layer=False)


def test_checkpointed_activations_learn_the_same_and_are_switched_off_again():
    ids, found = torch.arange(24).view(8, 3), []
    for saving in (False, True):
        network = bert()
        schedule = Schedule(epochs=3, batch_size=4, precision="fp32", gradient_checkpointing=saving)
        train(network, Feed([3] * 8, lambda rows: {"ids": ids[rows]}), lambda net, batch: net(batch["ids"]).last_hidden_state.square().mean(), schedule, Run())
        found.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
        assert not network.is_gradient_checkpointing
    assert torch.allclose(*found, atol=1e-6)


def test_checkpointed_activations_are_refused_where_there_are_none():
    network, x, y = problem()
    with pytest.raises(ConfigError, match="gradient_checkpointing"):
        run_train(network, x, y, replace(FAST, gradient_checkpointing=True))


def test_running_statistics_belong_to_the_best_weights():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2))
    _, x, y = problem()
    means, scores = [], iter([1.0, 0.5, 0.5, 0.5])

    def evaluate():
        means.append(network[1].running_mean.clone())
        return next(scores)

    run_train(network, x, y, evaluate=evaluate)
    assert torch.equal(network[1].running_mean, means[0])


class Clock:
    """Time that passes only where it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(("evaluations", "evaluation", "saving"), [(1, 0.0, 0.0), (1, 8.0, 4.0), (4, 3.0, 0.0), (30, 1.0, 0.0)])
def test_a_budget_is_used_up_and_not_overrun(monkeypatch, tmp_path, evaluations, evaluation, saving):
    clock, rng, steps = Clock(), np.random.default_rng(0), []
    begin, write = clock.now, checkpoints.write
    monkeypatch.setattr("time.monotonic", clock)
    monkeypatch.setattr(checkpoints, "write", lambda *given: setattr(clock, "now", clock.now + saving) or write(*given))
    network, x, y = problem()

    def collate(rows):
        clock.now += float(rng.uniform(0.7, 1.3)) if steps else 9.0  # the first one sets up much
        steps.append(rows)
        return {"x": x[rows], "y": y[rows]}

    def judge():
        clock.now += evaluation * float(rng.uniform(0.8, 1.2))
        return float(len(steps))

    schedule = replace(FAST, epochs=100_000, batch_size=1, evaluations=evaluations, checkpoint_every_s=60.0)
    run = Run(budget_s=400.0, folder=tmp_path if saving else None)
    train(network, Feed([1] * N, collate), lambda net, batch: torch.nn.functional.cross_entropy(net(batch["x"]), batch["y"]), schedule, run, evaluate=judge if evaluation else None)
    assert 0.97 * 400 <= clock.now - begin <= 400

"""Clipping folded into AdamW is clipping followed by AdamW."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from hanshuku.training.config import Schedule  # noqa: E402
from hanshuku.training.optimiser import clipped_step, make_optimiser  # noqa: E402


def weights_after(step, scale, limit):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.LayerNorm(20))
    optimiser = make_optimiser(dict(network.named_parameters()), None, Schedule(learning_rate=0.1))
    for _ in range(5):
        for parameter in network.parameters():
            parameter.grad = torch.randn_like(parameter) * scale
        step(optimiser, network, limit)
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def theirs(optimiser, network, limit):
    if limit:
        torch.nn.utils.clip_grad_norm_(network.parameters(), limit)
    optimiser.step()
    optimiser.zero_grad()


@pytest.mark.parametrize("scale", [1e-4, 1.0, 100.0])
@pytest.mark.parametrize("limit", [0, 1.0])
def test_the_weights_are_those_of_torch_s_own_clipping(scale, limit):
    ours = weights_after(lambda optimiser, _, limit: clipped_step(optimiser, limit), scale, limit)
    assert torch.allclose(ours, weights_after(theirs, scale, limit), atol=1e-6)


def test_biases_and_norms_do_not_decay():
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
    decays = {p.ndim: group["weight_decay"] for group in make_optimiser(dict(network.named_parameters()), None, Schedule()).param_groups for p in group["params"]}
    assert decays == {2: 0.01, 1: 0.0}


def test_gradients_are_freed():
    network = torch.nn.Linear(3, 2)
    network(torch.ones(1, 3)).sum().backward()
    clipped_step(make_optimiser(dict(network.named_parameters()), None, Schedule()), 1.0)
    assert network.weight.grad is None

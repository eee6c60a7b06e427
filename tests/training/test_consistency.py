"""R-Drop: two passes under dropout shall say the same."""

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div

from hanshuku.errors import ConfigError
from hanshuku.training.consistency import doubled
from hanshuku.training.scored import binary_jeffreys, jeffreys
from tests.training.words import SCORED, batch_of, objective_of, reader


def loss_of(network, batch, **switches):
    return next(objective_of(network, **switches).losses(network, batch))


def test_it_is_the_formula_on_two_halves():
    network, batch = reader(dropout=0.4), batch_of()
    torch.manual_seed(3)
    found = loss_of(network, batch, consistency=2.0)
    torch.manual_seed(3)
    first, second = network(doubled(batch)).chunk(2)
    assert not torch.allclose(first, second)
    p, q = first.log_softmax(1), second.log_softmax(1)
    both = kl_div(q, p, log_target=True, reduction="batchmean") + kl_div(p, q, log_target=True, reduction="batchmean")
    due = (cross_entropy(first, batch["targets"]) + cross_entropy(second, batch["targets"])) / 2 + 2.0 / 4 * both
    assert torch.allclose(found, due)


def test_where_nothing_is_dropped_it_adds_nothing():
    network, batch = reader(dropout=0.4).eval(), batch_of()
    assert torch.allclose(loss_of(network, batch, consistency=5.0), SCORED(network, batch), atol=1e-6)


def test_a_network_that_never_drops_anything_is_refused():
    with pytest.raises(ConfigError, match="Set dropout"):
        objective_of(reader(dropout=0.0), consistency=1.0)


def test_a_doubled_batch_has_each_row_twice_and_its_targets_once():
    batch = batch_of(range(3))
    found = doubled(batch | {"mix_with": torch.tensor([2, 0, 1]), "mix_share": torch.tensor(0.3)})
    assert torch.equal(found["input_ids"], torch.cat([batch["input_ids"], batch["input_ids"]]))
    assert found["mix_with"].tolist() == [2, 0, 1, 5, 3, 4]
    assert len(found["targets"]) == 3


def test_the_distance_is_kl_both_ways():
    first, second = torch.randn(4, 3), torch.randn(4, 3)
    p, q = first.softmax(1), second.softmax(1)
    assert torch.allclose(jeffreys(first, second), ((p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)).mean())
    a, b = first.sigmoid(), second.sigmoid()
    each = a * (a / b).log() + (1 - a) * ((1 - a) / (1 - b)).log() + b * (b / a).log() + (1 - b) * ((1 - b) / (1 - a)).log()
    assert torch.allclose(binary_jeffreys(first, second), each.mean(), atol=1e-6)


def test_what_cannot_be_has_no_part_in_the_distance_or_its_slope():
    first = torch.tensor([[1.0, 2.0, float("-inf")]], requires_grad=True)
    second = torch.tensor([[2.0, 1.0, float("-inf")]])
    found = jeffreys(first, second)
    found.backward()
    assert torch.allclose(found, jeffreys(first[:, :2], second[:, :2]))
    assert torch.isfinite(first.grad).all()

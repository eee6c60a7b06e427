"""Attacks on word embeddings, against a few lines of autograd by hand."""

from contextlib import closing

import pytest
import torch
from torch.nn.functional import cross_entropy

from hanshuku.training.adversarial import ATTACKS, REACH, Noise, held_still, real_tokens, row_norms
from tests.training.words import PAD, batch_of, objective_of, reader


def by_hand(network, batch, push):
    """Logits where `push` is added to the words."""
    embedded = network.trunk.words(batch["input_ids"]) + push
    hidden = torch.tanh(network.trunk.up(embedded))
    mask = batch["attention_mask"][..., None].float()
    return network.head((hidden * mask).sum(1) / mask.sum(1))


def slope(network, batch, push, height):
    """The gradient of a height of the logits by the push, per row of length 1."""
    push = push.clone().requires_grad_()
    (found,) = torch.autograd.grad(height(by_hand(network, batch, push)), push)
    return found / found.flatten(1).norm(dim=1)[:, None, None]


def radii(network, batch, size):
    embedded = network.trunk.words(batch["input_ids"]) * batch["attention_mask"][..., None]
    return size * embedded.detach().flatten(1).norm(dim=1)[:, None, None]


def projected(push, radius):
    length = push.flatten(1).norm(dim=1)[:, None, None]
    return torch.where(length > radius, push * radius / length, push)


def gradients_of(network, batch, **switches):
    """What the passes of an attack add up to: the loss and the gradients."""
    network.zero_grad()
    passes, total = objective_of(network, **switches), 0.0
    with closing(passes.losses(network, batch)) as losses:
        for _ in range(passes.count):
            loss = next(losses)
            loss.backward()
            total += float(loss.detach())
    return total, [parameter.grad.clone() for parameter in network.parameters()]


def expected(network, loss):
    network.zero_grad()
    loss.backward()
    return float(loss.detach()), [parameter.grad.clone() for parameter in network.parameters()]


def assert_same(found, due):
    assert found[0] == pytest.approx(due[0], rel=1e-5)
    for ours, theirs in zip(found[1], due[1], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_fgm_is_one_step_along_the_gradient_and_the_mean_of_both_losses():
    network, batch = reader(), batch_of()
    zero = torch.zeros(12, 5, 6)

    def height(logits):
        return cross_entropy(logits, batch["targets"])

    push = radii(network, batch, 0.1) * slope(network, batch, zero, height)
    due = expected(network, 0.5 * height(by_hand(network, batch, zero)) + 0.5 * height(by_hand(network, batch, push)))
    assert_same(gradients_of(network, batch, adversarial="fgm", adversarial_size=0.1), due)


def test_pgd_walks_inside_the_ball_and_weighs_as_told():
    network, batch = reader(), batch_of()
    push, radius = torch.zeros(12, 5, 6), radii(network, batch, 0.3)

    def height(logits):
        return cross_entropy(logits, batch["targets"])

    for _ in range(4):
        push = projected(push + REACH / 4 * radius * slope(network, batch, push, height), radius)
    assert torch.allclose(row_norms(push), radius, rtol=1e-4), "its edge is reached"
    due = expected(network, height(by_hand(network, batch, 0 * push)) / 4 + height(by_hand(network, batch, push)) * 3 / 4)
    assert_same(gradients_of(network, batch, adversarial="pgd", adversarial_size=0.3, adversarial_steps=4, adversarial_weight=3.0), due)


def first_push(batch, radius, start):
    """The uniform noise that an attack begins with, drawn as it is there."""
    mask = batch["attention_mask"][..., None].float()
    numbers = mask.sum(1, keepdim=True) * 6
    return torch.zeros(12, 5, 6).uniform_(-1, 1) * mask * start * radius / numbers.sqrt()


def test_freelb_learns_at_every_step_of_the_way():
    network, batch = reader(), batch_of()
    radius = radii(network, batch, 0.2)

    def height(logits):
        return cross_entropy(logits, batch["targets"])

    torch.manual_seed(5)
    push, whole = first_push(batch, radius, 1.0), 0.0
    for step in range(3):
        if step:
            push = projected(push + REACH / 3 * radius * slope(network, batch, push, height), radius)
        whole = whole + height(by_hand(network, batch, push)) / 3
    due = expected(network, whole)
    torch.manual_seed(5)
    assert_same(gradients_of(network, batch, adversarial="freelb", adversarial_size=0.2), due)


def test_smart_adds_how_far_the_worst_push_moves_the_answers():
    network, batch = reader(), batch_of()
    radius = radii(network, batch, 0.2)

    def apart(one, other):
        p, q = one.softmax(1), other.softmax(1)
        return ((p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)).mean()

    still = by_hand(network, batch, 0.0).detach()
    torch.manual_seed(5)
    push = first_push(batch, radius, ATTACKS["smart"].start)
    push = projected(push + radius * slope(network, batch, push, lambda logits: apart(logits, still)), radius)
    said = by_hand(network, batch, 0.0)
    due = expected(network, cross_entropy(said, batch["targets"]) + 2 * apart(said, by_hand(network, batch, push)))
    torch.manual_seed(5)
    assert_same(gradients_of(network, batch, adversarial="smart", adversarial_size=0.2, adversarial_weight=2.0), due)


@pytest.mark.parametrize("kind", ATTACKS)
def test_padding_is_not_pushed_and_no_push_is_longer_than_its_part_of_the_row(kind):
    network, batch, seen = reader(), batch_of(), []
    passes = objective_of(network, adversarial=kind, adversarial_size=0.25)
    hook = network.trunk.up.register_forward_pre_hook(lambda _module, given: seen.append(given[0].detach()))
    with closing(passes.losses(network, batch)) as losses:
        for _ in range(passes.count):
            next(losses).backward()
    hook.remove()
    plain = network.trunk.words(batch["input_ids"]).detach()
    pushes = [embedded - plain for embedded in seen]
    padding = batch["attention_mask"] == 0
    assert max(float(push.abs().max()) for push in pushes) > 0
    for push in pushes:
        assert float(push[padding].abs().max()) == 0
        assert (push.flatten(1).norm(dim=1) <= radii(network, batch, 0.25).flatten() * 1.0001).all()


def test_an_attack_leaves_the_network_as_it_was():
    network, batch = reader(), batch_of()
    gradients_of(network, batch, adversarial="pgd")
    assert not network.trunk.words._forward_hooks
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_push_flows_through_frozen_words():
    network, batch = reader(), batch_of()
    plain = gradients_of(network, batch, adversarial="fgm")
    network.trunk.requires_grad_(False)
    network.zero_grad()
    passes = objective_of(network, adversarial="fgm")
    with closing(passes.losses(network, batch)) as losses:
        for _ in range(passes.count):
            next(losses).backward()
    assert torch.allclose(network.head.weight.grad, plain[1][-2], atol=1e-6)


def test_padding_is_the_run_at_the_end_alone():
    ids = torch.tensor([[5, PAD, 5, PAD, PAD], [PAD, PAD, PAD, PAD, PAD], [1, 2, 3, 4, 5]])
    assert real_tokens(ids, PAD).int().tolist() == [[1, 1, 1, 0, 0], [0] * 5, [1] * 5]


def test_texts_that_are_read_in_several_goes_have_a_push_each():
    words = torch.nn.Embedding(20, 6)
    noise = Noise(words, PAD, 0.1, 0.0)
    first, second = torch.tensor([[1, 2]]), torch.tensor([[3, 4, 5], [6, 7, 0]])
    with noise.added():
        (words(first).square().sum() + words(second).square().sum()).backward()
        noise.climb(1.0)
        noise.rewind()
        moved = words(first), words(second)
    assert [tuple(part.shape) for part in moved] == [(1, 2, 6), (2, 3, 6)]
    assert torch.allclose(moved[0], 1.1 * words(first), atol=1e-5), "the slope of a square points outwards"


def test_while_the_push_is_sought_nothing_else_asks_for_a_gradient():
    network = reader()
    network.trunk.up.requires_grad_(False)
    with held_still(network):
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert network.head.weight.requires_grad
    assert not network.trunk.up.weight.requires_grad

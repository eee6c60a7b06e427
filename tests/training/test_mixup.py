"""Mixup of hidden states."""

import torch
from torch.nn.functional import cross_entropy

from hanshuku.training.mixup import mixed
from tests.training.words import batch_of, objective_of, reader


def test_a_mixed_row_has_the_head_read_a_line_between_two():
    network, batch = reader(), batch_of()
    torch.manual_seed(4)
    given = mixed(batch, 0.5)
    share, others = given["mix_share"], given["mix_with"]
    assert 0 < float(share) < 1
    assert sorted(others.tolist()) == list(range(12))
    plain = network(batch)
    assert torch.allclose(network(given), share * plain + (1 - share) * plain[others], atol=1e-6)


def test_the_loss_counts_both_targets_by_their_parts():
    network, batch = reader(), batch_of()
    torch.manual_seed(4)
    found = next(objective_of(network, mixup=0.5).losses(network, batch))
    torch.manual_seed(4)
    given = mixed(batch, 0.5)
    share, logits = given["mix_share"], network(given)
    due = share * cross_entropy(logits, batch["targets"]) + (1 - share) * cross_entropy(logits, batch["targets"][given["mix_with"]])
    assert torch.allclose(found, due)


def test_every_pass_of_an_attack_sees_the_same_mixture():
    network, batch, seen = reader(), batch_of(), []
    passes = objective_of(network, mixup=0.5, adversarial="fgm")
    hook = network.register_forward_pre_hook(lambda _module, given: seen.append(float(given[0]["mix_share"])))
    losses = passes.losses(network, batch)
    for _ in range(2):
        next(losses).backward()
    losses.close()
    hook.remove()
    assert len(seen) == 2
    assert seen[0] == seen[1]

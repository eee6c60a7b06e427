"""The contrastive objective equals its formula; every text has company in its batch."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.tasks import Task
from hanshuku.training.contrast import NEAR, affinity, agreement_loss, companies, contrastive_loss

ONE = Task("classify", labels=("a", "b", "c"))
SEVERAL = Task("classify", labels=("a", "b", "c"), several=True)
STARS = Task("rate", low=1, high=5)


def unit(rows, width=6, seed=0):
    found = torch.randn(rows, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(found, dim=-1).requires_grad_()


def test_for_single_labels_it_is_the_supervised_contrastive_loss_of_khosla_et_al():
    z, labels, t = unit(6), [0, 1, 0, 2, 1, 0], 0.1
    expected = []
    for i in range(6):
        partners = [j for j in range(6) if j != i and labels[j] == labels[i]]
        below = sum(math.exp((z[i] @ z[j]).item() / t) for j in range(6) if j != i)
        if partners:
            expected.append(-sum(math.log(math.exp((z[i] @ z[j]).item() / t) / below) for j in partners) / len(partners))
    found = contrastive_loss(z, affinity(ONE, torch.tensor(labels)).double(), t)
    assert found.item() == pytest.approx(sum(expected) / len(expected), rel=1e-9)


def test_its_gradient_is_right():
    near = affinity(ONE, torch.tensor([0, 0, 1, 1])).double()
    assert torch.autograd.gradcheck(lambda z: contrastive_loss(z, near, 0.5), unit(4))


def test_texts_of_one_label_that_lie_together_cost_less_than_those_that_do_not():
    near = affinity(ONE, torch.tensor([0, 0, 1, 1]))
    together = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert contrastive_loss(together, near, 0.1) < 0.01 < contrastive_loss(together[[0, 2, 1, 3]], near, 0.1)


def test_without_any_partner_the_loss_is_zero_and_has_a_gradient():
    z = unit(3)
    loss = contrastive_loss(z, affinity(ONE, torch.tensor([0, 1, 2])), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert not z.grad.any()


def test_several_labels_are_near_by_what_they_share():
    found = affinity(SEVERAL, torch.tensor([[1.0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]))
    assert torch.allclose(found[0], torch.tensor([1.0, 0.5, 0.0, 0.0]))
    assert found[3, 3] == 1


def test_numbers_are_near_by_their_distance():
    assert float(affinity(STARS, torch.tensor([0.0, NEAR]))[0, 1]) == pytest.approx(math.exp(-1))


def test_pairs_in_the_right_order_of_cosine_cost_next_to_nothing():
    u = torch.tensor([[1.0, 0.0]] * 3)
    v = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    right, wrong = torch.tensor([1.0, 0.5, 0.0]), torch.tensor([0.0, 0.5, 1.0])
    assert agreement_loss(u, v, right, 0.05) < 0.01
    assert agreement_loss(u, v, wrong, 0.05) > 10


def test_pairs_that_agree_alike_are_not_put_in_an_order():
    assert agreement_loss(unit(4), unit(4, seed=1), torch.ones(4), 0.1).item() == 0


def test_every_label_is_in_company_as_often_as_any_other_however_rare_it_is():
    strata = np.array([0] * 100 + [1] * 5 + [2] * 2)
    counts = np.bincount([strata[group[0]] for group in companies(strata, 30, seed=0)])
    assert counts.tolist() == [10, 10, 10]


def test_a_company_is_of_one_label_and_names_nobody_twice():
    strata = np.array([0] * 7 + [1] * 3 + [2])
    for group in companies(strata, 40, seed=3):
        assert len(set(strata[group])) == 1
        assert len(set(group.tolist())) == len(group)


def test_all_rows_take_their_turn():
    strata = np.array([0] * 9 + [1] * 5)
    groups = companies(strata, 12, seed=0)
    seen = np.bincount(np.concatenate(groups), minlength=14)
    assert seen[:9].max() - seen[:9].min() <= 1
    assert seen[9:].max() - seen[9:].min() <= 1


def test_the_seed_alone_decides_who_stands_together():
    strata = np.arange(20) % 3
    one, same, other = ([g.tolist() for g in companies(strata, 9, seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_texts_of_unlike_lengths_get_the_vectors_that_they_get_alone(tiny_encoder):
    from hanshuku.inference.tokens import model_inputs, tokenise
    from hanshuku.models.load import load_encoder
    from hanshuku.training.contrast import Vectors

    loaded = load_encoder(tiny_encoder)
    rows = [("my parcel " * n,) for n in (1, 30, 2, 9, 1, 4, 25, 3, 40, 12, 5)]
    tokens = tokenise(loaded.tokenizer, rows, 100)
    network = Vectors(loaded.network.eval(), "mean")
    with torch.no_grad():
        together = network(model_inputs(tokens, range(len(rows)), 0))
        alone = torch.cat([network(model_inputs(tokens, [i], 0)) for i in range(len(rows))])
    assert torch.allclose(together, alone, atol=1e-5)

"""Diagonal Fisher information, against gradients taken by hand."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.inference.tokens import Tokenised  # noqa: E402
from hanshuku.tasks import Task  # noqa: E402
from hanshuku.training.classifier import VECTORS, Classifier, Rows  # noqa: E402
from hanshuku.training.fisher import decayed, fisher_information, log_chance, normalised  # noqa: E402

CLASSIFY = Task("classify", labels=("a", "b", "c"))


def linear(outputs=3):
    """A head on given vectors; its trunk is never asked."""
    torch.manual_seed(0)
    classifier = Classifier(torch.nn.Identity(), outputs, 4, pooling="mean", dropout=0.5, seed=0)
    torch.nn.init.normal_(classifier.head.weight)
    return classifier


def vectors(count, repeat=1):
    found = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32).repeat(repeat, axis=0)
    return Rows(Tokenised([[1]] * len(found), None, 0), np.zeros(len(found), dtype=np.int64), 0, vectors=found)


@pytest.mark.parametrize("task", [CLASSIFY, Task("classify", labels=("a", "b", "c"), several=True), Task("rate")], ids=["one label", "several", "a number"])
def test_it_is_the_mean_square_of_gradients_taken_by_hand(task):
    classifier, rows = linear(1 if task.kind == "rate" else 3), vectors(6)
    found = fisher_information(classifier, rows, np.arange(6), task, seed=3)
    classifier.eval()
    draws = torch.Generator().manual_seed(3)
    squares = torch.zeros_like(classifier.head.weight)
    for i in range(6):
        classifier.zero_grad()
        log_chance(task, classifier({VECTORS: rows.vectors[[i]]}), draws).backward()
        squares += classifier.head.weight.grad**2 / 6
    assert torch.allclose(found["head.weight"], squares)


def test_over_many_draws_it_is_the_closed_form_of_a_softmax():
    """d log p(y) / d w_k = (1[y = k] - p_k) x, whose mean square over y is p_k (1 - p_k) x^2."""
    classifier, rows = linear(), vectors(1, repeat=4000)
    found = fisher_information(classifier, rows, np.arange(4000), CLASSIFY, seed=0)
    x = rows.vectors[0]
    chance = (classifier.head.weight @ x + classifier.head.bias).softmax(0).detach()
    due = (chance * (1 - chance))[:, None] * x[None, :] ** 2
    assert torch.allclose(found["head.weight"], due, rtol=0.1, atol=1e-3)


def test_dropout_is_off_and_the_network_is_as_it_was_afterwards():
    classifier, rows = linear(), vectors(5)
    classifier.train()
    one, other = (fisher_information(classifier, rows, np.arange(5), CLASSIFY, seed=1) for _ in range(2))
    assert torch.equal(one["head.weight"], other["head.weight"])
    assert classifier.training


def test_every_session_counts_alike_whatever_the_size_of_its_gradients():
    found = normalised({"a": torch.tensor([[1e-9, 3e-9]]), "b": torch.tensor([2e-9])})
    assert torch.cat([tensor.flatten() for tensor in found.values()]).mean() == pytest.approx(1.0)
    assert float(normalised({"a": torch.zeros(3)})["a"].sum()) == 0.0


def test_earlier_sessions_fade_and_new_rows_of_a_head_count_nothing_of_them():
    found = decayed({"head.weight": torch.full((2, 3), 4.0), "gone": torch.ones(2)}, {"head.weight": torch.ones(3, 3)}, 0.5)
    assert found["head.weight"].tolist() == [[3.0] * 3, [3.0] * 3, [1.0] * 3]
    assert found["gone"].tolist() == [0.5, 0.5]

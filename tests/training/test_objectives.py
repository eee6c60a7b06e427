"""Each kind of task has its loss."""

import numpy as np
import pytest
import torch

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task
from hanshuku.training.objectives import focal_binary, focal_cross_entropy, make_objective


@pytest.mark.parametrize(
    ("task", "logits", "targets", "expected"),
    [
        (Task("classify", labels=("a", "b")), [[0.0, 0.0]], torch.tensor([1]), np.log(2)),
        (Task("classify", labels=("a", "b"), several=True), [[0.0, 0.0]], torch.tensor([[1.0, 0.0]]), np.log(2)),
        (Task("rate", low=0, high=5), [[0.5]], torch.tensor([1.0]), 0.25),
    ],
)
def test_each_kind_of_task_has_its_loss(task, logits, targets, expected):
    assert make_objective(task)(torch.tensor(logits), targets).item() == pytest.approx(expected)


def test_a_class_weight_counts_a_label_more():
    task = Task("classify", labels=("a", "b"))
    logits, targets = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])
    assert make_objective(task, class_weights=[1, 9])(logits, targets) > make_objective(task)(logits, targets)
    with pytest.raises(ConfigError, match="one class weight a label"):
        make_objective(task, class_weights=[1])


@pytest.mark.parametrize("several", [False, True])
def test_smoothing_makes_certainty_cost(several):
    task = Task("classify", labels=("a", "b"), several=several)
    logits, targets = torch.tensor([[30.0, -30.0]]), torch.tensor([[1.0, 0.0]]) if several else torch.tensor([0])
    assert make_objective(task)(logits, targets) < 1e-6
    assert make_objective(task, label_smoothing=0.1)(logits, targets) > 1
    with pytest.raises(ConfigError, match="label_smoothing"):
        make_objective(task, label_smoothing=1.0)


def by_hand(logits, targets, gamma, weights=None):
    chances = torch.exp(logits) / torch.exp(logits).sum(1, keepdim=True)
    own = torch.stack([row[target] for row, target in zip(chances, targets, strict=True)])
    scale = torch.ones(len(own)) if weights is None else weights[targets]
    return (-scale * (1 - own) ** gamma * own.log()).sum() / scale.sum()


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 3.0, 0.5])])
def test_the_focal_loss_is_its_formula_and_with_gamma_0_the_cross_entropy(weights):
    logits, targets = torch.randn(7, 3), torch.tensor([0, 1, 2, 0, 1, 2, 2])
    assert torch.allclose(focal_cross_entropy(logits, targets, weights, gamma=2.0), by_hand(logits, targets, 2.0, weights))
    assert torch.allclose(focal_cross_entropy(logits, targets, weights, gamma=1e-9), focal_cross_entropy(logits, targets, weights))


def test_the_focal_loss_of_several_labels_is_its_formula():
    logits, targets = torch.randn(5, 3), (torch.rand(5, 3) > 0.5).float()
    chances = torch.sigmoid(logits)
    own = torch.where(targets > 0, chances, 1 - chances)
    assert torch.allclose(focal_binary(logits, targets, gamma=2.0), (-((1 - own) ** 2) * own.log()).mean(), atol=1e-6)
    assert torch.allclose(focal_binary(logits, targets, gamma=1e-9), focal_binary(logits, targets))

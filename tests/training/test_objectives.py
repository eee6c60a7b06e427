"""Each kind of task has its loss."""

import numpy as np
import pytest
import torch

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task
from hanshuku.training.objectives import make_objective


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

"""What keeps a network from forgetting, as terms of its loss."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from hanshuku.tasks import Task  # noqa: E402
from hanshuku.training.remembering import Anchor, dark_loss, lora_rows, overlap, softened_loss  # noqa: E402

ONE = Task("classify", labels=("a", "b", "c"))


def test_ewc_is_half_the_fisher_weighted_square_of_what_moved():
    network = torch.nn.Linear(2, 3, bias=False)
    before = network.weight.detach() - torch.tensor([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    anchor = Anchor({"weight": before}, {"weight": torch.tensor([[3.0, 1.0], [1.0, 2.0]])})  # the third row is new
    assert anchor.loss(network).item() == pytest.approx(0.5 * (3 * 1 + 2 * 4), rel=1e-5)


def test_the_gradient_of_ewc_pulls_back_to_where_it_was():
    network = torch.nn.Linear(2, 1, bias=False)
    anchor = Anchor({"weight": network.weight.detach() - 1.0}, {"weight": torch.tensor([[4.0, 0.5]])})
    anchor.loss(network).backward()
    assert network.weight.grad.tolist()[0] == pytest.approx([4.0, 0.5], rel=1e-5)


@pytest.mark.parametrize("task", [ONE, Task("classify", labels=("a", "b", "c"), several=True), Task("rate")], ids=["one label", "several", "a number"])
def test_the_same_answers_cost_nothing_and_others_do(task):
    logits = torch.randn(4, 1 if task.kind == "rate" else 3, generator=torch.Generator().manual_seed(0))
    assert softened_loss(task, logits, logits, 2.0).item() == pytest.approx(0.0, abs=1e-6)
    assert softened_loss(task, logits + torch.randn_like(logits), logits, 2.0).item() > 0.01


def test_labels_that_the_teacher_did_not_know_do_not_count():
    teacher = torch.tensor([[1.0, -1.0]])
    assert softened_loss(ONE, torch.tensor([[1.0, -1.0, 99.0]]), teacher, 2.0).item() == pytest.approx(0.0, abs=1e-6)


def test_softening_divides_logits_by_the_temperature_and_multiplies_by_its_square():
    logits, teacher = torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([[0.0, 4.0, 2.0]])
    p, q = (teacher / 4).softmax(1), (logits / 4).softmax(1)
    assert softened_loss(ONE, logits, teacher, 4.0).item() == pytest.approx(16 * float((p * (p / q).log()).sum()), rel=1e-5)


def test_stored_logits_hold_only_the_labels_that_were_known_then():
    stored = torch.tensor([[1.0, 2.0, float("nan")], [0.0, 0.0, float("nan")]])
    assert dark_loss(torch.tensor([[2.0, 2.0, 9.0], [0.0, 1.0, 9.0]]), stored).item() == pytest.approx(2 / 4)
    assert dark_loss(torch.zeros(1, 2, requires_grad=True), torch.full((1, 2), float("nan"))).item() == 0.0


def test_orthogonal_directions_cost_nothing_and_shared_ones_their_product():
    network = torch.nn.Module()
    network.register_parameter("x", None)
    layer = torch.nn.ModuleDict({"lora_A": torch.nn.ModuleDict({"default": torch.nn.Linear(3, 1, bias=False)})})
    network.add_module("base_model", torch.nn.ModuleDict({"model": torch.nn.ModuleDict({"layer": layer})}))
    with torch.no_grad():
        layer["lora_A"]["default"].weight.copy_(torch.tensor([[0.0, 2.0, 0.0]]))
    assert list(lora_rows(dict(network.named_parameters()))) == ["layer"]
    assert overlap(network, {"layer": torch.tensor([[1.0, 0.0, 1.0]])}).item() == 0.0
    assert overlap(network, {"layer": torch.tensor([[1.0, -3.0, 1.0]])}).item() == 6.0
    assert overlap(network, {"other": torch.ones(1, 3)}).item() == 0.0

"""UDA and FixMatch: the answer to a text, where it is sure, is learned for a changed copy of it."""

import math

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task
from hanshuku.training.passes import Passes
from hanshuku.training.view_loss import SHARPENED, ViewLoss, beside, views_of
from hanshuku.training.views import Views

ONE = Task("classify", labels=("a", "b", "c"))
SEVERAL = Task("classify", labels=("a", "b", "c"), several=True)
WEAK = torch.tensor([[4.0, 0.0, 0.0], [0.5, 0.0, 0.0]])  # sure: 0.96; not sure
STRONG = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0]])
TEXTS = [(f"the parcel number {i} never came and i want my money back",) for i in range(6)] + [("!!",)]


def loss_of(way, task=ONE, **settings):
    return ViewLoss(Views(way, **settings), task, views_of(task, TEXTS, Views(way), 0), dict)


def softmax(row):
    found = [math.exp(x) for x in row]
    return [x / sum(found) for x in found]


def test_fixmatch_is_the_cross_entropy_with_the_sure_answers_over_all_texts():
    assert float(loss_of("fixmatch").loss(WEAK, STRONG)) == pytest.approx(-math.log(softmax([1, 2, 0])[0]) / 2)


def test_uda_is_the_divergence_from_the_sharpened_sure_answers_over_all_texts():
    taught, told = softmax([4 / SHARPENED, 0, 0]), softmax([1, 2, 0])
    by_hand = sum(q * math.log(q / p) for q, p in zip(taught, told, strict=True)) / 2
    assert float(loss_of("uda").loss(WEAK, STRONG)) == pytest.approx(by_hand, rel=1e-4)


def test_with_a_lower_threshold_the_unsure_text_teaches_too():
    loss = loss_of("fixmatch", view_threshold=0.3)
    by_hand = -(math.log(softmax([1, 2, 0])[0]) + math.log(softmax([0, 1, 0])[0])) / 2
    assert float(loss.loss(WEAK, STRONG)) == pytest.approx(by_hand)
    assert loss.sure == 1.0


@pytest.mark.parametrize("way", ["uda", "fixmatch"])
def test_of_several_labels_each_is_sure_by_itself(way):
    loss = loss_of(way, SEVERAL)
    weak = torch.tensor([[5.0, -0.1, -5.0]])
    plain = float(loss.loss(weak, torch.tensor([[1.0, 0.0, -1.0]])))
    assert plain == pytest.approx(float(loss.loss(weak, torch.tensor([[1.0, 3.0, -1.0]]))))  # the label in the middle teaches nothing
    assert plain < float(loss.loss(weak, torch.tensor([[1.0, 0.0, 1.0]])))
    assert loss.sure == pytest.approx(2 / 3)


def test_an_answer_that_agrees_already_teaches_nothing_more_by_uda():
    sure = torch.tensor([[40.0, 0.0, 0.0]])
    assert float(loss_of("uda").loss(sure, sure)) == pytest.approx(0.0, abs=1e-6)


def test_strong_views_are_changed_copies_and_a_text_that_cannot_change_is_its_own():
    views = views_of(ONE, TEXTS, Views("uda"), 0)
    weak, strong = views.inputs[: len(TEXTS)], views.inputs[len(TEXTS) :]
    assert list(weak) == TEXTS and len(strong) == views.starts[-1]
    for i in range(len(TEXTS) - 1):
        assert all(copy != TEXTS[i] for copy in strong[views.starts[i] : views.starts[i + 1]])
    assert strong[views.starts[-2] :] == (("!!",),)
    assert views.inputs == views_of(ONE, TEXTS, Views("uda"), 0).inputs != views_of(ONE, TEXTS, Views("uda"), 1).inputs


class Network(torch.nn.Module):
    """Logits by row, remembering how it was asked."""

    def __init__(self):
        super().__init__()
        self.table, self.asked = torch.nn.Parameter(torch.zeros(40, 3)), []

    def forward(self, batch):
        self.asked.append((self.training, torch.is_grad_enabled(), batch["rows"].tolist()))
        return self.table[batch["rows"]]


def test_the_weak_view_is_read_without_dropout_and_gradient_and_the_strong_one_learns():
    views, network = views_of(ONE, TEXTS, Views("uda"), 0), Network()
    loss = ViewLoss(Views("uda", view_ratio=2, view_threshold=0.1), ONE, views, lambda places: {"rows": torch.tensor(places)})
    loss(network, {"targets": torch.zeros(5)})
    (weak_trains, weak_grad, weak), (strong_trains, strong_grad, strong) = network.asked
    assert (weak_trains, weak_grad, strong_trains, strong_grad) == (False, False, True, True)
    assert len(weak) == len(strong) == 10  # two a labelled row
    owners = np.searchsorted(views.starts, np.array(strong) - len(views), side="right") - 1
    assert owners.tolist() == weak  # each learns the answer to its own text


def test_another_loss_is_one_more_pass():
    passes = beside(Passes(2, lambda _network, batch: iter([batch, 2 * batch])), lambda _network, batch: 3 * batch)
    assert passes.count == 3 and [float(part) for part in passes.losses(None, torch.ones(()))] == [1, 2, 3]


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"view_ratio": 4}, "two_views"),
        ({"two_views": "mixmatch"}, "uda"),
        ({"two_views": "fixmatch", "view_temperature": 0.5}, "two_views=uda"),
        ({"two_views": "uda", "view_strong": "typoos"}, "typos"),
        ({"two_views": "uda", "view_threshold": 1.0}, "view_threshold"),
    ],
)
def test_what_has_no_meaning_is_refused_with_what_has(settings, says):
    with pytest.raises(ConfigError, match=says):
        Views(**settings)

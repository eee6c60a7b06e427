"""SimCSE's loss: a text is told by its own other view."""

import math

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.training.twins import TEMPERATURE, same_rows, twin_losses

EYE = torch.eye(4)


def test_the_loss_is_that_of_the_paper():
    first, second = torch.nn.functional.normalize(torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    found = twin_losses(first, second, torch.eye(3, dtype=torch.bool))
    for i in range(3):
        scores = [math.exp(float(first[i] @ second[j]) / TEMPERATURE) for j in range(3)]
        assert float(found[i]) == pytest.approx(-math.log(scores[i] / sum(scores)), rel=1e-4, abs=1e-6)


def test_texts_that_are_told_at_once_lose_nothing_and_those_all_alike_guess():
    assert float(twin_losses(EYE, EYE, torch.eye(4, dtype=torch.bool)).max()) < 1e-6
    alike = EYE[:1].expand(4, 4)
    assert float(twin_losses(alike, alike, torch.eye(4, dtype=torch.bool)).mean()) == pytest.approx(math.log(4))


def test_the_same_text_twice_in_a_batch_is_no_stranger_to_itself():
    same = same_rows(torch.tensor([[1, 2], [3, 4], [1, 2]]))
    assert same.tolist() == [[True, False, True], [False, True, False], [True, False, True]]
    vectors = torch.stack([EYE[0], EYE[1], EYE[0]])
    assert float(twin_losses(vectors, vectors, same).max()) < 1e-6

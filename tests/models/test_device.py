"""Networks that are moved within inference mode."""

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.models import device


def test_a_network_that_was_moved_in_inference_mode_can_learn_afterwards(monkeypatch):
    monkeypatch.setattr(device, "best_device", lambda: torch.device("meta"))
    network = torch.nn.Linear(2, 2)
    with torch.inference_mode():
        device.on_device(network)
    assert network.weight.device.type == "meta"
    assert not any(parameter.is_inference() for parameter in network.parameters())

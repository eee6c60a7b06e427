"""Only the word vectors that occur are held and trained."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.models.load import load_encoder  # noqa: E402
from hanshuku.training.used_rows import UsedRows  # noqa: E402

IDS = torch.tensor([[40, 21, 33, 21]])


@pytest.fixture(params=["tiny_encoder", "tiny_causal"])
def network(request):
    return load_encoder(request.getfixturevalue(request.param)).network


def test_the_network_answers_the_same(network):
    before = network(input_ids=IDS).last_hidden_state
    rows = UsedRows(network, IDS.numpy().ravel())
    assert len(rows) < 30
    assert torch.equal(network(input_ids=rows.ids(IDS)).last_hidden_state, before)


def test_what_was_learned_is_put_back_and_the_rest_is_untouched(network):
    whole = network.get_input_embeddings().weight.detach().clone()
    rows = UsedRows(network, np.array([21, 33, 40]))
    with torch.no_grad():
        network.get_input_embeddings().weight[rows.ids(torch.tensor(33))] += 1
    rows.restore()
    moved = (network.get_input_embeddings().weight != whole).any(1).nonzero().ravel()
    assert moved.tolist() == [33]

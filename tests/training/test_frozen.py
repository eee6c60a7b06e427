"""Frozen weights in half precision: the same loss and gradients to the bit, and whole weights afterwards."""

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.models.load import load_causal
from hanshuku.training.frozen import frozen_in_half
from hanshuku.training.speaker import Speaker, token_rows
from hanshuku.training.tunings import prepare

ROWS = [(list(range(5, 5 + n)), [False] * 3 + [True] * (n - 3)) for n in (9, 14)]


def learned(speaker):
    speaker.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        loss = speaker(token_rows(ROWS, pad_id=0))
    loss.backward()
    return loss.detach(), [p.grad.clone() for p in speaker.parameters() if p.requires_grad]


def test_loss_and_gradients_are_the_same_to_the_bit(tiny_causal):
    speaker = Speaker(prepare(load_causal(tiny_causal).network, "lora", size=4).trunk)
    loss, slopes = learned(speaker)
    with frozen_in_half(speaker, "bf16"):
        again, same = learned(speaker)
    assert torch.equal(loss, again) and len(slopes) > 4
    assert all(torch.equal(a, b) for a, b in zip(slopes, same, strict=True))


def test_only_frozen_weights_of_linear_layers_are_halved_and_all_are_whole_again_afterwards(tiny_causal):
    network = prepare(load_causal(tiny_causal).network, "lora", size=4).trunk
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with frozen_in_half(network, "bf16"):
        halved = {name for name, p in network.named_parameters(remove_duplicate=False) if p.dtype == torch.bfloat16}
        assert any("q_proj.base_layer" in name for name in halved) and any("lm_head" in name for name in halved)
        assert not any("lora" in name or "norm" in name or "embed_tokens" in name for name in halved)
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) and after[name].dtype == torch.float32 for name in before)
    assert network.get_base_model().lm_head.weight is network.get_base_model().get_input_embeddings().weight


@pytest.fixture
def stored_in_half(tiny_causal):
    """A network whose weights bfloat16 holds exactly, as most published ones are."""
    network = load_causal(tiny_causal).network
    for parameter in network.parameters():
        parameter.data = parameter.data.to(torch.bfloat16).float()
    return prepare(network, "lora", size=4).trunk


def test_weights_that_bfloat16_holds_exactly_are_held_once_and_learn_the_same_to_the_bit(stored_in_half):
    speaker = Speaker(stored_in_half)
    loss, slopes = learned(speaker)
    with frozen_in_half(speaker, "bf16"):
        table, head = speaker.causal.get_input_embeddings(), speaker.causal.lm_head
        assert table.weight.dtype == torch.bfloat16 and table.weight is head.weight
        assert table(torch.tensor([[7, 3]])).dtype == torch.float32
        again, same = learned(speaker)
    assert torch.equal(loss, again) and all(torch.equal(a, b) for a, b in zip(slopes, same, strict=True))


def test_what_was_held_once_is_whole_and_shared_again_afterwards(stored_in_half):
    before = {name: tensor.clone() for name, tensor in stored_in_half.state_dict().items()}
    with frozen_in_half(stored_in_half, "bf16"):
        pass
    after, causal = stored_in_half.state_dict(), stored_in_half.get_base_model()
    assert all(torch.equal(before[name], after[name]) and after[name].dtype == torch.float32 for name in before)
    assert causal.lm_head.weight is causal.get_input_embeddings().weight and "forward" not in vars(causal.get_input_embeddings())


def test_a_table_with_a_filler_gives_the_rows_it_gave(stored_in_half):
    table = stored_in_half.get_base_model().get_input_embeddings()
    table.padding_idx = 5
    ids = torch.tensor([[9, 9]])
    before = table(ids)
    with frozen_in_half(stored_in_half, "bf16"):
        assert torch.equal(table(ids), before) and table.padding_idx == 5


def test_in_whole_precision_nothing_changes(tiny_causal):
    network = prepare(load_causal(tiny_causal).network, "lora", size=4).trunk
    with frozen_in_half(network, "fp32"):
        assert all(p.dtype == torch.float32 for p in network.parameters())

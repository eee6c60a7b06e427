"""The fast path computes the model that transformers computes, forward and backward."""

import pytest
import torch
from torch.nn.functional import cosine_similarity

from hanshuku.training import fast_encoder
from hanshuku.training.fast_encoder import can_run_fast, fast_hidden_states, fast_trunks
from hanshuku.training.fast_layer import LONG, half, run_layer


def bert(dropout=0.0, **more):
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                        hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, **more)  # fmt: skip
    return BertModel(config, add_pooling_layer=False)


IDS = torch.arange(2, 26).view(3, 8)
MASK = torch.tensor([[1] * 8, [1] * 6 + [0] * 2, [1] * 3 + [0] * 5])


LONG_IDS, LONG_MASK = IDS.repeat(1, LONG // 8), MASK.repeat_interleave(LONG // 8, 1)  # attention in blocks


@pytest.mark.parametrize(("ids", "mask"), [(IDS, None), (IDS, MASK), (LONG_IDS, None), (LONG_IDS, LONG_MASK)])
def test_the_hidden_states_are_the_model_s_up_to_rounding(ids, mask):
    network = bert().eval()
    with torch.inference_mode():
        theirs = network(input_ids=ids, attention_mask=mask).last_hidden_state
        ours = fast_hidden_states(network, ids, mask)
    real = torch.ones_like(ids).bool() if mask is None else mask.bool()
    assert (ours - theirs)[real].abs().max() < 0.05


@pytest.mark.parametrize("frozen", [False, True])
def test_the_output_of_every_layer_is_the_model_s_too(frozen):
    network = bert().eval().requires_grad_(not frozen)
    with torch.no_grad():
        theirs = network(input_ids=IDS, attention_mask=MASK, output_hidden_states=True)
        with torch.autocast("cpu", dtype=torch.bfloat16), fast_trunks(network, frozen=frozen):
            ours = network(input_ids=IDS, attention_mask=MASK, output_hidden_states=True)
    assert len(ours.hidden_states) == len(theirs.hidden_states) == 3
    for mine, other in zip(ours.hidden_states, theirs.hidden_states, strict=True):
        assert (mine - other)[MASK.bool()].abs().max() < 0.05
    assert torch.equal(ours.last_hidden_state, ours.hidden_states[-1])


@pytest.mark.parametrize(("ids", "mask"), [(IDS, MASK), (LONG_IDS, None), (LONG_IDS, LONG_MASK)])
def test_the_gradients_are_the_model_s_up_to_rounding(ids, mask):
    network = bert().train()
    weights = torch.randn(*ids.shape, 32) * (torch.ones_like(ids) if mask is None else mask)[:, :, None]
    grads = []
    for run in (lambda: network(input_ids=ids, attention_mask=mask).last_hidden_state, lambda: fast_hidden_states(network, ids, mask)):
        network.zero_grad()
        (run() * weights).sum().backward()
        grads.append({name: p.grad.clone() for name, p in network.named_parameters()})
    for name in grads[0]:
        if not name.endswith("key.bias"):  # its gradient is nought but rounding: a shift of all keys changes no softmax
            assert cosine_similarity(grads[0][name].flatten(), grads[1][name].flatten(), 0) > 0.99, name


def test_a_frozen_parameter_gets_no_gradient_and_the_others_theirs():
    network = bert().train()
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.endswith("bias") and "layer.1" in name
    fast_hidden_states(network, IDS, MASK).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name


def test_dropout_drops_its_share_and_keeps_the_mean():
    import numpy as np

    from hanshuku.training.fast_encoder import _keep

    kept = _keep(np.random.Generator(np.random.SFC64(0)), 200_000, 0.1).float()
    assert abs((kept == 0).float().mean() - 0.1) < 0.005
    assert abs(kept.mean() - 1) < 0.005


def test_the_same_seed_drops_the_same():
    network = bert(dropout=0.3).train()
    runs = []
    for _ in range(2):
        torch.manual_seed(7)
        runs.append(fast_hidden_states(network, IDS))
    assert torch.equal(*runs)
    assert not torch.equal(runs[0], fast_hidden_states(network, IDS))


def test_only_the_plain_model_runs_fast():
    assert can_run_fast(bert())
    assert not can_run_fast(bert(hidden_act="relu"))
    hooked = bert()
    hooked.encoder.layer[0].register_forward_hook(lambda *_: None)
    assert not can_run_fast(hooked)
    assert not can_run_fast(torch.nn.Linear(2, 2))


def test_an_adapter_in_a_layer_turns_the_fast_path_off():
    peft = pytest.importorskip("peft")
    network = bert()
    peft.inject_adapter_in_model(peft.LoraConfig(r=2, target_modules=["query"]), network)
    assert not can_run_fast(network)


def test_parameters_cast_once_give_the_same_bits():
    network, inputs = bert().eval(), {"input_ids": IDS, "attention_mask": MASK}
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        with fast_trunks(network):
            each_time = network(**inputs).last_hidden_state
        with fast_trunks(network, frozen=True):
            network(**inputs)
            once = network(**inputs).last_hidden_state
    assert torch.equal(each_time[MASK.bool()], once[MASK.bool()])


def test_padding_is_not_computed_where_nothing_moves(monkeypatch):
    computed = []
    monkeypatch.setattr(fast_encoder, "run_layer", lambda x, *rest: computed.append(len(x)) or run_layer(x, *rest))
    hidden = frozen_run(bert().eval().requires_grad_(False))
    assert computed == [int(MASK.sum())] * 2
    assert hidden.shape == (3, 8, 32) and not hidden[~MASK.bool()].any()


def frozen_run(network):
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16), fast_trunks(network, frozen=True):
        return network(input_ids=IDS, attention_mask=MASK).last_hidden_state


def test_parameters_that_stay_are_cast_once_for_all_calls(monkeypatch):
    casts = []
    monkeypatch.setattr(fast_encoder, "half", lambda parameters: casts.append(1) or half(parameters))
    network = bert().eval().requires_grad_(False)
    first, second = frozen_run(network), frozen_run(network)
    assert torch.equal(first, second) and len(casts) == 2


@pytest.mark.parametrize("change", ["in place", "another"])
def test_parameters_that_were_changed_are_cast_anew(change):
    network = bert().eval().requires_grad_(False)
    before = frozen_run(network)
    linear = network.encoder.layer[0].intermediate.dense
    if change == "in place":
        with torch.no_grad():
            linear.weight.mul_(2)
    else:
        linear.weight = torch.nn.Parameter(linear.weight * 2, requires_grad=False)
    fresh = bert().eval()
    fresh.load_state_dict(network.state_dict())
    after = frozen_run(network)
    assert not torch.equal(before, after) and torch.equal(after, frozen_run(fresh))

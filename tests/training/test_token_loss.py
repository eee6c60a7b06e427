"""The loss in chunks is the plain loss, gradients too, with the logits of a chunk only."""

import pytest
import torch

from hanshuku.errors import ConfigError
from hanshuku.training import token_loss
from hanshuku.training.token_loss import IGNORED, LmHead, chunked_cross_entropy, chunked_log_probs, lm_head, supervised
from tests.tiny import tiny_llama

N, D, V = 37, 8, 50


def problem(seed=0, **more):
    torch.manual_seed(seed)
    hidden = torch.randn(N, D, requires_grad=True)
    weight = torch.randn(V, D, requires_grad=True)
    bias = torch.randn(V, requires_grad=True)
    return hidden, weight, bias, torch.randint(0, V, (N,))


def plain(hidden, weight, targets, bias=None, scale=1.0, softcap=0.0, weights=None):
    logits = torch.nn.functional.linear(hidden, weight, bias).float() * scale
    logits = softcap * torch.tanh(logits / softcap) if softcap else logits
    if weights is None:
        return torch.nn.functional.cross_entropy(logits, targets)
    return (torch.nn.functional.cross_entropy(logits, targets, reduction="none") * weights).sum()


def gradients(loss, *tensors):
    return torch.autograd.grad(loss * 3, tensors)


WAYS = {"plain": {}, "scaled": {"scale": 0.3}, "capped": {"softcap": 2.0}, "both": {"scale": 1.7, "softcap": 5.0}}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("chunk", [1, 5, 37, 100, 0])
def test_loss_and_gradients_are_those_of_the_plain_loss(way, chunk):
    hidden, weight, bias, targets = problem()
    ours = chunked_cross_entropy(hidden, weight, targets, bias, chunk=chunk, **WAYS[way])
    theirs = plain(hidden, weight, targets, bias, **WAYS[way])
    assert float((ours - theirs).detach()) == pytest.approx(0, abs=1e-5)
    for mine, other in zip(gradients(ours, hidden, weight, bias), gradients(theirs, hidden, weight, bias), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-5)


def test_each_position_may_count_by_a_weight_of_its_own():
    hidden, weight, _, targets = problem()
    weights = torch.rand(N)
    ours, theirs = chunked_cross_entropy(hidden, weight, targets, weights=weights, chunk=4), plain(hidden, weight, targets, weights=weights)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, hidden)[0], gradients(theirs, hidden)[0], atol=1e-5, rtol=1e-5)


def test_under_autocast_it_is_as_near_as_the_plain_loss_under_autocast():
    hidden, weight, bias, targets = problem()
    exact = plain(hidden, weight, targets, bias)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours, theirs = chunked_cross_entropy(hidden, weight, targets, bias, chunk=7), plain(hidden, weight, targets, bias)
    assert ours.dtype == torch.float32
    assert abs(float((ours - exact).detach())) <= abs(float((theirs - exact).detach())) + 1e-2
    for mine, other in zip(gradients(ours, hidden, weight, bias), gradients(exact, hidden, weight, bias), strict=True):
        assert mine.dtype == torch.float32
        assert float((mine - other).norm() / other.norm()) < 0.02


def test_a_tied_weight_gets_the_gradient_of_both_its_uses():
    _, weight, _, targets = problem()
    ids = torch.arange(N) % V

    def both(loss):
        return torch.autograd.grad(loss(torch.tanh(weight[ids]), weight, targets), weight)[0]

    torch.testing.assert_close(both(lambda *given: chunked_cross_entropy(*given, chunk=6)), both(plain), atol=1e-6, rtol=1e-5)


def test_a_frozen_weight_costs_no_gradient():
    hidden, weight, _, targets = problem()
    loss = chunked_cross_entropy(hidden, weight.detach(), targets)
    assert [tensor is None for tensor in loss.grad_fn.saved_tensors] == [False, True, True]


def test_without_gradients_nothing_is_kept():
    hidden, weight, _, targets = problem()
    with torch.no_grad():
        assert not chunked_cross_entropy(hidden, weight, targets).requires_grad


def test_no_position_gives_no_loss_and_no_gradient():
    hidden, weight, _, targets = problem()
    loss = chunked_cross_entropy(hidden[:0], weight, targets[:0])
    assert float(loss.detach()) == 0
    assert float(torch.autograd.grad(loss, weight)[0].abs().sum()) == 0


def test_the_logits_of_one_chunk_are_held_and_no_more(monkeypatch):
    seen = []
    original = token_loss._bounded
    monkeypatch.setattr(token_loss, "_bounded", lambda logits, head: seen.append(tuple(logits.shape)) or original(logits, head))
    hidden, weight, _, targets = problem()
    loss = chunked_cross_entropy(hidden, weight, targets, chunk=10)
    assert seen == [(10, V)] * 3 + [(7, V)]
    assert all(tensor is None or tensor.shape in {(N, D), (V, D)} for tensor in loss.grad_fn.saved_tensors)


def test_log_probabilities_have_a_gradient_too():
    hidden, weight, bias, targets = problem()
    ours = chunked_log_probs(hidden, targets, LmHead(weight, bias, softcap=3.0), chunk=9)
    theirs = -plain(hidden, weight, targets, bias, softcap=3.0, weights=torch.ones(N))
    torch.testing.assert_close(ours.sum(), theirs)
    torch.testing.assert_close(gradients(ours.sum(), weight)[0], gradients(theirs, weight)[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shift", [True, False])
def test_supervised_positions_of_a_transformers_model_give_its_own_loss(tmp_path, shift):
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(tiny_llama(tmp_path / "llama"))
    ids = torch.randint(5, 30, (3, 9))
    labels = ids.masked_fill(torch.rand(3, 9) < 0.5, IGNORED)
    hidden, targets = supervised(network.model(ids).last_hidden_state, labels, shift=shift)
    head = lm_head(network)
    ours = chunked_cross_entropy(hidden, head.weight, targets, head.bias, scale=head.scale, softcap=head.softcap, chunk=4)
    logits = network(ids).logits
    theirs = network(ids, labels=labels).loss if shift else torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1))
    torch.testing.assert_close(ours, theirs)


def test_what_the_config_says_of_the_logits_is_heeded():
    from transformers import (
        CohereConfig,
        CohereForCausalLM,
        Gemma2Config,
        Gemma2ForCausalLM,
        GraniteConfig,
        GraniteForCausalLM,
    )

    sizes = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1}
    makes = [
        Gemma2ForCausalLM(Gemma2Config(**sizes, head_dim=8, final_logit_softcapping=2.0, pad_token_id=0)),
        Gemma2ForCausalLM(Gemma2Config(**sizes, head_dim=8, final_logit_softcapping=None, pad_token_id=0)),
        CohereForCausalLM(CohereConfig(**sizes, logit_scale=0.25, pad_token_id=0, bos_token_id=1, eos_token_id=2)),
        GraniteForCausalLM(GraniteConfig(**sizes, logits_scaling=4.0, pad_token_id=0)),
    ]
    for network in makes:
        network.eval()
        ids = torch.randint(3, 40, (2, 6))
        head = lm_head(network)
        hidden, targets = supervised(network.model(ids).last_hidden_state, ids, shift=True)
        ours = chunked_cross_entropy(hidden, head.weight, targets, head.bias, scale=head.scale, softcap=head.softcap)
        torch.testing.assert_close(ours, network(ids, labels=ids).loss, msg=type(network).__name__)


def test_shapes_that_do_not_belong_together_are_refused():
    hidden, weight, _, targets = problem()
    with pytest.raises(ConfigError, match=r"Received: \(37, 8\), \(50, 8\) and \(36,\)"):
        chunked_cross_entropy(hidden, weight, targets[:-1])
    with pytest.raises(ConfigError, match="Received: -1"):
        chunked_cross_entropy(hidden, weight, targets, chunk=-1)

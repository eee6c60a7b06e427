"""TSDAE: what deletion leaves, and a decoder that knows of a text only its vector."""

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError
from hanshuku.models.load import load_masked
from hanshuku.training.rebuilding import KEPT_IDS, KEPT_MASK, Deleter, Rebuilder
from hanshuku.training.token_loss import IGNORED

TEXTS = ["a glad happy sunny day with good food", "我的包裹一直没有到", "good"]


@pytest.fixture(scope="module")
def loaded(tiny_encoder):
    return load_masked(tiny_encoder)[0]


@pytest.fixture
def batch(loaded):
    return dict(loaded.tokenizer(TEXTS, padding=True, return_tensors="pt", return_token_type_ids=False))


def left(found, row):
    return found[KEPT_IDS][row][found[KEPT_MASK][row].bool()].tolist()


def test_what_is_left_is_the_text_in_its_order_with_its_special_tokens(loaded, batch):
    torch.manual_seed(0)
    found = Deleter(loaded.tokenizer)(batch)
    for row in range(len(TEXTS)):
        whole = batch["input_ids"][row][batch["attention_mask"][row].bool()].tolist()
        kept = iter(whole)
        assert all(token in kept for token in left(found, row))  # a subsequence
        assert left(found, row)[0] == whole[0] and left(found, row)[-1] == whole[-1]


def test_one_word_is_left_however_much_is_deleted(loaded, batch):
    for seed in range(20):
        torch.manual_seed(seed)
        assert len(left(Deleter(loaded.tokenizer, share=0.9)(batch), 2)) >= 3


def test_the_share_of_words_that_go_is_about_the_one_asked_for(loaded):
    batch = dict(loaded.tokenizer(["a glad happy sunny day with good food"] * 200, return_tensors="pt", return_token_type_ids=False))
    torch.manual_seed(0)
    found = Deleter(loaded.tokenizer, share=0.6)(batch)
    words = batch["input_ids"].shape[1] - 2
    assert float(found[KEPT_MASK].sum(1).float().mean() - 2) / words == pytest.approx(0.4, abs=0.05)


def test_what_stands_before_every_text_stays_and_need_not_be_written(loaded):
    batch = dict(loaded.tokenizer(["good food a glad happy sunny day"], return_tensors="pt", return_token_type_ids=False))
    fixed = len(loaded.tokenizer("good food", add_special_tokens=False)["input_ids"])
    for seed in range(10):
        torch.manual_seed(seed)
        found = Deleter(loaded.tokenizer, share=0.9, fixed=fixed)(batch)
        assert left(found, 0)[: 1 + fixed] == batch["input_ids"][0, : 1 + fixed].tolist()
        assert (found["labels"][0, : 1 + fixed] == IGNORED).all()


def test_the_decoder_has_the_encoders_own_weights_but_for_the_attention_to_the_vector(loaded):
    module = Rebuilder(loaded.network, "mean", seed=0)
    own = {id(parameter) for parameter in loaded.network.parameters()}
    new = [name for name, parameter in module.decoder.named_parameters() if id(parameter) not in own]
    assert new and all("crossattention" in name for name in new)


def test_a_token_is_told_from_those_before_it_and_the_vector_alone(loaded, batch):
    module = Rebuilder(loaded.network, "mean", seed=0).eval()
    torch.manual_seed(0)
    found = Deleter(loaded.tokenizer)(batch)
    with torch.no_grad():
        plain = module._decoded(module._vectors(found)[:1], found["input_ids"][:1])
        later = found["input_ids"][:1].clone()
        later[0, 5:] = later[0, 1]
        assert torch.allclose(plain[0, :5], module._decoded(module._vectors(found)[:1], later)[0, :5], atol=1e-5)
        other = {**found, KEPT_IDS: found[KEPT_IDS].flip(0), KEPT_MASK: found[KEPT_MASK].flip(0)}
        assert not torch.allclose(plain, module._decoded(module._vectors(other)[:1], found["input_ids"][:1]), atol=1e-3)


def test_the_loss_is_the_mean_surprise_of_the_tokens_that_must_be_written(loaded, batch):
    module = Rebuilder(loaded.network, "mean", seed=0).eval()
    torch.manual_seed(0)
    found = Deleter(loaded.tokenizer)(batch)
    with torch.no_grad():
        told = module.log_probs(found)
        assert len(told) == int((found["labels"] != IGNORED).sum())
        assert float(module(found)) == pytest.approx(-float(told.mean()), rel=1e-4)


def test_a_network_that_cannot_attend_to_a_vector_is_refused_with_another_objective():
    from transformers import DistilBertConfig, DistilBertForMaskedLM

    network = DistilBertForMaskedLM(DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=16))
    with pytest.raises(ConfigError, match="crops"):
        Rebuilder(network, "mean", seed=0)

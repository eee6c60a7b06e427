"""A network from scratch has the size that was named, the vocabulary of its tokenizer, and weights that the seed decides."""

import json

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError, ModelError, UnknownName
from hanshuku.models.scratch import SIZES, longest, new_network
from hanshuku.models.vocabularies import train_vocabulary
from tests.corpora import documents


@pytest.fixture(scope="module")
def tokenizer():
    return train_vocabulary("bpe", documents(100), size=400, objective="clm", max_length=64, exact=False)


def blocks(network):
    return sum(parameter.numel() for name, parameter in network.named_parameters() if "embed" not in name and "lm_head" not in name and parameter.ndim == 2)


@pytest.mark.parametrize("name", ["nano", "micro", "tiny"])
def test_a_size_has_about_the_parameters_that_it_says(tokenizer, name):
    network = new_network(name, "clm", tokenizer, max_length=64, seed=0)
    assert blocks(network) == pytest.approx(SIZES[name].parameters, rel=0.1)
    assert network.config.vocab_size == len(tokenizer)
    assert network.get_output_embeddings().weight is network.get_input_embeddings().weight


def test_the_seed_decides_the_weights_and_leaves_the_generator_of_torch_alone(tokenizer):
    before = torch.get_rng_state()
    one, same, other = (new_network("nano", "clm", tokenizer, max_length=64, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


def test_a_config_of_ones_own_is_built_with_the_vocabulary_at_hand(tokenizer, tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 64, "vocab_size": 7}))
    network = new_network(str(tmp_path), "clm", tokenizer, max_length=64, seed=0)
    assert (type(network).__name__, network.config.vocab_size) == ("GPT2LMHeadModel", len(tokenizer))
    assert longest("nano") == 0


def test_what_is_no_size_and_no_config_is_refused(tokenizer, tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'tiny'"):
        new_network("tinny", "clm", tokenizer, max_length=64, seed=0)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"no config\.json"):
        new_network(str(tmp_path), "clm", tokenizer, max_length=64, seed=0)


def test_a_network_without_the_objective_is_refused(tokenizer, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}))
    with pytest.raises(ConfigError, match="no objective mlm"):
        new_network(str(tmp_path), "mlm", tokenizer, max_length=64, seed=0)

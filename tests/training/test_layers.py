"""Rates by layer, and layers that start anew."""

import pytest
import torch

pytest.importorskip("transformers")

from hanshuku.errors import ConfigError
from hanshuku.training.blocks import find_blocks
from hanshuku.training.classifier import Classifier, parameter_groups
from hanshuku.training.layers import rate_factors, reinitialise
from hanshuku.training.tunings import prepare


def bert(layers=3):
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=30, hidden_size=16, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=32, initializer_range=0.1)
    return BertModel(config, add_pooling_layer=False)


def test_each_block_learns_at_a_part_of_the_rate_above_it():
    trunk = bert()
    network = Classifier(trunk, 2, 16, pooling="mean", dropout=0.1, seed=0)
    groups = parameter_groups(network, 1e-4, 1e-3, 0.01, rate_factors(trunk, 0.5))
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    named = {name: rates[id(parameter)] for name, parameter in network.named_parameters()}
    for level, factor in enumerate((0.25, 0.5, 1.0)):
        assert {rate for name, rate in named.items() if f".layer.{level}." in name} == {1e-4 * factor}
    assert {rate for name, rate in named.items() if ".embeddings." in name} == {1e-4 * 0.125}
    assert named["head.weight"] == 1e-3
    assert len(rates) == len(list(network.parameters()))


def test_what_a_tuning_put_into_a_block_learns_at_the_block_s_rate():
    trunk = bert()
    tuned = prepare(trunk, "lora", size=2)
    factors = rate_factors(trunk, 0.5)
    found = {name.split(".layer.")[1][0]: factors[id(p)] for name, p in tuned.trunk.named_parameters() if p.requires_grad}
    assert found == {"0": 0.25, "1": 0.5, "2": 1.0}


def test_each_half_of_an_encoder_decoder_decays_by_itself():
    from transformers import T5Config, T5ForConditionalGeneration

    network = T5ForConditionalGeneration(T5Config(vocab_size=30, d_model=8, d_kv=4, d_ff=16, num_layers=2, num_decoder_layers=3, num_heads=2))
    factors = rate_factors(network, 0.5)
    assert [factors[id(next(block.parameters()))] for block in network.encoder.block] == [0.5, 1.0]
    assert [factors[id(next(block.parameters()))] for block in network.decoder.block] == [0.25, 0.5, 1.0]
    assert factors[id(network.shared.weight)] == 0.125


@pytest.mark.parametrize("tuning", ["head", "prompt"])
def test_where_one_layer_or_none_moves_it_says_so(tuning):
    trunk = bert()
    network = Classifier(prepare(trunk, tuning).trunk, 2, 16, pooling="mean", dropout=0.1, seed=0)
    with pytest.raises(ConfigError, match="layer_decay"):
        parameter_groups(network, 1e-4, 1e-3, 0.01, rate_factors(trunk, 0.5))


def test_top_layers_start_anew_and_the_others_stay():
    network, before = bert(), bert()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    reinitialise(network, 2, seed=1)
    blocks, old = find_blocks(network), find_blocks(before)
    assert torch.equal(blocks[0].output.dense.weight, old[0].output.dense.weight + 1.0)
    for block in list(blocks)[1:]:
        weight = block.intermediate.dense.weight
        assert abs(float(weight.mean())) < 0.02
        assert float(weight.std()) == pytest.approx(0.1, rel=0.15), "as the config says"
        assert float(block.output.LayerNorm.weight.min()) == float(block.output.LayerNorm.weight.max()) == 1.0
        assert float(block.output.dense.bias.abs().max()) == 0.0


def test_the_seed_draws_the_new_weights():
    found = []
    for seed in (1, 1, 2):
        network = bert()
        reinitialise(network, 1, seed)
        found.append(find_blocks(network)[-1].output.dense.weight.detach().clone())
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_more_layers_than_there_are_is_refused():
    with pytest.raises(ConfigError, match=r"blocks, 3\. Received: 4"):
        reinitialise(bert(), 4, 0)

"""load_encoder, load_causal and load_static: ready to run, or refused with the reason."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from hanshuku.errors import ModelError
from hanshuku.models.hashing import fingerprint, sha256_of
from hanshuku.models.load import load_causal, load_encoder, load_static
from tests.models.toys import sha256
from tests.tiny import tiny_static


@pytest.fixture
def encoder(tiny_encoder, tmp_path):
    """A copy of the tiny encoder that a test may damage."""
    return Path(shutil.copytree(tiny_encoder, tmp_path / "encoder"))


@pytest.fixture
def causal(tiny_causal, tmp_path):
    return Path(shutil.copytree(tiny_causal, tmp_path / "causal"))


def test_an_encoder_gives_hidden_states_and_has_no_pooler(tiny_encoder):
    loaded = load_encoder(tiny_encoder)
    states = loaded.network(**loaded.tokenizer(["my parcel", "我的包裹一直没有到"], padding=True, return_tensors="pt"))
    assert states.last_hidden_state.shape[::2] == (2, 32) and not loaded.network.training
    assert not any("pooler" in name for name, _ in loaded.network.named_parameters())


def test_a_causal_model_is_a_trunk_too(tiny_causal):
    loaded = load_encoder(tiny_causal)
    assert loaded.info.pooling == "last" and loaded.tokenizer.padding_side == "right"
    assert loaded.network(torch.tensor([[1, 2]])).last_hidden_state.shape == (1, 2, 32)


def test_a_causal_model_gives_logits_and_pads_on_the_left(tiny_causal):
    loaded = load_causal(tiny_causal)
    assert loaded.network(torch.tensor([[1, 2]])).logits.shape == (1, 2, len(loaded.tokenizer))
    assert loaded.tokenizer.padding_side == "left"


def test_weights_are_float32_unless_asked_otherwise(tiny_encoder):
    assert load_encoder(tiny_encoder).network.dtype == torch.float32
    assert load_encoder(tiny_encoder, dtype=torch.bfloat16).network.dtype == torch.bfloat16


def test_loading_keeps_every_weight(tiny_encoder):
    stored, network = load_file(f"{tiny_encoder}/model.safetensors"), load_encoder(tiny_encoder).network.state_dict()
    assert all(torch.equal(stored[name], network[name]) for name in stored)


def test_an_encoder_is_no_causal_model(tiny_encoder):
    with pytest.raises(ModelError, match="is of kind 'encoder'; a causal language model is due, such as smollm2, gemma-270m"):
        load_causal(tiny_encoder)


def test_static_vectors_are_no_encoder(tmp_path):
    with pytest.raises(ModelError, match="holds static word vectors; an encoder is due, such as minilm, e5-multilingual"):
        load_encoder(tiny_static(tmp_path / "static"))


@pytest.mark.parametrize("load", [load_encoder, load_causal])
def test_a_folder_without_tokenizer_is_refused(encoder, causal, load):
    folder = encoder if load is load_encoder else causal
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer\. Put tokenizer\.json of this model beside its weights"):
        load(folder)


def test_a_damaged_tokenizer_is_refused(encoder):
    (encoder / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="has no tokenizer that can be read"):
        load_encoder(encoder)


def test_weights_cut_short_are_refused(encoder):
    weights = encoder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged \(\d+ bytes instead of \d+\)"):
        load_encoder(encoder)


def test_weights_that_are_missing_are_not_left_to_chance(encoder):
    weights = load_file(encoder / "model.safetensors")
    del weights["embeddings.word_embeddings.weight"]
    save_file(weights, encoder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 weights of a BertModel, such as embeddings\.word_embeddings\.weight"):
        load_encoder(encoder)


def test_weights_of_another_size_are_refused(encoder):
    config = json.loads((encoder / "config.json").read_text())
    (encoder / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(encoder)


def test_a_network_that_is_not_known_is_refused(encoder):
    (encoder / "config.json").write_text('{"model_type": "my-own"}')
    with pytest.raises(ModelError, match=r"cannot be loaded: .*my-own"):
        load_encoder(encoder)


def test_a_tokenizer_without_padding_pads_with_the_end(causal):
    settings = json.loads((causal / "tokenizer_config.json").read_text())
    settings.pop("pad_token")
    (causal / "tokenizer_config.json").write_text(json.dumps(settings))
    assert load_causal(causal).tokenizer.pad_token == "<|im_end|>"


def test_static_vectors_come_with_their_tokenizer(tmp_path):
    model = load_static(tiny_static(tmp_path / "static"))
    assert model.vectors.dtype == np.float32 and model.vectors.shape == (model.tokenizer.get_vocab_size(), 32)


def test_static_vectors_of_another_tokenizer_are_refused(tmp_path):
    from safetensors.numpy import save_file as save_arrays

    folder = tiny_static(tmp_path / "static")
    save_arrays({"vectors": np.ones((10, 32), np.float32)}, folder / "vectors.safetensors")
    with pytest.raises(ModelError, match=r"the tokenizer knows \d+ tokens, the vectors are 10"):
        load_static(folder)


def test_an_encoder_holds_no_static_vectors(tiny_encoder):
    with pytest.raises(ModelError, match=r"holds no static vectors; take wordllama"):
        load_static(tiny_encoder)


def test_a_fingerprint_is_the_sha256_of_the_weights(encoder):
    weights = encoder / "model.safetensors"
    before = fingerprint(encoder)
    assert before == sha256(weights.read_bytes()) == fingerprint(encoder)
    weights.write_bytes(weights.read_bytes() + b" ")
    assert fingerprint(encoder) == sha256_of(weights) != before, "a change of the file is seen"


def test_the_fingerprint_of_shards_is_of_all(encoder):
    first = fingerprint(encoder)
    shutil.copy(encoder / "model.safetensors", encoder / "model-2.safetensors")
    assert fingerprint(encoder) == sha256((first * 2).encode())


def test_a_folder_without_weights_has_no_fingerprint(tmp_path):
    with pytest.raises(ModelError, match="has no safetensors weights, so it has no fingerprint"):
        fingerprint(tmp_path)


@pytest.mark.models
def test_minilm_in_the_cache_is_the_hubs_own(real):
    assert sha256_of(Path(real("minilm"), "model.safetensors")).startswith("53aa5117")


@pytest.mark.models
def test_wordllama_reads_without_torch(real):
    model = load_static(real("wordllama"))
    assert model.vectors.shape == (32_000, 256) and model.info.parameters == model.vectors.size


@pytest.mark.models
def test_the_converted_e5_knows_every_word_of_two_languages(real):
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(f"{real('e5-multilingual')}/tokenizer.json").encode("我的包裹一直没有到, please refund")
    assert "<unk>" not in found.tokens and found.tokens[0] == "<s>" and "包裹" in "".join(found.tokens)

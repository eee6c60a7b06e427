"""What a folder says of itself, and which folders are refused."""

import json

import pytest

from hanshuku.errors import ModelError
from hanshuku.models.catalogue import find
from tests.tiny import tiny_static

BERT = {"model_type": "bert", "hidden_size": 32, "max_position_embeddings": 128}


@pytest.fixture
def folder(tmp_path):
    """Makes a folder of a configuration, with weights unless told otherwise, and further files."""

    def make(config=None, weights="model.safetensors", **more):
        texts = {"config.json": config, **{name.replace("__", "/") + ".json": data for name, data in more.items()}}
        for name, data in texts.items():
            if data is not None:
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_text(json.dumps(data))
        if weights:
            (tmp_path / weights).write_bytes((2).to_bytes(8, "little") + b"{}")
        return str(tmp_path)

    return make


def test_an_encoder_is_known_by_its_configuration(folder):
    info = find(folder(BERT))
    assert (info.kind, info.width, info.max_length, info.pooling, info.prefix) == ("encoder", 32, 128, "mean", "")


def test_a_causal_model_is_known_by_its_architecture(tiny_causal):
    info = find(tiny_causal)
    assert (info.kind, info.pooling, info.width) == ("causal", "last", 32) and info.parameters > 10_000


def test_static_vectors_are_known_by_their_file(tmp_path):
    info = find(str(tiny_static(tmp_path / "static")))
    assert (info.kind, info.width) == ("static", 32)


def test_pooling_and_prefix_are_taken_from_sentence_transformers(folder):
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    info = find(folder(BERT, **{"1_Pooling__config": {"pooling_mode_cls_token": True}}, config_sentence_transformers=prompts))
    assert (info.pooling, info.prefix) == ("cls", "query: ")


def test_the_shorter_of_two_limits_holds(folder):
    assert find(folder(BERT, sentence_bert_config={"max_seq_length": 64})).max_length == 64


def test_roberta_counts_its_positions_from_the_padding(folder):
    assert find(folder({"model_type": "xlm-roberta", "max_position_embeddings": 514})).max_length == 512


def test_the_licence_is_read_from_the_model_card(folder, tmp_path):
    (tmp_path / "README.md").write_text("---\ntags:\n- x\nlicense: apache-2.0\n---\n# A model")
    assert find(folder(BERT)).licence == "apache-2.0"


def test_a_folder_without_configuration_holds_no_model(folder):
    with pytest.raises(ModelError, match=r"holds no model: config\.json is missing or is not JSON"):
        find(folder())


def test_a_folder_without_weights_is_refused(folder):
    with pytest.raises(ModelError, match=r"has no safetensors weights\. Give a transformers folder with model\.safetensors"):
        find(folder(BERT, weights=""))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickled_weights_are_refused_with_the_way_out(folder, name):
    with pytest.raises(ModelError, match=rf"has its weights in {name}, which can run code .* save_pretrained"):
        find(folder(BERT, weights=name))


def test_code_that_comes_with_a_model_is_refused(folder):
    with pytest.raises(ModelError, match=r"needs code of its own \(auto_map"):
        find(folder({"model_type": "my-own", "auto_map": {"AutoModel": "code.Model"}}))


def test_an_encoder_decoder_is_known_as_one(folder):
    assert find(folder({"model_type": "t5", "is_encoder_decoder": True, "architectures": ["T5ForConditionalGeneration"]})).kind == "encoder-decoder"

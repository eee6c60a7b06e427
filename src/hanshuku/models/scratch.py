"""Networks from scratch: sizes by name, or a config.json of transformers, with random weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hanshuku.errors import ConfigError, MissingExtra, ModelError, UnknownName
from hanshuku.models.cache import read_json

HEAD_WIDTH = 64  # numbers that an attention head compares


@dataclass(frozen=True)
class Size:
    """How large a network is, its word vectors aside."""

    layers: int
    width: int

    @property
    def parameters(self) -> int:
        """Of the blocks: 12 width^2 each."""
        return 12 * self.layers * self.width**2


SIZES = {  # name -> size; of a causal model (Llama, arXiv 2302.13971) as of an encoder (BERT, arXiv 1810.04805)
    "nano": Size(2, 64), "micro": Size(4, 128), "tiny": Size(4, 256), "mini": Size(6, 384), "small": Size(8, 512), "base": Size(12, 768),
}  # fmt: skip


def new_network(size: str, objective: str, tokenizer: Any, *, max_length: int, seed: int) -> Any:
    """A network with random weights for this tokenizer, in evaluation mode, float32.

    Args:
        size: a name in SIZES, or the path of a config.json (or of the folder that holds it).
        objective: "clm": a causal model; "mlm": an encoder with the head that tells hidden tokens.
        tokenizer: its vocabulary and special tokens are the network's.
        max_length: tokens that a model of SIZES will read; a config says so itself.
        seed: of the weights.

    Raises:
        UnknownName: no size has that name, and no file either.
        ConfigError: the config is of no network that has this objective.
        ModelError: config.json cannot be read.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Training a model") from error
    ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    own = _config_file(size)
    if own is None:
        config = _sized(transformers, SIZES[size], objective, len(tokenizer), max_length, ids)
    else:
        config = _stated(transformers, own, len(tokenizer), ids)
    auto = transformers.AutoModelForCausalLM if objective == "clm" else transformers.AutoModelForMaskedLM
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            network = auto.from_config(config, dtype=torch.float32)
        except ValueError as error:
            raise ConfigError(f"{size} is the config of a {config.model_type!r}, which has no objective {objective}. {str(error).splitlines()[0][:200]}") from error
    return network.eval()


def longest(size: str) -> int:
    """Tokens that the network of a config.json reads; 0 for a size by name, which reads what it is trained on."""
    own = _config_file(size)
    return 0 if own is None else int(read_json(own).get("max_position_embeddings") or 0)


def _config_file(size: str) -> Path | None:
    """
    Raises:
        UnknownName: neither a size nor a file.
    """
    if size in SIZES:
        return None
    path = Path(size).expanduser()
    path = path / "config.json" if path.is_dir() else path
    if not path.is_file():
        raise UnknownName("size", size, SIZES)
    return path


def _sized(transformers: Any, size: Size, objective: str, words: int, max_length: int, ids: dict[str, Any]) -> Any:
    heads = max(2, size.width // HEAD_WIDTH)
    shared = {"vocab_size": words, "hidden_size": size.width, "num_hidden_layers": size.layers, "num_attention_heads": heads,
              "max_position_embeddings": max_length, "tie_word_embeddings": True, **ids}  # fmt: skip
    if objective == "clm":
        inner = -(-8 * size.width // (3 * 32)) * 32  # three matrices: as many weights as two of 4 x width
        return transformers.LlamaConfig(**shared, intermediate_size=inner, num_key_value_heads=heads)
    return transformers.BertConfig(**shared, intermediate_size=4 * size.width)


def _stated(transformers: Any, file: Path, words: int, ids: dict[str, Any]) -> Any:
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        kind = plain.pop("model_type")
        plain.pop("auto_map", None)
        return transformers.AutoConfig.for_model(kind, **{**plain, "vocab_size": words, **ids})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{file} is no config.json of a transformers model: {error}.") from error

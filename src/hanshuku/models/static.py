"""load_static: word vectors and their tokenizer, with the base install alone."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from hanshuku.errors import ModelError
from hanshuku.models.catalogue import find
from hanshuku.models.folders import VECTORS
from hanshuku.models.info import ModelInfo
from hanshuku.models.pull import pull
from hanshuku.models.weights import read_safetensors


@dataclass
class StaticModel:
    """Static word vectors with their tokenizer."""

    info: ModelInfo
    vectors: np.ndarray  # (V, D) float32
    tokenizer: Any  # tokenizers.Tokenizer, without truncation or padding; encode with add_special_tokens=False


def load_static(name: str | PathLike[str]) -> StaticModel:
    """Static word vectors.

    Args:
        name: catalogue name, or a folder with vectors.safetensors (one array (V, D)) and tokenizer.json.

    Raises:
        ModelError: it cannot be had, holds no vectors, or its vectors and tokenizer do not belong together.
    """
    from tokenizers import Tokenizer

    info, folder = find(name), pull(name)
    if not (folder / VECTORS).is_file():
        raise ModelError(
            f"{name} holds no static vectors; take wordllama, or a folder with {VECTORS} and tokenizer.json."
        )
    arrays = read_safetensors(folder / VECTORS)
    if len(arrays) != 1 or next(iter(arrays.values())).ndim != 2:
        raise ModelError(f"{folder / VECTORS} holds {len(arrays)} arrays; one of shape (V, D) is due.")
    vectors = np.ascontiguousarray(next(iter(arrays.values())), dtype=np.float32)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises plain Exception
        raise ModelError(f"{folder / 'tokenizer.json'} cannot be read ({error}).") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if tokenizer.get_vocab_size() > len(vectors):
        raise ModelError(
            f"{folder}: the tokenizer knows {tokenizer.get_vocab_size()} tokens, the vectors are {len(vectors)}. They do not belong together."
        )
    return StaticModel(info, vectors, tokenizer)

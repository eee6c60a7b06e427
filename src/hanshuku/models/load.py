"""load: networks and tokenizers, ready to run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.errors import MissingExtra, ModelError
from hanshuku.models.catalogue import CATALOGUE, ModelInfo, find, inspect_folder
from hanshuku.models.pull import pull


@dataclass
class Loaded:
    """A network with its tokenizer."""

    info: ModelInfo
    folder: Path  # a plain transformers folder
    network: Any  # torch.nn.Module, in evaluation mode
    tokenizer: Any  # a fast transformers tokenizer; it has a padding token


@dataclass
class StaticModel:
    """Static word vectors with their tokenizer."""

    info: ModelInfo
    vectors: np.ndarray  # (V, D) float32
    tokenizer: Any  # tokenizers.Tokenizer


def load_encoder(name: str, *, dtype: Any = None) -> Loaded:
    """A trunk that gives hidden states: an encoder, or a causal model without its output layer.

    Args:
        name: catalogue name, hub name or folder.
        dtype: of its weights; None: float32.

    Raises:
        ModelError: it cannot be had or is no text model.
    """
    info, folder = _place(name, "encoder")
    transformers, dtype = _libraries(dtype)
    config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
    more = {"add_pooling_layer": False} if getattr(config, "model_type", "") in {"bert", "roberta", "xlm-roberta", "camembert"} else {}
    network = _quietly(transformers, transformers.AutoModel, folder, dtype=dtype, **more)
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "right"))


def load_causal(name: str, *, dtype: Any = None) -> Loaded:
    """A causal language model with its output layer.

    Args:
        name: catalogue name, hub name or folder.
        dtype: of its weights; None: float32.

    Raises:
        ModelError: it cannot be had or is no causal language model.
    """
    info, folder = _place(name, "causal")
    if info.kind != "causal":
        causal = ", ".join(other.name for other in CATALOGUE.values() if other.kind == "causal")
        raise ModelError(f"{name} is of kind {info.kind!r}; a causal language model is due, such as {causal}.")
    transformers, dtype = _libraries(dtype)
    network = _quietly(transformers, transformers.AutoModelForCausalLM, folder, dtype=dtype)
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "left"))


def load_static(name: str) -> StaticModel:
    """Static word vectors.

    Raises:
        ModelError: it cannot be had or holds no vectors.
    """
    from tokenizers import Tokenizer

    info = find(name)
    folder = pull(name)
    if not (folder / "vectors.safetensors").is_file():
        raise ModelError(f"{name} holds no static vectors; take wordllama, or a folder with vectors.safetensors and tokenizer.json.")
    vectors = next(iter(read_safetensors(folder / "vectors.safetensors").values()))
    return StaticModel(info, np.ascontiguousarray(vectors, dtype=np.float32), Tokenizer.from_file(str(folder / "tokenizer.json")))


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file, by numpy alone (the base install has no safetensors).

    Raises:
        ModelError: the file is damaged, or holds a type that numpy lacks.
    """
    kinds = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "|u1", "I8": "|i1"}
    data = file.read_bytes()
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        arrays = {}
        for name, about in header.items():
            if name != "__metadata__":
                start, stop = about["data_offsets"]
                flat = np.frombuffer(data, kinds[about["dtype"]], (stop - start) // np.dtype(kinds[about["dtype"]]).itemsize, 8 + size + start)
                arrays[name] = flat.reshape(about["shape"])
    except (ValueError, KeyError) as error:
        raise ModelError(f"{file} is damaged: {error!r}. Pull the model again.") from error
    return arrays


def _place(name: str, kind: str) -> tuple[ModelInfo, Path]:
    folder = pull(name)
    info = find(name)
    if info.kind == "static":
        raise ModelError(f"{name} holds static word vectors; {'an encoder' if kind == 'encoder' else 'a causal model'} is due.")
    if info.name not in CATALOGUE:
        info = inspect_folder(folder, name, info.hub, info.revision)
    return info, folder


def _libraries(dtype: Any) -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Running a model") from error
    transformers.logging.disable_progress_bar()  # ours shows what is being done; theirs would draw over it
    return transformers, torch.float32 if dtype is None else dtype


def _quietly(transformers: Any, kind: Any, folder: Path, **settings: Any) -> Any:
    """Load without the library's notices: what is left out of a folder is left out on purpose."""
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    try:
        network = kind.from_pretrained(folder, trust_remote_code=False, use_safetensors=True, local_files_only=True, **settings)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} cannot be loaded: {str(error).splitlines()[0]}") from error
    finally:
        transformers.logging.set_verbosity(level)
    return network.eval()


def _tokenizer(transformers: Any, folder: Path, side: str) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    if not tokenizer.is_fast:
        raise ModelError(f"{folder} has no fast tokenizer (tokenizer.json). Convert it with transformers first.")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    tokenizer.padding_side = side
    return tokenizer

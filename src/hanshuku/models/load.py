"""load: networks and tokenizers, ready to run."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from hanshuku.errors import MissingExtra, ModelError
from hanshuku.models.catalogue import CATALOGUE, find
from hanshuku.models.info import ModelInfo
from hanshuku.models.pull import pull
from hanshuku.models.static import StaticModel, load_static
from hanshuku.models.weights import read_header, read_safetensors

__all__ = ["Loaded", "StaticModel", "load_causal", "load_encoder", "load_masked", "load_static", "load_tokenizer", "load_writer", "read_safetensors"]


_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json")


@dataclass
class Loaded:
    """A network with its tokenizer."""

    info: ModelInfo
    folder: Path  # a plain transformers folder
    network: Any  # torch.nn.Module, in evaluation mode
    tokenizer: Any  # a fast transformers tokenizer (of an encoder-decoder perhaps a slow one); it has a padding token


def load_encoder(name: str | PathLike[str], *, dtype: Any = None) -> Loaded:
    """A trunk that gives hidden states: an encoder without pooler, or a causal model without its output layer.

    Its tokenizer pads on the right.

    Args:
        name: catalogue name, hub name or folder.
        dtype: of its weights; None: float32.

    Raises:
        ModelError: it cannot be had, is no text model, or its weights are damaged or another network's.
        MissingExtra: torch or transformers is not installed.
    """
    info, folder = _place(name)
    if info.kind == "static":
        raise ModelError(f"{name} holds static word vectors; an encoder is due, such as {_names('encoder')}.")
    if info.kind == "encoder-decoder":
        raise ModelError(f"{name} is an encoder-decoder, which writes texts; an encoder is due here, such as {_names('encoder')}.")
    transformers, dtype = _libraries(dtype)
    network = _network(transformers.AutoModel, folder, dtype, transformers)
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "right"))


def load_causal(name: str | PathLike[str], *, dtype: Any = None) -> Loaded:
    """A causal language model with its output layer. Its tokenizer pads on the left, as generation needs.

    Args:
        name: catalogue name, hub name or folder.
        dtype: of its weights; None: float32.

    Raises:
        ModelError: it cannot be had, is no causal language model, or its weights are damaged or another network's.
        MissingExtra: torch or transformers is not installed.
    """
    info, folder = _place(name)
    if info.kind != "causal":
        raise ModelError(
            f"{name} is of kind {info.kind!r}; a causal language model is due, such as {_names('causal')}."
        )
    transformers, dtype = _libraries(dtype)
    network = _network(transformers.AutoModelForCausalLM, folder, dtype, transformers)
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "left"))


def load_masked(name: str | PathLike[str]) -> tuple[Loaded, bool]:
    """An encoder with the head that tells hidden tokens, and whether that head is in the folder; where it is not, it is left to chance.

    Args:
        name: catalogue name, hub name or folder.

    Raises:
        ModelError: it cannot be had, is no encoder, or its weights are damaged or another network's.
        MissingExtra: torch or transformers is not installed.
    """
    info, folder = _place(name)
    if info.kind != "encoder":
        raise ModelError(f"{name} is of kind {info.kind!r}; an encoder is due, such as {_names('encoder')}. A causal model goes on with objective clm.")
    transformers, dtype = _libraries(None)
    network, missing = _read(transformers.AutoModelForMaskedLM, folder, dtype, transformers)
    trunk = network.base_model_prefix + "."
    head = [name for name in missing if not name.startswith(trunk) and "embed" not in name]
    _refuse_missing(network, folder, [name for name in missing if name.startswith(trunk)])
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "right")), not head


def load_tokenizer(name: str | PathLike[str]) -> Any:
    """The tokenizer of a model alone, padding on the right.

    Args:
        name: catalogue name, hub name or folder; of a folder nothing else need be there.

    Raises:
        ModelError: it has none.
    """
    place = Path(fspath(name))
    transformers, _ = _libraries(None)
    return _tokenizer(transformers, place if (place / "tokenizer.json").is_file() else pull(fspath(name)), "right")


def load_writer(name: str | PathLike[str], *, dtype: Any = None) -> Loaded:
    """A network that writes texts: a causal language model, or an encoder-decoder such as T5, BART or Marian.

    An encoder-decoder's tokenizer pads on the right, and need not be a fast one: Marian has none.

    Args:
        name: catalogue name, hub name or folder.
        dtype: of its weights; None: float32.

    Raises:
        ModelError: it cannot be had, writes no texts, or its weights are damaged or another network's.
        MissingExtra: torch or transformers is not installed.
    """
    info, folder = _place(name)
    if info.kind != "encoder-decoder":
        return load_causal(name, dtype=dtype)
    transformers, dtype = _libraries(dtype)
    network = _network(transformers.AutoModelForSeq2SeqLM, folder, dtype, transformers)
    return Loaded(info, folder, network, _tokenizer(transformers, folder, "right", fast=False))


def _names(kind: str) -> str:
    return ", ".join(info.name for info in CATALOGUE.values() if info.kind == kind)


def _place(name: str | PathLike[str]) -> tuple[ModelInfo, Path]:
    folder = pull(fspath(name))
    return find(name), folder  # in this order: of a hub model more is known once it is here


def _libraries(dtype: Any) -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Running a model") from error
    return transformers, torch.float32 if dtype is None else dtype


def _network(auto: Any, folder: Path, dtype: Any, transformers: Any) -> Any:
    """The network with every weight from the folder: one that would be left to chance is an error, not a notice."""
    network, missing = _read(auto, folder, dtype, transformers)
    _refuse_missing(network, folder, missing)
    return network


def _refuse_missing(network: Any, folder: Path, missing: list[str]) -> None:
    if missing:
        raise ModelError(
            f"{folder} lacks {len(missing)} weights of a {type(network).__name__}, such as {missing[0]}: config.json and weights do not belong together."
        )


def _read(auto: Any, folder: Path, dtype: Any, transformers: Any) -> tuple[Any, list[str]]:
    """The network in evaluation mode, and the weights that the folder lacks, pooler aside."""
    settings: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    level, bar = transformers.logging.get_verbosity(), transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()  # ours shows what is being done; theirs would draw over it
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **settings)
        kind = auto._model_mapping.get(type(config), None)
        if "add_pooling_layer" in inspect.signature(kind.__init__).parameters if kind else ():
            settings["add_pooling_layer"] = False
        network, about = auto.from_pretrained(
            folder, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **settings
        )
    except Exception as error:  # each library below raises kinds of its own
        for file in sorted(folder.glob("*.safetensors")):
            read_header(file)  # says it if the file is cut short
        raise ModelError(
            f"{folder} cannot be loaded: {(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    finally:
        transformers.logging.set_verbosity(level)
        if bar:
            transformers.logging.enable_progress_bar()
    return network.eval(), sorted(name for name in about["missing_keys"] if "pooler" not in name)


def _tokenizer(transformers: Any, folder: Path, side: str, *, fast: bool = True) -> Any:
    # Without these files transformers makes, for some networks, a tokenizer that knows no word.
    if not any((folder / name).is_file() for name in _VOCABULARIES) and not any(folder.glob("*.model")):
        raise ModelError(f"{folder} has no tokenizer. Put tokenizer.json of this model beside its weights.")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # each library below raises kinds of its own
        raise ModelError(
            f"{folder} has no tokenizer that can be read: {(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    if fast and not tokenizer.is_fast:
        raise ModelError(f"{folder} has no fast tokenizer (tokenizer.json). Convert it with transformers first.")
    if tokenizer.pad_token is None:
        spare = tokenizer.eos_token or tokenizer.unk_token
        if spare is None:
            raise ModelError(
                f"{folder} has a tokenizer with no padding, end or unknown token; batches cannot be made. Give it a pad_token."
            )
        tokenizer.pad_token = spare
    tokenizer.padding_side = side
    return tokenizer

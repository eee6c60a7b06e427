"""A pytest plugin (-p tests.pretended_gpu): the GPU if there is one, else one that is pretended.

Tensors of the pretended device say that they are elsewhere, hold their values in ordinary memory, and refuse to meet
tensors that were left behind, as those of a GPU do. So what was never moved is found where no GPU is. What it does not show: speed, half precision, the
arithmetic of a GPU's kernels, and tensors made in inference mode, which the pretended device makes without gradient only.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch

NAME = "pretended"
_ATEN = torch.ops.aten
_MOVES = {_ATEN.copy_.default, _ATEN._to_copy.default}  # may have one tensor here and one there
_INDEXED = {_ATEN.index.Tensor, _ATEN.index_put_.default, _ATEN.index_put.default, _ATEN._index_put_impl_.default}  # ids may stay here, values not


class Placed(torch.Tensor):
    """A tensor of the pretended device; `held` has its values."""

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> Placed:
        return torch.Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, layout=held.layout,
            device=torch.device(NAME, 0), requires_grad=False,
        )  # fmt: skip

    def __init__(self, held: torch.Tensor) -> None:
        self.held = held

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"Placed({self.held!r})"

    def __deepcopy__(self, memo: dict) -> torch.Tensor:
        if id(self) not in memo:
            new = Placed(self.held.clone())
            is_parameter = isinstance(self, torch.nn.Parameter)
            memo[id(self)] = torch.nn.Parameter(new, requires_grad=self.requires_grad) if is_parameter else new.requires_grad_(self.requires_grad)
        return memo[id(self)]

    def tolist(self) -> Any:
        return self.held.tolist()

    def numpy(self, **more: Any) -> Any:
        raise TypeError("can't convert a tensor of another device to numpy. Use Tensor.cpu() first.")

    __array__ = numpy

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: tuple, kwargs: dict) -> Any:
    """Check where the tensors are, compute with what they hold, and place what comes out."""
    from torch.utils._pytree import tree_flatten, tree_map

    if func is _ATEN._has_compatible_shallow_copy_type.default:
        return False
    if func is _ATEN._local_scalar_dense.default:
        return args[0].held.item()
    tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, torch.Tensor)]
    placed = [each for each in tensors if isinstance(each, Placed)]
    _require_together(func, args, tensors)
    here = lambda each: each.held if isinstance(each, Placed) else each
    if "device" in kwargs:
        goes = torch.device(kwargs["device"] or NAME).type == NAME
        kwargs = {**kwargs, "device": torch.device("cpu") if goes else kwargs["device"]}
    else:
        goes = isinstance(args[0], Placed) if func in _MOVES else bool(placed)
    found = func(*tree_map(here, args), **tree_map(here, kwargs))
    if not goes:
        return found
    if func._schema.name.endswith("_") and isinstance(args[0], Placed):
        return args[0]
    known = {id(each.held): each for each in placed}
    return tree_map(lambda each: (known[id(each)] if id(each) in known else Placed(each)) if isinstance(each, torch.Tensor) else each, found)


def _require_together(func: Any, args: tuple, tensors: list) -> None:
    """What a GPU refuses: tensors of two devices in one operation, but for single numbers and ids."""
    if func in _MOVES or not any(isinstance(each, Placed) for each in tensors):
        return
    if func in _INDEXED:
        tensors = [each for each in (args[0], *args[2:3]) if isinstance(each, torch.Tensor)]
    left = [each for each in tensors if not isinstance(each, Placed) and (each.dim() or (func in _INDEXED and each is args[0]))]
    if left:
        raise RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, cpu and {NAME} ({func}).")


def _made(name: str) -> Callable:
    """A factory of the pretended device, for what torch makes by itself (gradients, zeros)."""
    packet, _, overload = name.partition(".")
    plain = getattr(getattr(_ATEN, packet), overload or "default")
    return lambda *args, **kwargs: Placed(plain(*args, **{**kwargs, "device": torch.device("cpu")}))


def _copied(source: torch.Tensor, target: Placed, non_blocking: bool = False) -> Placed:
    target.held.copy_(source.held if isinstance(source, Placed) else source)
    return target


def _start() -> list:
    """From here on the best device is the pretended one; what is given back must be kept."""
    import safetensors.torch
    from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

    _setup_privateuseone_for_python_backend(NAME)
    torch.pretended.get_amp_supported_dtype = lambda: [torch.bfloat16]
    library = torch.library.Library("aten", "IMPL")
    for name in ("empty.memory_format", "empty_strided"):
        library.impl(name, _made(name), "PrivateUse1")
    library.impl("_copy_from", _copied, "PrivateUse1")
    to, save = torch.nn.Module.to, safetensors.torch.save_file

    def moved(self: torch.nn.Module, *args: Any, **more: Any) -> torch.nn.Module:
        torch.__future__.set_swap_module_params_on_conversion(True)  # a parameter that two modules share stays one
        try:
            return to(self, *args, **more)
        finally:
            torch.__future__.set_swap_module_params_on_conversion(False)

    torch.nn.Module.to = moved
    safetensors.torch.save_file = lambda tensors, *args, **more: save({k: v.detach().cpu() for k, v in tensors.items()}, *args, **more)
    torch.inference_mode = lambda mode=True: torch.no_grad() if mode else torch.set_grad_enabled(torch.is_grad_enabled())
    import hanshuku.models.device as device  # before the others, which take best_device from it

    device.best_device = lambda: torch.device(NAME)
    import hanshuku.inference.backbone as backbone

    plainly = backbone.save_quietly  # transformers asks for addresses in memory
    backbone.save_quietly = lambda network, *args, **more: plainly(deepcopy(network).to("cpu"), *args, **more)
    return [library]


_KEPT = [] if torch.cuda.is_available() else _start()

"""hanshuku doctor: what this machine has, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from importlib import metadata, util
from pathlib import Path
from typing import Any

from hanshuku.cli.common import Json, print_json, stdout
from hanshuku.metrics.sandbox import walls_here

EXTRAS = {  # extra -> what it brings, by import name
    "base": ("numpy", "tokenizers", "onnxruntime", "typer", "rich"),
    "train": ("torch", "transformers", "peft", "accelerate", "datasets", "sklearn", "scipy", "safetensors", "pyarrow", "pandas", "onnx", "sacrebleu", "jsonschema"),
    "serve": ("fastapi", "uvicorn", "prometheus_client", "pydantic"),
    "track": ("tensorboard", "wandb"),
}
_PACKAGE = {"sklearn": "scikit-learn", "prometheus_client": "prometheus-client"}


def command(json: Json = False) -> None:
    """Say what is installed, what the processor can do, where models are kept and whether a hub can be reached."""
    found = examine()
    if json:
        print_json(found)
        return
    console = stdout()
    for title, facts in found.items():
        if isinstance(facts, dict):
            console.print(title, style="bold")
            for key, value in facts.items():
                console.print(f"  {key:<14}{value}", markup=False)
    for advice in found["advice"]:
        console.print(f"- {advice}", style="yellow", markup=False)
    if not found["advice"]:
        console.print("All is well.")


def examine() -> dict[str, Any]:
    """The facts, as plain JSON data, with a list of advice."""
    from hanshuku.models.catalogue import CATALOGUE
    from hanshuku.models.pull import cache_folder, is_cached

    advice: list[str] = []
    installed: dict[str, str] = {}
    for extra, names in EXTRAS.items():
        missing = [name for name in names if util.find_spec(name) is None]
        installed[extra] = "complete" if not missing else f"missing {', '.join(missing)}"
        if missing:
            target = "hanshuku" if extra == "base" else f'"hanshuku[{extra}]"'
            advice.append(f"{extra}: pip install {target}")
    cache = cache_folder()
    room = cache
    while not room.exists():
        room = room.parent
    free = shutil.disk_usage(room).free / 1e9
    if free < 2:
        advice.append(f"Only {free:.1f} GB are free at {room}; a model may need 1 GB. Set HANSHUKU_CACHE to a roomier disk.")
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for names in EXTRAS.values() for name in names if util.find_spec(name)}},
        "extras": installed,
        "machine": _machine(),
        "cache": {
            "folder": str(cache),
            "free": f"{free:.1f} GB",
            "models": ", ".join(name for name in CATALOGUE if is_cached(name)) or "none yet; they are pulled when first needed",
        },
        "network": {"offline": str(_offline()), "model hub": _hub()},
        "advice": advice,
    }


def _version(name: str) -> str:
    try:
        return metadata.version(_PACKAGE.get(name, name))
    except metadata.PackageNotFoundError:
        return "?"


def _machine() -> dict[str, str]:
    flags = ""
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        flags = next((line for line in lines if line.startswith("flags")), "")
    fast = [name for name in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8") if f" {name} " in flags + " "]
    facts = {"processor": platform.machine(), "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())}
    facts["fast paths"] = ", ".join(fast) or "unknown"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        facts["memory"] = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"
    walls = walls_here()
    facts["sandbox"] = f"generated programs run behind {', '.join(walls)}" if walls else "none: generated programs are not run here, and pass_at_1 is not measured"
    if util.find_spec("torch"):
        import torch

        facts["gpu"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
        facts["threads"] = str(torch.get_num_threads())
    return facts


def _offline() -> bool:
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in ("HANSHUKU_OFFLINE", "HF_HUB_OFFLINE"))


def _hub() -> str:
    if _offline():
        return "not asked: offline by request"
    host = os.environ.get("HF_ENDPOINT", "https://huggingface.co").split("//")[-1].split("/")[0]
    try:
        socket.create_connection((host.split(":")[0], 443), timeout=2).close()
    except OSError:
        return f"{host} cannot be reached; catalogue models come from the package registry instead"
    return f"{host} answers"

"""What a run costs: wall time and the true peak of memory."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

LIBRARIES = ("hanshuku", "numpy", "torch", "transformers", "peft", "tokenizers", "scikit-learn", "onnxruntime")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_memory_mb() -> float | None:
    """The most memory that this process has held at once since it started or since `reset_peak`, in MB; None: not to be had.

    On Linux this is VmHWM, not ru_maxrss: the latter is inherited from whoever started the process.
    """
    with contextlib.suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import psutil

        memory = psutil.Process().memory_info()
        if hasattr(memory, "peak_wset"):  # Windows
            return float(memory.peak_wset) / 2**20
    except ImportError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def reset_peak() -> None:
    """Count the peak anew from here, where the system lets us (Linux); elsewhere the peak is that since the start."""
    with contextlib.suppress(OSError):
        CLEAR.write_text("5")


def machine() -> str:
    """The machine in words, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores"


def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that a result depends on, read without importing them."""
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions

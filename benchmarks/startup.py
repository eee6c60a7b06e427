"""Import, --help and the first answer of an exported function, against importing transformers.pipeline.

    python benchmarks/startup.py [--runs 5]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, interleave, median, ratios, record

CALL = ["-c", "from hanshuku.cli.main import main; main()"]


def timed(*arguments: str) -> dict:
    """Wall seconds of a whole Python process."""
    import os

    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=env)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stderr)
    return {"seconds": round(seconds, 3)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.data.read import read
    from hanshuku.data.samples import label_descriptions, sample_path
    from hanshuku.functions.export import export
    from hanshuku.functions.verbs import classify

    with tempfile.TemporaryDirectory() as folder:
        learned = classify(label_descriptions("customer", "en")).learn(read(sample_path("customer_en", "train")), method="probe", model="minilm")
        exported = str(Path(folder) / "a.fn")
        export(learned, exported)
        found = interleave(
            {
                "bare python": lambda: timed("-c", "pass"),
                "import hanshuku": lambda: timed("-c", "import hanshuku"),
                "hanshuku --help": lambda: timed(*CALL, "--help"),
                "first answer of an exported function": lambda: timed(*CALL, "call", exported, "where is my parcel?"),
                "from transformers import pipeline": lambda: timed("-c", "from transformers import pipeline"),
            },
            runs,
        )
    theirs = found["from transformers import pipeline"]
    record("startup", {
        "n": runs,
        "median_seconds": {name: round(median(rows, "seconds"), 3) for name, rows in found.items()},
        "against_pipeline": {name: ratios(rows, theirs, "seconds") for name, rows in found.items()},
    })  # fmt: skip


if __name__ == "__main__":
    main()

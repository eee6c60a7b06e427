"""kill -9 during `hanshuku learn` at ten random moments: the run that goes on gives the weights of one that was never killed.

    python benchmarks/kill_resume.py [--kills 10] [--rows 200]

Each kill comes at a random moment of the whole command, loading and saving included; the command is then started again, and
killed again, until the kills are used up; the last start runs to its end. A function at --out, where there is one, must load.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, record, rows_of

COMMAND = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", "learn"]


def start(folder: Path, out: str) -> subprocess.Popen:
    """Begin to learn."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "HANSHUKU_CHECKPOINT_S": "0"}
    options = ["--method", "finetune", "--model", "minilm", "--set", "epochs=2", "--out", str(folder / out), "--quiet", "--seed", "3"]
    return subprocess.Popen([*COMMAND, str(folder / "train.jsonl"), *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)


def weights(function: Path) -> str:
    """SHA-256 over the saved network and head."""
    digest = hashlib.sha256()
    for file in sorted(function.rglob("*.safetensors")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rows", type=int, default=200)
    options = parser.parse_args()
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = rows_of("sst2", "train", options.rows)
        (folder / "train.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        begin = time.monotonic()
        child = start(folder, "whole.fn")
        if child.wait():
            sys.exit(child.stderr.read().decode())
        seconds = time.monotonic() - begin
        expected = weights(folder / "whole.fn")
        moments, half, resumed = [], 0, 0
        for number in range(options.kills):
            child = start(folder, "killed.fn")
            moments.append(round(rng.uniform(0.25, 1.0) * seconds, 2))
            try:
                child.wait(moments[-1])
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
            resumed += (folder / "killed.fn.run" / "checkpoint").exists()
            if (folder / "killed.fn").exists():
                half += weights(folder / "killed.fn") != expected
            print(f"kill {number + 1} after {moments[-1]} s", file=sys.stderr, flush=True)
        child = start(folder, "killed.fn")
        child.wait()
        same = weights(folder / "killed.fn") == expected
        litter = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    record("kill_resume", {
        "rows": options.rows, "kills": options.kills, "moments_s": moments, "seconds_of_a_whole_run": round(seconds, 1), "kills_that_left_a_checkpoint": resumed,
        "same_weights_at_the_end": same, "half_written_functions_seen": half, "litter_left": litter,
    })  # fmt: skip


if __name__ == "__main__":
    main()

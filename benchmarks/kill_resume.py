"""kill -9 during `hanshuku learn` at ten random moments: the run that goes on gives the weights of one that was never killed.

    python benchmarks/kill_resume.py [--kills 10] [--rows 200]

Each kill comes at a random moment of the whole command, loading and saving included; the command is then started again, and
killed again, until the kills are used up; the last start runs to its end. Every function that is found at --out must be the whole one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
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
        moments, finished, resumed = [], [], 0
        while len(moments) < options.kills:
            child = start(folder, "killed.fn")
            moment = round(rng.uniform(0.2, 1.0) * seconds, 2)
            try:
                child.wait(moment)
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                moments.append(moment)
            resumed += (folder / "killed.fn.run" / "checkpoint").exists()
            if (folder / "killed.fn").exists():  # it came to its end, killed after that or not
                finished.append(weights(folder / "killed.fn") == expected)
                shutil.rmtree(folder / "killed.fn")
            print(f"{len(moments)} kills, {len(finished)} runs finished, the last moment {moment} s", file=sys.stderr, flush=True)
        child = start(folder, "killed.fn")
        child.wait()
        finished.append(weights(folder / "killed.fn") == expected)
        litter = [path.name for path in folder.iterdir() if path.name not in {"train.jsonl", "whole.fn", "killed.fn"}]
    record("kill_resume", {
        "rows": options.rows, "kills": options.kills, "moments_s": moments, "seconds_of_a_whole_run": round(seconds, 1), "kills_that_left_a_checkpoint": resumed,
        "runs_that_finished": len(finished), "of_these_with_the_same_weights": sum(finished), "litter_left": litter,
    })  # fmt: skip


if __name__ == "__main__":
    main()

"""`hanshuku learn`, method finetune with its defaults, on whole data sets: the test metric, one command each.

    python benchmarks/learn_quality.py [--sets banking77 sst2 ...] [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import DATA, RESULTS, ROOT, environment

SETS = {  # name -> model, metric, figure to reach
    "banking77": ("minilm", "accuracy", 0.93),
    "sst2": ("minilm", "accuracy", 0.88),
    "stsb_en": ("minilm", "spearman", 0.82),
    "mnli": ("minilm", "accuracy", None),
    "go_emotions": ("minilm", "micro_f1", 0.50),
    "chnsenticorp_hotel": ("e5-multilingual", "accuracy", 0.90),
}


def file_of(name: str, part: str) -> str:
    """The file of a part."""
    return str(next(path for path in (DATA / name).glob(f"{part}.jsonl*")))


def learned(train: str, test: str, model: str, seed: str) -> tuple[str, dict, float]:
    """The command `hanshuku learn` with its defaults for method finetune, the object that it printed, and its wall seconds."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["learn", train, "--test", test, "--method", "finetune", "--model", model, "--seed", seed]
        command = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", *arguments, "--out", str(Path(folder) / "a.fn"), "--json"]
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
        seconds = time.perf_counter() - begin
    if done.returncode:
        sys.exit(done.stderr)
    return "hanshuku " + " ".join(arguments).replace(str(DATA), "../shared/data"), json.loads(done.stdout), seconds


def main() -> None:
    """Run the command for each set; results are added to the file as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--seed", default="0")
    options = parser.parse_args()
    out = RESULTS / "learn_quality.json"
    results = json.loads(out.read_text())["results"] if out.is_file() else {}
    for name in options.sets:
        model, metric, target = SETS[name]
        shown, found, seconds = learned(file_of(name, "train"), file_of(name, "test"), model, options.seed)
        about = environment()
        results[f"{name}, seed {options.seed}"] = {
            "command": shown, "metric": metric, **found["metrics"][metric], "to_reach": target, "seconds": round(seconds, 1),
            "fit_seconds": found["origin"]["seconds"], "commit": about["commit"], "date": about["date"], "load": about["load_at_start"],
        }  # fmt: skip
        out.write_text(json.dumps({**environment(), "results": results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(name, json.dumps(results[f"{name}, seed {options.seed}"]), flush=True)


if __name__ == "__main__":
    main()

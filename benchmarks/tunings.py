"""Each tuning of `finetune` on 2,000 rows of ag_news in one `hanshuku compare`: accuracy, parameters moved, seconds, peak memory.

    python benchmarks/tunings.py [--rows 2000] [--seeds 1] [--folder FOLDER]

Finished runs are kept in FOLDER, so that a comparison that was stopped goes on. Besides the record it draws results/tunings.png.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from common import RESULTS, ROOT, record, rows_of

TUNINGS = ("all", "head", "last_layers", "bias", "lora", "dora", "ia3", "prefix", "prompt", "adapter")


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--test-rows", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--folder", default="/tmp/hanshuku-tunings")
    options = parser.parse_args()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", options.rows), ("test", options.test_rows)):
        rows = rows_of("ag_news", part)
        random.Random(0).shuffle(rows)
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[:count]), encoding="utf-8")
    methods = ",".join(f"finetune@minilm:tuning={name}" for name in TUNINGS)
    arguments = ["compare", str(folder / "train.jsonl"), "--test", str(folder / "test.jsonl"), "--methods", methods, "--seeds", str(options.seeds)]
    more = ["--folder", str(folder / "runs"), "--plot", str(RESULTS / "tunings.png"), "--json"]
    command = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", *arguments, *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    if done.returncode:
        sys.exit(done.returncode)
    record("tunings", {"rows": options.rows, "command": "hanshuku " + " ".join(arguments), "comparison": json.loads(done.stdout)})


if __name__ == "__main__":
    main()

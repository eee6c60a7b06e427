"""Peak memory of reading and checking files of 100,000, 300,000 and 1,000,000 rows as streams.

    python benchmarks/data_stream.py [--out benchmarks/results/data_stream.json] [--rows 100000 300000 1000000]

Each measurement is a process of its own: its peak resident memory (VmHWM) is what the kernel says of it, less that of a
process which only imports the same modules. Memory is flat where it does not grow with the rows.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

WORDS = {
    "en": ["parcel", "refund", "card", "late", "broken", "thanks", "please", "order", "never", "came", "driver", "box", "size", "wrong", "colour", "refill", "account"],
    "zh": ["快递", "退款", "银行卡", "迟到", "破损", "谢谢", "请", "订单", "没有", "收到", "司机", "盒子", "尺寸", "错误", "颜色", "账户"],
}
LABELS = ("billing", "delivery", "refund", "other")
PROGRAM = """
import sys
from hanshuku.data.check import check
from hanshuku.data.read import read
job, path = sys.argv[1:]
if job == "stream":
    rows = sum(len(batch) for batch in read(path, stream=True).batches())
elif job == "check":
    rows = check(path).rows
elif job == "memory":
    rows = len(read(path))
else:
    rows = 0
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, peak)
"""


def write(path: Path, rows: int) -> None:
    """A file of `rows` varied rows, about 110 characters each, half of them Chinese."""
    rng = random.Random(rows)
    with path.open("w", encoding="utf-8") as file:
        if path.suffix == ".csv":
            file.write("text,label\n")
        for i in range(rows):
            language = "zh" if i % 2 else "en"
            text = ("" if i % 2 else " ").join(rng.choices(WORDS[language], k=16)) + f" {i}"
            label = rng.choice(LABELS)
            file.write(f'"{text}",{label}\n' if path.suffix == ".csv" else json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n")


def measure(job: str, path: Path) -> dict[str, float]:
    """Rows seen, peak memory in MB, seconds."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", PROGRAM, job, str(path)], capture_output=True, text=True, check=True)
    rows, peak = map(int, done.stdout.split())
    return {"rows": rows, "peak_mb": round(peak / 1024, 1), "seconds": round(time.perf_counter() - start, 1)}


def commit() -> str:
    """The commit at hand, or "" outside a repository."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "data_stream.json")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        idle = measure("idle", Path(folder))["peak_mb"]
        for n in options.rows:
            for suffix in (".csv", ".jsonl"):
                path = Path(folder) / f"rows{suffix}"
                write(path, n)
                for job in ("stream", "check", "memory"):
                    found = measure(job, path)
                    extra = round(found["peak_mb"] - idle, 1)
                    results.append({"job": job, "format": suffix[1:], "file_mb": round(path.stat().st_size / 2**20, 1), "extra_mb": extra, **found})
                    print(results[-1], flush=True)
                path.unlink()
    report = {
        "commit": commit(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}",
        "imports_only_mb": idle,
        "results": results,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"imports alone {idle} MB; wrote {options.out}")


if __name__ == "__main__":
    main()

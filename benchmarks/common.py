"""What every benchmark shares: the machine, the commit, child processes one after the other, a JSON file of results."""

from __future__ import annotations

import functools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("HANSHUKU_SHARED_DATA", ROOT.parent / "shared" / "data"))
LIBRARIES = ("torch", "transformers", "peft", "setfit", "sentence-transformers", "onnxruntime", "numpy", "fastapi", "uvicorn")
PEAK = "\nprint(); print('PEAK', next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"


def environment() -> dict:
    """Commit, date, machine and versions: what a number means nothing without."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=ROOT).stdout.strip()
    changed = bool(subprocess.run(["git", "status", "--porcelain", "src"], capture_output=True, text=True, cwd=ROOT).stdout.strip())
    processor = platform.machine()
    if Path("/proc/cpuinfo").is_file():
        processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), processor)
    cards = subprocess.run("nvidia-smi --query-gpu=name --format=csv,noheader", shell=True, capture_output=True, text=True).stdout.split("\n")[:-1]
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "commit": os.environ.get("HANSHUKU_COMMIT") or commit + ("+changes" if changed else ""),  # named where a copy without its history runs
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": f"{processor}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}" + "".join(f", {card}" for card in cards),
        "load_at_start": os.getloadavg()[0],
        "versions": versions,
    }


def record(name: str, results: dict) -> Path:
    """Write results with the environment to benchmarks/results/NAME.json and print them."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    cells = {"cells_made_on": sorted(Cells.machines)} if Cells.machines else {}
    file.write_text(json.dumps({**environment(), **cells, **results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1, ensure_ascii=False))
    print(f"wrote {file.relative_to(ROOT)}")
    return file


def child(program: str, *arguments: str, python: str = sys.executable, timeout: float = 3600) -> dict:
    """Run a Python program that prints a JSON object last; add wall seconds, processor seconds and peak memory of the process."""
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}

    def run() -> tuple[int, str, str]:
        done = subprocess.run([python, "-c", program + PEAK, *arguments], capture_output=True, text=True, env=env, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    return _measured(run)


def fork(program: str, *arguments: str, loaded: str) -> dict:
    """The same in a copy of this process, which has run `loaded` (imports) once: for many short programs whose answers count, not their start.

    One thread, since threads do not survive a fork.
    """
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    if str(ROOT / "src") not in sys.path:
        sys.path.insert(0, str(ROOT / "src"))
    _load(loaded)

    def run() -> tuple[int, str, str]:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            number = os.fork()
            if not number:
                _become(program + PEAK, arguments, out.fileno(), errors.fileno())
            _, status = os.waitpid(number, 0)
            out.seek(0)
            errors.seek(0)
            return os.waitstatus_to_exitcode(status), out.read(), errors.read()

    return _measured(run)


@functools.cache
def _load(loaded: str) -> None:
    """Run this once."""
    exec(loaded, {})


def _become(code: str, arguments: tuple[str, ...], out: int, errors: int) -> None:
    """Run the code in place of what this copy of the process would go on with, and end."""
    os.dup2(out, 1)
    os.dup2(errors, 2)
    sys.argv = ["-c", *arguments]
    status = 0
    try:
        exec(code, {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _measured(run: Callable[[], tuple[int, str, str]]) -> dict:
    """What a child printed as JSON, with its wall seconds, processor seconds and peak memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    status, printed, errors = run()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status:
        raise RuntimeError(errors[-3000:])
    lines = [line for line in printed.splitlines() if line.strip()]
    found = next((json.loads(line) for line in reversed(lines) if line.startswith("{")), {})
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = int(lines[-1].split()[1]) / 1024
    return {**found, "process_wall_s": round(wall, 3), "process_cpu_s": round(processor, 3), "peak_mb": round(peak, 1)}


class Cells(dict):
    """Finished cells by their keys, which are tuples; each is a line of a file as soon as it is there, so that a run that was stopped goes on.

    Args:
        name: of the benchmark; the file is results/NAME.cells.jsonl.
        file: another one in its place.
        fresh: start anew.
    """

    machines: ClassVar[set[str]] = set()  # where the cells at hand were made

    def __init__(self, name: str, *, file: Path | None = None, fresh: bool = False) -> None:
        self.file = file or RESULTS / f"{name}.cells.jsonl"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            self.file.unlink(missing_ok=True)
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.is_file() else []
        super().__init__({tuple(cell["key"]): cell for cell in map(json.loads, lines)})
        self.machines.update(cell["machine"] for cell in self.values() if "machine" in cell)

    def fill(self, key: tuple, make: Callable[[], dict], *, hidden: tuple = ("right", "trials")) -> dict:
        """The cell of this key, made and written now where it is not there yet; it is printed without what is hidden."""
        if key not in self:
            found = {"key": key, **make()}
            about = environment()
            self[key] = {**found, "commit": about["commit"], "load": about["load_at_start"], "machine": about["machine"]}
            self.machines.add(about["machine"])
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(self[key], ensure_ascii=False) + "\n")
            print({name: value for name, value in self[key].items() if name not in hidden}, file=sys.stderr, flush=True)
        return self[key]


def interleave(programs: dict, runs: int) -> dict:
    """Call each program in turn, `runs` times over, so that a machine that slows down slows all; lists of what each gave.

    Args:
        programs: name -> callable without arguments that gives a dict.
        runs: rounds.
    """
    found: dict = {name: [] for name in programs}
    for round_ in range(runs):
        for name, program in programs.items():
            found[name].append(program())
            print(f"round {round_ + 1}: {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    return found


def median(runs: list, key: str) -> float:
    """The median of a key over runs."""
    return statistics.median(run[key] for run in runs)


def ratios(ours: list, theirs: list, key: str) -> dict:
    """Ours over theirs, round by round: median, least and most."""
    found = [a[key] / b[key] for a, b in zip(ours, theirs, strict=True)]
    return {"median": round(statistics.median(found), 3), "min": round(min(found), 3), "max": round(max(found), 3), "n": len(found)}


def mean_of(values: list[float]) -> dict:
    """Mean over seeds and half of its 95% interval (Student's t)."""
    from hanshuku.metrics.intervals import t_quantile

    half = t_quantile(len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return {"mean": round(statistics.mean(values), 4), "half_interval": round(half, 4)}


def rows_of(name: str, part: str, limit: int = 0) -> list:
    """Rows of a shared data set, as dicts."""
    import gzip

    for file in (DATA / name / f"{part}.jsonl", DATA / name / f"{part}.jsonl.gz"):
        if file.is_file():
            stream = gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8")
            with stream:
                rows = [json.loads(line) for line in stream]
            return rows[:limit] if limit else rows
    sys.exit(f"{DATA / name} has no {part}; set HANSHUKU_SHARED_DATA to the folder of the data sets.")

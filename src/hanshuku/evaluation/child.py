"""Run a job in a fresh process, so that its peak memory is its own and its crash is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hanshuku.evaluation.run_files import load_record, write_json
from hanshuku.evaluation.runs import FAILED, Candidate, RunRecord
from hanshuku.evaluation.worker import MARK
from hanshuku.training.run import Step, silent

TAIL = 300  # characters of stderr that a message keeps


def run_in_child(
    candidate: Candidate,
    rows: tuple[Path, Path],
    folder: Path,
    *,
    seed: int,
    budget_s: float | None = None,
    checkpoints: bool = False,
    kill_at: float | None = None,
    report: Callable[[Step], None] = silent,
) -> RunRecord:
    """The record of a run that was performed in a process of its own.

    Args:
        candidate: what to learn by.
        rows: where `save_rows` put train and test.
        folder: for the job, its log and its checkpoints.
        seed: of the run.
        budget_s: wall seconds the fit may take.
        checkpoints: keep them (in `fit`), so that a killed fit goes on from there.
        kill_at: time.monotonic() at which it is ended, whatever it does.
        report: called with its progress.

    Raises:
        ConfigError: the method cannot be made again in another process.
    """
    job = {"name": candidate.name, "method": candidate.to_json(), "train": str(rows[0]), "test": str(rows[1]), "seed": seed, "budget_s": budget_s}
    write_json(folder / "job.json", {**job, "folder": str(folder / "fit") if checkpoints else None})
    (folder / "record.json").unlink(missing_ok=True)
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    with (folder / "log.txt").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hanshuku.evaluation.worker", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", errors="replace",
            env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        ended_early = _follow(process, kill_at, report)
        log.seek(0)
        printed = log.read().strip()[-TAIL:]
    record = load_record(folder / "record")
    if record is not None:
        return record
    return RunRecord(candidate.name, candidate.model, seed, FAILED, message=_why(process.returncode, printed, ended_early=ended_early), budget_s=budget_s)


def _follow(process: subprocess.Popen[str], kill_at: float | None, report: Callable[[Step], None]) -> bool:
    """Pass on progress until the process has ended; whether it was ended because its time was over."""
    timer = threading.Timer(max(0.0, kill_at - time.monotonic()), process.kill) if kill_at is not None else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        for line in process.stdout or ():
            if line.startswith(MARK):
                report(Step(**json.loads(line[len(MARK) :])))
        process.wait()
    finally:
        if timer:
            timer.cancel()
        process.kill()  # after Ctrl-C here; nothing to end where it has ended
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
    return kill_at is not None and time.monotonic() >= kill_at


def _why(code: int, printed: str, *, ended_early: bool) -> str:
    if ended_early:
        return "It was ended because the budget was spent."
    if code == -9:
        return "The system ended it (signal 9), most likely because memory ran out."
    cause = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"Its process ended with {cause} and no result. {printed}".strip()

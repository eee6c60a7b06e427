"""The process of one run: ``python -m hanshuku.evaluation.worker FOLDER`` reads job.json there and writes record.json and .npz.

Progress goes to stdout, one JSON object a line after MARK. When whoever started it is gone, so is it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from hanshuku.evaluation.run_files import load_rows, save_record
from hanshuku.evaluation.runs import Job, method_from_json, perform
from hanshuku.training.run import Step

MARK = "\x1e"  # what libraries print on stdout does not begin with it


def main(folder: Path) -> None:
    """Perform the job in this folder."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    train, test = load_rows(Path(job["train"])), load_rows(Path(job["test"]))
    checkpoints = Path(job["folder"]) if job["folder"] else None
    work = Job(method_from_json(job["method"]), job["method"]["model"], train, test, job["seed"], job["budget_s"], checkpoints)
    save_record(perform(job["name"], work, _report), folder / "record")


def _report(step: Step) -> None:
    sys.stdout.write(MARK + json.dumps(asdict(step)) + "\n")
    sys.stdout.flush()


def _leave_with_parent() -> None:
    """The other end of stdin is held by the parent and never written to: its end is the parent's end."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

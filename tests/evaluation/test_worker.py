"""The process of one run: it ends with whoever started it, and what it has finished is not done again."""

import subprocess
import sys

import pytest

from hanshuku.evaluation.compare import Candidate, compare
from hanshuku.evaluation.run_files import load_rows, save_record, save_rows, write_json
from hanshuku.evaluation.runs import Job, perform
from tests.evaluation.nearest import MOOD, Nearest, mood_rows

TRAIN, TEST = mood_rows(30, 0), mood_rows(30, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="looks at processes the Unix way")
def test_it_ends_when_the_one_that_started_it_is_gone(tmp_path):
    save_rows(TRAIN, tmp_path / "rows")
    slow = Candidate("slow", Nearest(seconds=300), "none")
    job = {"name": "slow", "method": slow.to_json(), "train": str(tmp_path / "rows"), "test": str(tmp_path / "rows"), "seed": 0, "budget_s": None, "folder": None}
    write_json(tmp_path / "job.json", job)
    command = f"import sys; sys.path[:0] = {sys.path!r}; from pathlib import Path; from hanshuku.evaluation.worker import main; main(Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline()  # it has begun to learn
    process.stdin.close()
    assert process.wait(timeout=60) == 1


def test_a_run_that_was_finished_while_its_starter_was_killed_is_kept(tmp_path):
    candidate = Candidate("a", Nearest(), "none", isolated=False)
    compare(TRAIN, TEST, [candidate], run_folder=tmp_path)
    (finished,) = (tmp_path / "runs").glob("*.json")
    for path in (tmp_path / "runs").iterdir():
        path.unlink()
    record = perform("a", Job(Nearest(), "none", TRAIN, TEST, 0))
    save_record(record, tmp_path / "work" / finished.stem / "record")
    lines = []
    compare(TRAIN, TEST, [candidate], run_folder=tmp_path, report=lines.append)
    assert "kept from before" in lines[0]
    assert finished.exists()


def test_rows_come_back_as_they_were_written_whatever_their_letters(tmp_path):
    odd = mood_rows(2, 0).take([0, 1])
    odd = type(odd)(MOOD, [("字\ud800\x00",), ("",)], odd.targets, odd.lines)
    save_rows(odd, tmp_path / "rows")
    back = load_rows(tmp_path / "rows")
    assert back.inputs == odd.inputs
    assert back.task == odd.task
    assert (back.targets == odd.targets).all()

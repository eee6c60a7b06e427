"""run_program: one generated program with its tests in a process of its own, walled in, within limits, watched from outside."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
# what must stand before a program is run, one of each: nothing leaves, nothing is written elsewhere, nothing multiplies
NEEDED = (("seccomp", "network namespace"), ("landlock", "read-only mounts"), ("seccomp",), ("limits",))
MOST_SAID = 65_536  # bytes that are read from the process
STEP_S = 0.05  # between two looks at what it has written


@dataclass(frozen=True)
class Limits:
    """What a program may spend."""

    wall_s: float = 20.0  # seconds until it is ended, its start included; enough for cpu_s on a machine that others use too
    cpu_s: int = 5  # seconds of processor time
    memory_mb: int = 512  # address space
    file_kb: int = 1024  # of one file; all together 16 times as much
    files: int = 64  # open at once
    threads: int = 64  # it cannot make processes


@dataclass(frozen=True)
class Verdict:
    """What came of a program."""

    passed: bool  # it ran to the end and so did every test
    reason: str  # why not: "test 2: AssertionError: ", "ended: ..."; "" where it passed
    walls: tuple[str, ...] = ()  # that stood round it


def run_program(program: str, tests: Sequence[str], limits: Limits = Limits()) -> Verdict:
    """Run Python code and then its tests, in order, in the same module; it has passed when none of them raised.

    It runs in this Python with what is installed here, as a process of its own without network, other processes, or any file but those in an
    empty folder that is gone afterwards; see `walls`. A program that loops, fills memory or folder, forks, opens a socket, kills
    or prints without end harms nothing and has not passed; neither has one that ends itself. One that was written to deceive its
    judge from within (an object that equals everything) can still pass, as with any tests that run beside the program.

    Args:
        program: Python source.
        tests: Python sources that raise where the program is wrong.
        limits: what it may spend.

    Returns:
        The verdict. Where this machine cannot wall it in, it is not run and the reason begins with "no sandbox".
    """
    if sys.platform != "linux":
        return Verdict(False, f"no sandbox: generated programs are run on Linux alone, not on {sys.platform}")
    work = tempfile.mkdtemp(prefix="hanshuku-program-")
    token = secrets.token_hex(16)
    job: dict[str, object] = {
        "work": work, "token": token, "program": program, "tests": list(tests), "needed": NEEDED,
        "limits": {
            "memory": limits.memory_mb << 20, "cpu_s": limits.cpu_s, "file_bytes": limits.file_kb << 10, "files": limits.files, "threads": limits.threads,
        },
    }  # fmt: skip
    try:
        said, ended = _watch(job, work, limits)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return _verdict(said, ended, token)


@lru_cache(maxsize=1)
def walls_here() -> tuple[str, ...]:
    """The walls that this machine builds round a program; none where programs are not run."""
    verdict = run_program("", [])
    return verdict.walls if verdict.passed else ()


def _watch(job: dict[str, object], work: str, limits: Limits) -> tuple[bytes, str]:
    """What the process said, and why it was ended from outside ("" where it ended by itself)."""
    read_end, write_end = os.pipe()
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": work, "TMPDIR": work, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, read_end)
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=(write_end,), cwd=work, env=environment, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(write_end)
        stack.callback(_end, process)
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # type: ignore[union-attr]
            stdin.write(json.dumps({**job, "out": write_end}).encode("utf-8", "surrogatepass"))
        return _listen(read_end, work, limits)


def _listen(read_end: int, work: str, limits: Limits) -> tuple[bytes, str]:
    deadline, said = time.monotonic() + limits.wall_s, b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([read_end], [], [], min(left, STEP_S))[0]:
            if _size(work) > 16 * limits.file_kb << 10:
                return said, f"more than {16 * limits.file_kb:,} kB written"
            continue
        part = os.read(read_end, MOST_SAID)
        said += part
        if not part:
            return said, ""
        if len(said) > MOST_SAID:
            return said, "too much said"
    return said, f"more than {limits.wall_s:g} s"


def _size(work: str) -> int:
    """Bytes in the folder as it is seen from here: none where it lies in a mount of the program's own."""
    total = 0
    for folder, _, names in os.walk(work):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH118
    return total


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


def _verdict(said: bytes, ended: str, token: str) -> Verdict:
    lines = []
    for line in said[:MOST_SAID].splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    lines = [line for line in lines if isinstance(line, dict)]
    walls = tuple(map(str, lines[0].get("walls", ()))) if lines else ()
    if not all(any(wall in walls for wall in group) for group in NEEDED):
        return Verdict(False, f"no sandbox: this machine gives only {', '.join(walls) or 'nothing'}", walls)
    if ended:
        return Verdict(False, f"ended: {ended}", walls)
    if any(line.get("token") == token for line in lines[1:]):
        return Verdict(True, "", walls)
    failed = next((str(line["failed"]) for line in lines[1:] if "failed" in line), "")
    return Verdict(False, failed or "it ended itself, or was ended by a limit, before its tests were through", walls)

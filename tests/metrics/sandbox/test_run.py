"""The sandbox: a right program passes; one that loops, forks, writes, connects, kills, fills or pretends is stopped and harms nothing."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hanshuku.metrics.sandbox import Limits, run_program, walls_here
from hanshuku.metrics.sandbox import run as module

pytestmark = pytest.mark.skipif(not walls_here(), reason="this machine builds no walls round a program")

SHORT = Limits(wall_s=30, cpu_s=1)


def reason(program, *tests, limits=SHORT):
    verdict = run_program(program, tests, limits)
    assert not verdict.passed
    return verdict.reason


def test_a_right_program_passes_and_a_wrong_one_says_which_test_it_fails():
    assert run_program("def f(x):\n    return x + 1", ["assert f(1) == 2", "assert f(-1) == 0"]).passed
    assert reason("def f(x): return x", "assert f(0) == 0", "assert f(1) == 2").startswith("test 2: AssertionError")
    assert reason("def f(x: return", "assert True").startswith("program: SyntaxError")


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(0)", "import os; os._exit(0)", "raise SystemExit", "exit()", "quit(0)", "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "import atexit, os; atexit.register(os._exit, 0); raise KeyboardInterrupt",
        "def f(): raise SystemExit(0)\nf()",
        'import os\nfor out in range(64):\n    try:\n        os.write(out, b\'{"token": "x"}\\n{"passed": true}\\n\')\n    except OSError:\n        pass\nos._exit(0)',
    ],
)  # fmt: skip
def test_a_program_that_ends_itself_has_passed_nothing(program):
    assert reason(program, "assert False")
    assert reason(program)


class TestHarm:
    """Each of these programs would pass if it could do what it tries."""

    @pytest.mark.parametrize(
        "program",
        [
            "import os; os.fork()", "import subprocess; subprocess.run(['true'])", "import multiprocessing as m; p = m.Process(); p.start()", "import os; os.system('true') and 1/0",
            "import socket; socket.socket()", "import socket; socket.socket(socket.AF_UNIX)", "import urllib.request as u; u.urlopen('http://127.0.0.1')",
            "import os; os.kill(os.getppid(), 9)", "import os; os.kill(-1, 9)", "import os; os.kill(0, 9)", "import os; os.killpg(0, 9)", "import os; os.setsid()",
            "import os; os.chmod('/tmp', 0o777)", "import os; os.utime('/tmp')", "import os; os.rename('/tmp', '/tmp2')", "import os; os.nice(-5)",
            "import os; os.sched_setaffinity(os.getppid() or 1, {0})", "import resource as r; r.prlimit(os.getppid(), r.RLIMIT_CPU, (1, 1))",
            "import resource as r; r.setrlimit(r.RLIMIT_CPU, (900, 900))", "import os; os.setuid(0); open('/etc/shadow').read()",
        ],
    )  # fmt: skip
    def test_what_reaches_beyond_the_process_is_refused(self, program):
        if "os.system" in program:
            program = "import os; assert os.system('true') == 0"
        assert reason(program, "")

    def test_it_writes_nowhere_but_in_its_folder_which_is_gone_afterwards(self, tmp_path, monkeypatch):
        for place in (tmp_path / "x", Path(tempfile.gettempdir()) / "hanshuku-harm", Path.home() / "hanshuku-harm", Path("/dev/shm/hanshuku-harm")):
            assert reason(f"open({str(place)!r}, 'w').write('x')").startswith("program: ")
            assert not place.exists()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert run_program("open('mine', 'w').write('x')\nimport os; os.mkdir('d'); os.rename('mine', 'd/mine')", ["assert open('d/mine').read() == 'x'"]).passed
        assert not list(tmp_path.iterdir())

    def test_it_overwrites_and_removes_nothing(self, tmp_path):
        mine = tmp_path / "mine"
        mine.write_text("kept")
        for act in (f"open({str(mine)!r}, 'r+').write('x')", f"import os; os.remove({str(mine)!r})", f"import os; os.truncate({str(mine)!r}, 0)", f"import os; os.link({str(mine)!r}, 'x')"):
            assert reason(act)
        assert mine.read_text() == "kept"

    def test_it_reads_none_of_the_users_files(self, tmp_path):
        (tmp_path / "secret").write_text("x")
        assert reason(f"open({str(tmp_path / 'secret')!r})").startswith("program: ")

    def test_a_server_of_this_machine_hears_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert reason(f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))")
            server.settimeout(0.05)
            with pytest.raises(TimeoutError):
                server.accept()


class TestWaste:
    def test_a_loop_ends_with_its_processor_time(self):
        assert "limit" in reason("while True: pass")

    def test_a_loop_that_is_deaf_to_signals_ends_too(self):
        assert "limit" in reason("import signal\nfor s in (1, 2, 15, 24): signal.signal(s, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass")

    def test_one_that_sleeps_ends_with_its_time(self):
        begin = time.monotonic()
        assert reason("import time; time.sleep(60)", limits=Limits(wall_s=1.5)) == "ended: more than 1.5 s"
        assert time.monotonic() - begin < 20

    def test_memory_has_an_end(self):
        assert "MemoryError" in reason("x = 'x' * 10**10")
        assert reason("x = []\nwhile True: x.append(' ' * 10**6)")

    def test_prints_without_end_are_heard_by_nobody(self):
        assert reason("while True: print('x' * 10**6)")

    def test_files_have_an_end_one_by_one_and_all_together(self):
        assert "too large" in reason("f = open('x', 'w')\nwhile True: f.write('x' * 10**6)")
        assert reason("import itertools\nfor i in itertools.count(): open(str(i), 'w').write('x' * 10**6)")

    def test_threads_are_allowed_and_have_an_end(self):
        assert run_program("import threading\nt = threading.Thread(target=print)\nt.start(); t.join()", []).passed
        assert reason("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()")


@pytest.mark.parametrize(
    "program",
    [
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nassert P(1) == P(1)", "if __name__ == '__main__': 1 / 0",
        "import asyncio\nasync def f(): return 1\nassert asyncio.run(f()) == 1", "import tempfile\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')",
        "import random, re, math, json, heapq, itertools, collections, functools, datetime, decimal, string", "文字 = '你好'\nassert len(文字) == 2\nprint(文字)",
        "import sys\nsys.setrecursionlimit(3000)\ndef f(n): return n and f(n - 1)\nassert f(2000) == 0",
    ],
)  # fmt: skip
def test_what_honest_programs_do_is_allowed(program):
    verdict = run_program(program, [])
    assert verdict.passed, verdict.reason


def test_input_is_empty():
    assert "EOFError" in reason("input()")


def test_no_program_knows_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert run_program("import os", ["assert 'secret' not in str(os.environ)"]).passed


def test_without_enough_walls_nothing_is_run(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "NEEDED", (("a wall that nobody builds",),))
    verdict = run_program("", [])
    assert not verdict.passed and verdict.reason.startswith("no sandbox: this machine gives only ")


PLAIN = """
import json, sys
from hanshuku.metrics.sandbox import run_program, walls_here
tries = sys.argv[1:]
print(json.dumps({"walls": walls_here(), "passed": [run_program(program, []).passed for program in tries]}))
"""


def test_without_namespaces_the_other_walls_are_enough(tmp_path):
    """As for a user of a machine or a container that grants none: in a user namespace that allows no further one, without capabilities."""
    inside = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -all --inh-caps -all "$@"'
    tries = ["x = 1", f"open({str(tmp_path / 'x')!r}, 'w')", "import socket; socket.socket()", "import os; os.fork()", "import os; os.kill(os.getppid(), 9)",
             "import itertools\nfor i in itertools.count(): open(str(i), 'w').write('x' * 10**6)"]  # fmt: skip
    command = ["unshare", "-U", "--map-current-user", "--keep-caps", "sh", "-c", inside, "sh", sys.executable, "-c", PLAIN, *tries]
    source = str(Path(module.__file__).parents[3])
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": source}, timeout=120, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"such a place cannot be made here: {error}")
    found = json.loads(done.stdout)
    assert "network namespace" not in found["walls"]
    assert found["passed"] == [True, False, False, False, False, False]
    assert not (tmp_path / "x").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the table is Linux's")
def test_the_numbers_of_the_calls_are_those_of_libseccomp():
    import ctypes

    from hanshuku.metrics.sandbox import walls

    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp is not on this machine")
    for name, numbers in {**walls.DENIED, "clone": walls.CLONE, "clone3": walls.CLONE3, "kill": walls.KILL, "tgkill": walls.TGKILL, "prlimit64": walls.PRLIMIT}.items():
        for number, arch in zip(numbers, walls.ARCH, strict=True):
            theirs = library.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(arch), name.encode())
            assert theirs < 0 or number == theirs, name


def open_files():
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_nothing_of_it_is_left():
    before = open_files()
    for _ in range(3):
        run_program("", [])
    assert open_files() == before

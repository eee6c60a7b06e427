"""`hanshuku serve` as a process of its own: what comes over HTTP is what the function answers."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("uvicorn")

from tests.functions.test_functions import FAST, ROWS, team

ROOT = Path(__file__).resolve().parents[2]
SERVE = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", "serve"]


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    return team.learn(ROWS, model=tiny_encoder, **FAST)


@pytest.fixture(scope="module")
def address(learned, tmp_path_factory):
    folder = learned.save(tmp_path_factory.mktemp("serve") / "team.fn")
    server = subprocess.Popen([*SERVE, str(folder), "--port", "0"], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    line = server.stdout.readline()
    yield line.split()[1]
    server.terminate()
    server.wait(10)


def post(address, body):
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_the_answer_is_the_function_s(address, learned):
    assert address.endswith("/v1/functions/team")
    found, ours = post(address, {"message": "my parcel never came"}), learned.predict("my parcel never came").to_json()
    assert found["output"] == ours["output"]
    assert found["scores"] == pytest.approx(ours["scores"], abs=1e-3)


def test_chinese_goes_through_unharmed(address, learned):
    assert post(address, {"message": "我的包裹一直没有到"})["output"] == learned("我的包裹一直没有到")


def test_a_body_that_is_no_json_is_told(address):
    request = urllib.request.Request(address, b"{", {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 422


def test_a_port_that_is_taken_is_one_line(address, learned, tmp_path):
    port = address.split(":")[2].split("/")[0]
    folder = learned.save(tmp_path / "other.fn")
    done = subprocess.run([*SERVE, str(folder), "--port", port], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 2
    assert "Take another --port" in done.stderr
